/** Incidents of one target and changes of its route within the time shown: marks on its charts, and a list. */
import type { ChartMark } from '@maille/ui/charts/chart-marks';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useStandAt } from '@maille/ui/time/time.tsx';
import type { Incident } from '@maille/wire/rest/incidents';
import { ActionIcon, Anchor, Group, Stack, Text, Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import { toneOf, useIncidentWords } from '../pages/incidents/incident-words.ts';
import { StateMark } from '../parts/state-mark.tsx';
import { type RouteMark, useRouteMarks } from './routes/use-route-marks.ts';
import { useIncidentsBetween } from './use-shown-incidents.ts';
import { watchText } from './watch-text.ts';

const STEP_MS = 60_000;
const MAX_LISTED = 8;

export interface TargetChanges {
  marks: readonly ChartMark[];
  incidents: readonly Incident[];
  changes: readonly RouteMark[];
}

export function useTargetChanges(
  targetId: number,
  agent: number | undefined,
  fromMs = 0,
  toMs = 0,
): TargetChanges {
  const words = useIncidentWords();
  const incidents = useIncidentsBetween(
    Math.floor(fromMs / STEP_MS) * STEP_MS,
    Math.ceil(toMs / STEP_MS) * STEP_MS,
    { targetId, enabled: toMs > 0 },
  );
  const routeMarks = useRouteMarks(targetId, agent);
  return useMemo(() => {
    const changes = routeMarks.filter((mark) => mark.fromMs >= fromMs && mark.fromMs <= toMs);
    const ofIncidents = incidents.map(
      (incident): ChartMark => ({
        look: incident.severity,
        fromMs: incident.sinceMs,
        toMs: incident.endedAtMs,
        words: words.name(incident),
      }),
    );
    return { incidents, changes, marks: [...ofIncidents, ...changes] };
  }, [incidents, routeMarks, words, fromMs, toMs]);
}

export function TargetChangeList({ incidents, changes }: Omit<TargetChanges, 'marks'>) {
  const text = useText(watchText);
  const format = useFormat();
  const words = useIncidentWords();
  const all = [
    ...incidents.map((incident) => ({ sinceMs: incident.sinceMs, incident, change: undefined })),
    ...changes.map((change) => ({ sinceMs: change.fromMs, incident: undefined, change })),
  ].sort((a, b) => b.sinceMs - a.sinceMs);
  if (all.length === 0) return null;
  return (
    <Stack gap={4} mt="sm" component="ul" aria-label={text('changesHere')} p={0}>
      {all.slice(0, MAX_LISTED).map(({ incident, change }) =>
        incident ? (
          <Row key={`i${incident.id}`} atMs={incident.sinceMs} what={words.name(incident)}>
            <StateMark tone={toneOf(incident)} label={words.state(incident)} />
            <Anchor
              size="sm"
              renderRoot={(props) => (
                <Link to="/incidents/$id" params={{ id: String(incident.id) }} {...props} />
              )}
            >
              {words.name(incident)}
            </Anchor>
            <Text size="sm" c="dimmed">
              {format.dateTime(incident.sinceMs)}
              {incident.endedAtMs !== null && ` · ${format.duration(incident.endedAtMs - incident.sinceMs)}`}
            </Text>
          </Row>
        ) : (
          <Row key={`r${change.agentNumber} ${change.fromMs}`} atMs={change.fromMs} what={change.words}>
            <span>
              <span aria-hidden="true">◆ </span>
              <Anchor
                size="sm"
                renderRoot={(props) => (
                  <Link
                    to="/watch/routes/$id"
                    params={{ id: String(change.targetId) } as never}
                    search={{ agent: String(change.agentNumber) } as never}
                    {...props}
                  />
                )}
              >
                {change.words}
              </Anchor>
            </span>
            <Text size="sm" c="dimmed">
              {format.dateTime(change.fromMs)}
            </Text>
          </Row>
        ),
      )}
      {all.length > MAX_LISTED && (
        <Text component="li" size="sm" c="dimmed">
          {text('moreChanges', { count: all.length - MAX_LISTED })}
        </Text>
      )}
    </Stack>
  );
}

function Row({ atMs, what, children }: { atMs: number; what: string; children: ReactNode }) {
  const text = useText(watchText);
  const standAt = useStandAt();
  return (
    <Group component="li" gap="sm" fz="sm" wrap="nowrap" align="flex-start">
      <Tooltip label={text('showMoment')}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`${text('showMoment')}: ${what}`}
          onClick={() => standAt(atMs)}
        >
          <Icon name="clock" />
        </ActionIcon>
      </Tooltip>
      <Group gap="sm" mih="var(--maille-row-height)" style={{ rowGap: 0 }}>
        {children}
      </Group>
    </Group>
  );
}
