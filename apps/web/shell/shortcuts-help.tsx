import { defineCatalogue } from '@maille/ui/language/catalogue';
import { useText } from '@maille/ui/language/language.tsx';
import { Kbd, Modal, Table } from '@mantine/core';
import { appText } from '../app/app-text.ts';
import { places } from './places.ts';

export const shortcutText = defineCatalogue({
  en: {
    search: 'Search or do something',
    help: 'These shortcuts',
    rail: 'Narrow or widen the rail',
    approve: 'On Machines: approve the first that waits',
    add: 'On Targets and Machines: add',
    filter: 'In a table: filter',
    rows: 'In a table: next and previous row',
    choose: 'In a table: choose the row',
    open: 'In a table: open the row',
    goTo: 'Go to {place}',
    zoom: 'On the grid: larger and smaller',
    play: 'In the past: run and stop',
    step: 'In the past: a second back and on',
    stepMinute: 'In the past: a minute back and on',
    incident: 'Incident before and after',
    andThen: 'then',
    key: 'Key',
    does: 'What it does',
  },
  fr: {
    search: 'Chercher ou agir',
    help: 'Ces raccourcis',
    rail: 'Réduire ou élargir le menu',
    approve: 'Dans Machines : approuver la première en attente',
    add: 'Dans Cibles et Machines : ajouter',
    filter: 'Dans un tableau : filtrer',
    rows: 'Dans un tableau : ligne suivante et précédente',
    choose: 'Dans un tableau : cocher la ligne',
    open: 'Dans un tableau : ouvrir la ligne',
    goTo: 'Aller à {place}',
    zoom: 'Sur la grille : agrandir et réduire',
    play: 'Dans le passé : lire et arrêter',
    step: 'Dans le passé : une seconde avant et après',
    stepMinute: 'Dans le passé : une minute avant et après',
    incident: 'Incident précédent et suivant',
    andThen: 'puis',
    key: 'Touche',
    does: 'Effet',
  },
  ja: {
    search: '検索または操作',
    help: 'このショートカット一覧',
    rail: 'メニューの幅を切り替える',
    approve: 'マシン: 先頭の承認待ちを承認',
    add: 'ターゲット・マシン: 追加',
    filter: '表: 絞り込み',
    rows: '表: 次の行・前の行',
    choose: '表: 行を選択',
    open: '表: 行を開く',
    goTo: '{place}へ移動',
    zoom: 'グリッド: 拡大・縮小',
    play: '過去の表示: 再生・停止',
    step: '過去の表示: 1秒戻る・進む',
    stepMinute: '過去の表示: 1分戻る・進む',
    incident: '前・次のインシデント',
    andThen: '→',
    key: 'キー',
    does: '動作',
  },
});

export function ShortcutsHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const text = useText(shortcutText);
  const app = useText(appText);
  const rows: [keys: string[][], does: string][] = [
    [[['Ctrl', 'K'], ['/']], text('search')],
    ...places.map(({ key, name }): [string[][], string] => [
      [['g', key]],
      text('goTo', { place: app(name) }),
    ]),
    [[['a']], text('approve')],
    [[['n']], text('add')],
    [[['f']], text('filter')],
    [[['j'], ['k']], text('rows')],
    [[['x']], text('choose')],
    [[['Enter']], text('open')],
    [[['+'], ['-']], text('zoom')],
    [[['Space']], text('play')],
    [[['←'], ['→']], text('step')],
    [
      [
        ['Shift', '←'],
        ['Shift', '→'],
      ],
      text('stepMinute'),
    ],
    [[['['], [']']], text('incident')],
    [[['\\']], text('rail')],
    [[['?']], text('help')],
  ];
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={app('shortcuts')}
      closeButtonProps={{ 'aria-label': app('close') }}
    >
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{text('key')}</Table.Th>
            <Table.Th>{text('does')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(([keys, does]) => (
            <Table.Tr key={does}>
              <Table.Td style={{ whiteSpace: 'nowrap' }}>
                {keys.map((combination, index) => (
                  <span key={combination.join('+')}>
                    {index > 0 && ' / '}
                    {combination.map((key, at) => (
                      <span key={key}>
                        {at > 0 && (combination[0] === 'g' ? ` ${text('andThen')} ` : ' + ')}
                        <Kbd>{key}</Kbd>
                      </span>
                    ))}
                  </span>
                ))}
              </Table.Td>
              <Table.Td>{does}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
