/** Watch, Mesh: the switch that makes every machine a target of the others, and what each sees of each. */

import { csvText } from '@maille/base/csv';
import { useCall } from '@maille/ui/api/api.tsx';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useTime } from '@maille/ui/time/time.tsx';
import type { MeshMember } from '@maille/wire/rest/mesh';
import { setMesh } from '@maille/wire/rest/mesh';
import { Button, Loader, Switch, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useAction } from '../../app/action.tsx';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { useMay } from '../../app/session.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { downloadText } from '../../table/download-file.ts';
import { WatchTabs } from '../watch-tabs.tsx';
import classes from './mesh.module.css';
import { MeshMatrix, marks } from './mesh-matrix.tsx';
import { meshText } from './mesh-text.ts';
import { type PairFigures, type Severity, STALE_SECONDS, worstFirst } from './pair-figures.ts';
import { useMesh } from './use-mesh.ts';
import { usePairWords } from './use-pair-words.ts';

const PHONE_PAIRS = 100;
const shownSeverities = ['calm', 'notable', 'severe', 'lost'] as const satisfies readonly Severity[];

export function MeshPage() {
  const text = useText(meshText);
  const may = useMay('operator');
  const call = useCall();
  const act = useAction();
  const queries = useQueryClient();
  const { mesh, pairs, loading, problem, window } = useMesh();

  const change = (on: boolean) => {
    const set = async (next: boolean) => {
      await call(setMesh, { body: { on: next } });
      await queries.invalidateQueries({ queryKey: ['mesh'] });
      await queries.invalidateQueries({ queryKey: ['settings'] });
    };
    void act({
      doing: text(on ? 'switchingOn' : 'switchingOff'),
      run: () => set(on),
      done: () => text(on ? 'isOn' : 'isOff'),
      undo: () => set(!on),
    });
  };
  const toggle = mesh?.on && may && (
    <Switch label={text('switch')} checked onChange={(event) => change(event.currentTarget.checked)} />
  );
  return (
    <>
      <WatchTabs />
      <PageHead title={text('title')} lede={text('lede')}>
        {toggle}
      </PageHead>
      {problem !== undefined && <ProblemAlert error={problem} />}
      {!mesh ? (
        problem === undefined && <Loader aria-label={text('title')} />
      ) : !mesh.on ? (
        <EmptyState icon="grid" sentence={text('emptyOff')}>
          {may ? (
            <>
              <Button onClick={() => change(true)}>{text('switchOn')}</Button>
              <Text size="sm" c="dimmed">
                {text('switchHint')}
              </Text>
            </>
          ) : (
            <Text c="dimmed">{text('askOperator')}</Text>
          )}
        </EmptyState>
      ) : mesh.members.length < 2 ? (
        <EmptyState icon="machine" sentence={text('emptyOne')}>
          {may && (
            <Button component={Link} to="/machines" search={{ add: '1' } as never}>
              {text('addMachine')}
            </Button>
          )}
        </EmptyState>
      ) : window && !mesh.window && problem === undefined ? (
        // Its cells are on their way: what has not come yet is not "no data".
        <Loader aria-label={text('title')} />
      ) : (
        <MeshView members={mesh.members} pairs={pairs} loading={loading} window={window} />
      )}
    </>
  );
}

interface MeshViewProps {
  members: readonly MeshMember[];
  pairs: readonly PairFigures[];
  loading: boolean;
  window: { fromMs: number; toMs: number } | undefined;
}

