import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import type { Machine } from '@maille/wire/rest/machines';
import { Stack } from '@mantine/core';
import { FactsList } from '../../parts/facts-list.tsx';
import { StateMark } from '../../parts/state-mark.tsx';
import { machinesText } from './machines-text.ts';

const sensors = {
  running: { tone: 'calm', word: 'sensorRunning' },
  starting: { tone: 'notable', word: 'sensorStarting' },
  absent: { tone: 'severe', word: 'sensorAbsent' },
} as const;
const probings = { raw: 'probingRaw', datagram: 'probingDatagram', none: 'probingNone' } as const;

export function AgentStatusList({ status }: { status: NonNullable<Machine['status']> }) {
  const text = useText(machinesText);
  const format = useFormat();
  const targets = useLive('targets').data?.targets;
  const sensor = sensors[status.sensor];
  /** Counters of what went wrong: zero is calm, anything else is to be seen. */
  const counter = (value: number) => (
    <StateMark tone={value > 0 ? 'loss' : 'calm'} label={format.number(value)} />
  );
  return (
    <Stack gap="sm">
      <FactsList
        facts={[
          [text('sensor'), <StateMark key="s" tone={sensor.tone} label={text(sensor.word)} />],
          [text('probingOn'), text(probings[status.probing])],
          [text('targetsCount'), format.number(status.targets)],
          [
            text('spooled'),
            text('spooledValue', {
              samples: status.spooledSamples,
              bytes: format.bytes(status.spooledBytes),
            }),
          ],
          [text('droppedSamples'), counter(status.droppedSamples)],
          [text('droppedPackets'), counter(status.droppedPackets)],
          [text('abandoned'), counter(status.abandonedProbes)],
          [
            text('unresolved'),
            status.unresolved.length === 0
              ? counter(0)
              : status.unresolved.map(({ targetId, reason }) => (
                  <div key={targetId}>
                    {targets?.get(targetId)?.host ?? `#${targetId}`}: {reason}
                  </div>
                )),
          ],
        ]}
      />
    </Stack>
  );
}
