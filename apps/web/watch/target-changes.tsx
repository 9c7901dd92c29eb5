/** The incidents of one target within the time shown: marks on its charts, and the same as a list. */
import type { ChartMark } from '@maille/ui/charts/chart-marks';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useStandAt } from '@maille/ui/time/time.tsx';
import type { Incident } from '@maille/wire/rest/incidents';
import { ActionIcon, Anchor, Group, Stack, Text, Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { toneOf, useIncidentWords } from '../pages/incidents/incident-words.ts';
import { StateMark } from '../parts/state-mark.tsx';
import { useIncidentsBetween } from './use-shown-incidents.ts';
import { watchText } from './watch-text.ts';

const STEP_MS = 60_000;
const MAX_LISTED = 8;

export function useTargetMarks(targetId: number, fromMs = 0, toMs = 0) {
  const words = useIncidentWords();
  const incidents = useIncidentsBetween(
    Math.floor(fromMs / STEP_MS) * STEP_MS,
    Math.ceil(toMs / STEP_MS) * STEP_MS,
    { targetId, enabled: toMs > 0 },
  );
  return useMemo(
    () => ({
      incidents,
      marks: incidents.map(
        (incident): ChartMark => ({
          fromMs: incident.sinceMs,
          toMs: incident.endedAtMs,
          severity: incident.severity,
          words: words.name(incident),
        }),
      ),
    }),
    [incidents, words],
  );
}

export function TargetIncidents({ incidents }: { incidents: readonly Incident[] }) {
  const text = useText(watchText);
  const format = useFormat();
  const words = useIncidentWords();
  const standAt = useStandAt();
  if (incidents.length === 0) return null;
  return (
    <Stack gap={4} mt="sm" component="ul" aria-label={text('incidentsHere')} p={0}>
      {incidents.slice(0, MAX_LISTED).map((incident) => (
        <Group key={incident.id} component="li" gap="sm" fz="sm">
          <Tooltip label={text('showMoment')}>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`${text('showMoment')}: ${words.name(incident)}`}
              onClick={() => standAt(incident.sinceMs)}
            >
              <Icon name="clock" />
            </ActionIcon>
          </Tooltip>
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
        </Group>
      ))}
    </Stack>
  );
}