function MeshView({ members, pairs, loading, window }: MeshViewProps) {
  const text = useText(meshText);
  const format = useFormat();
  const navigate = useNavigate();
  const { position } = useTime();
  const phone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const open = ({ from, to }: PairFigures) => {
    if (to.targetId === undefined) return;
    void navigate({
      to: '/watch/target/$id',
      params: { id: String(to.targetId) },
      search: { agent: String(from.agentNumber) } as never,
    });
  };
  const when = window
    ? text('window', { from: format.dateTime(window.fromMs), to: format.dateTime(window.toMs) })
    : position.mode === 'replay'
      ? text('minuteAt', { time: format.dateTime(position.atMs) })
      : text('minute');
  return (
    <>
      <div className={classes.tools}>
        <p className={classes.summary}>
          <SummaryWords pairs={pairs} /> {when}
          {loading && <Loader size="xs" ml="sm" aria-hidden />}
        </p>
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<Icon name="download" />}
          onClick={() => downloadText('mesh.csv', 'text/csv', csvOf(pairs))}
        >
          {text('exportCsv')}
        </Button>
      </div>
      {phone ? (
        <PairList pairs={worstFirst(pairs).slice(0, PHONE_PAIRS)} onOpen={open} />
      ) : (
        <MeshMatrix members={members} pairs={pairs} onOpen={open} />
      )}
      <div className={classes.legend} role="note" aria-label={text('legend')}>
        {shownSeverities.map((severity) => (
          <span key={severity} className={classes.legendItem}>
            <span className={classes.swatch} data-severity={severity} aria-hidden="true">
              {marks[severity]}
            </span>
            {text(severity)}
          </span>
        ))}
        {pairs.some(isLearning) && (
          <span className={classes.legendItem}>
            <span className={classes.swatch} data-severity="calm" data-learning aria-hidden="true" />
            {text('learning')}
          </span>
        )}
        <span>
          {marks.none} {text('none')}
        </span>
        <em>{window ? text('merged') : text('stale', { seconds: STALE_SECONDS })}</em>
      </div>
      <Notes members={members} />
    </>
  );
}

const isLearning = ({ severity, usual }: PairFigures) => severity !== 'none' && usual === undefined;

function SummaryWords({ pairs }: { pairs: readonly PairFigures[] }) {
  const text = useText(meshText);
  const bad = pairs.filter(({ severity }) => severity !== 'calm' && severity !== 'none').length;
  const empty = pairs.filter(({ severity }) => severity === 'none').length;
  const learning = pairs.filter(isLearning).length;
  return (
    <>
      {bad > 0 && <strong>{text('bad', { count: bad, total: pairs.length })} </strong>}
      {bad === 0 && empty < pairs.length && `${text('fine', { count: pairs.length - empty })} `}
      {empty > 0 && `${text('empty', { count: empty })} `}
      {learning > 0 && text('learningCount', { count: learning })}
    </>
  );
}

/** What keeps a machine out, or is not as the mesh would have it. */
function Notes({ members }: { members: readonly MeshMember[] }) {
  const text = useText(meshText);
  const format = useFormat();
  const names = (list: readonly MeshMember[]) => format.list(list.map(({ name }) => name));
  const placeless = members.filter(({ address }) => address === undefined);
  const byHand = members.filter((member) => member.byHand);
  if (placeless.length + byHand.length === 0) return null;
  return (
    <ul className={classes.notes}>
      {placeless.length > 0 && <li>{text('noAddressHint', { names: names(placeless) })}</li>}
      {byHand.length > 0 && <li>{text('byHand', { names: names(byHand) })}</li>}
    </ul>
  );
}

function PairList({ pairs, onOpen }: { pairs: readonly PairFigures[]; onOpen(pair: PairFigures): void }) {
  const text = useText(meshText);
  const words = usePairWords();
  return (
    <ul className={classes.pairs} aria-label={text('worst')}>
      {pairs.map((pair) => {
        const { name, figures } = words(pair);
        return (
          <li key={`${pair.from.agentNumber} ${pair.to.agentNumber}`}>
            <button type="button" className={classes.pair} onClick={() => onOpen(pair)}>
              <span className={classes.swatch} data-severity={pair.severity} aria-hidden="true">
                {marks[pair.severity]}
              </span>
              <span>{name}</span>
              <span />
              <small>
                {pair.severity !== 'lost' && pair.severity !== 'none' && `${text(pair.severity)} · `}
                {figures}
              </small>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function csvOf(pairs: readonly PairFigures[]): string {
  return csvText(
    ['from', 'to', 'sent', 'lost', 'median_ns', 'p95_ns', 'age_seconds'],
    pairs.map(({ from, to, sent, lost, medianNs, p95Ns, ageSeconds }) => [
      from.name,
      to.name,
      String(sent),
      String(lost),
      medianNs > 0 ? String(medianNs) : '',
      p95Ns > 0 ? String(p95Ns) : '',
      ageSeconds === undefined ? '' : String(ageSeconds),
    ]),
  );
}
