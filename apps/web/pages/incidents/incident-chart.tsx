/**
 * The worst address around an incident: RTT and loss from before it to after. A drag shows the address's
 * own page at that time; a double click moves every view to the moment.
 */
import { TimeChart } from '@maille/ui/charts/time-chart.tsx';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { useNow, useStandAt, useTime } from '@maille/ui/time/time.tsx';
import { windowBetween } from '@maille/ui/time/time-position';
import type { Incident, IncidentEvidence } from '@maille/wire/rest/incidents';
import { Button, Loader, Stack, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { appText } from '../../app/app-text.ts';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { Section } from '../../parts/section.tsx';
import { useSeriesBetween } from '../../watch/use-series.ts';
import { useAgentName } from '../../watch/use-watch.ts';
import { chartWindowOf } from './incident-time.ts';
import { useIncidentWords } from './incident-words.ts';
import { incidentsText } from './incidents-text.ts';

const STEP_MS = 10_000;
const DEFAULT_INTERVAL_MS = 1_000;

interface IncidentChartProps {
  incident: Incident;
  /** What speaks loudest. */
  worst: IncidentEvidence;
}

export function IncidentChart({ incident, worst }: IncidentChartProps) {
  const text = useText(incidentsText);
  const app = useText(appText);
  const words = useIncidentWords();
  const agentName = useAgentName();
  const navigate = useNavigate();
  const standAt = useStandAt();
  const { position, setPosition } = useTime();
  const target = useLive('targets').data?.targets.get(worst.targetId);
  const nowMs = useNow(STEP_MS);
  const asked = chartWindowOf(incident, Math.floor(nowMs / STEP_MS) * STEP_MS);
  const intervalMs = target?.intervalMs ?? DEFAULT_INTERVAL_MS;
  const { data, error } = useSeriesBetween(
    asked,
    { targetId: worst.targetId, agentNumber: worst.agentNumber, intervalMs, eachProbe: false, beforeMs: 0 },
    target !== undefined,
  );
  const lines = useMemo(
    () =>
      (data?.series ?? []).map((series) => ({
        series,
        name: agentName(series.agentNumber),
        color: 0,
        before: false,
      })),
    [data, agentName],
  );
  const { sinceMs, endedAtMs, severity } = incident;
  const name = words.name(incident);
  const marks = useMemo(
    () => [{ fromMs: sinceMs, toMs: endedAtMs, look: severity, words: name }],
    [sinceMs, endedAtMs, severity, name],
  );
  // Nobody probes it any more: there is no page to lead to, and perhaps no samples.
  if (!target) return null;
  const found = lines.some(({ series: { raw, rollup } }) => raw?.sentAtMs.length || rollup?.startMs.length);
  const openTarget = (fromMs: number, toMs: number) => {
    setPosition(windowBetween(fromMs, toMs, nowMs));
    void navigate({ to: '/watch/target/$id', params: { id: String(worst.targetId) } });
  };

  return (
    <Section
      title={text('worst', { host: worst.host })}
      lede={text('worstLede', { agent: agentName(worst.agentNumber) })}
      actions={
        <Button
          variant="default"
          size="xs"
          leftSection={<Icon name="target" />}
          onClick={() => openTarget(asked.fromMs, asked.toMs)}
        >
          {text('targetThen')}
        </Button>
      }
    >
      {error && <ProblemAlert error={error} />}
      {!data && !error && <Loader size="sm" aria-label={app('loading')} />}
      {data && !found && (
        <Text size="sm" c="dimmed">
          {text('noSamples')}
        </Text>
      )}
      {data && found && (
        <Stack gap="xs">
          {(['rtt', 'loss'] as const).map((kind) => (
            <TimeChart
              key={kind}
              kind={kind}
              name={`incident-${incident.id}`}
              lines={lines}
              marks={marks}
              momentMs={position.mode === 'replay' ? position.atMs : undefined}
              fromMs={data.fromMs}
              toMs={data.toMs}
              intervalMs={intervalMs}
              height={kind === 'rtt' ? 180 : 90}
              onSelect={openTarget}
              onStand={standAt}
            />
          ))}
        </Stack>
      )}
    </Section>
  );
}
