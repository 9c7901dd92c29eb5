import { useText } from '@maille/ui/language/language.tsx';
import { Group, ScrollArea, Stack, Table, Text } from '@mantine/core';
import { StateMark } from '../../parts/state-mark.tsx';
import { targetsText } from './targets-text.ts';
import type { Preview } from './use-paste-preview.ts';

/** More would not be read; the count says how many there are. */
const MAX_LISTED = 500;

export function PastePreview({ preview }: { preview: Preview }) {
  const text = useText(targetsText);
  const { result, checking } = preview;
  return (
    <Stack gap="sm" style={{ opacity: checking && result ? 0.6 : 1 }}>
      <Group gap="lg" role="status" mih={22}>
        {result ? (
          <>
            <StateMark
              tone={result.created > 0 ? 'calm' : 'off'}
              label={text('willAdd', { count: result.created })}
            />
            {result.existing > 0 && (
              <StateMark tone="off" label={text('existing', { count: result.existing })} />
            )}
            {result.refused.length > 0 && (
              <StateMark tone="notable" label={text('refused', { count: result.refused.length })} />
            )}
          </>
        ) : (
          checking && (
            <Text size="sm" c="dimmed">
              {text('checking')}
            </Text>
          )
        )}
      </Group>
      {result && result.refused.length > 0 && (
        <ScrollArea.Autosize mah={200} type="auto" viewportProps={{ tabIndex: 0 }}>
          <Table aria-label={text('refusedTitle')} stickyHeader>
            <Table.Thead>
              <Table.Tr>
                <Table.Th w={64}>{text('line')}</Table.Th>
                <Table.Th>{text('entry')}</Table.Th>
                <Table.Th>{text('reason')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {result.refused.slice(0, MAX_LISTED).map(({ line, entry, reason, message }, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the same entry may stand twice in a line
                <Table.Tr key={`${line} ${index}`}>
                  <Table.Td>{line}</Table.Td>
                  <Table.Td className="maille-mono" style={{ overflowWrap: 'anywhere' }}>
                    {entry}
                  </Table.Td>
                  <Table.Td title={message}>{text(reason)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea.Autosize>
      )}
    </Stack>
  );
}
