/** Incidents as they stood at the time that is shown, and which addresses each of them affects then. */
import { useCall } from '@maille/ui/api/api.tsx';
import type { GridIncident } from '@maille/ui/grid/draw-incidents';
import { useLive } from '@maille/ui/live/live.tsx';
import { useTime } from '@maille/ui/time/time.tsx';
import { getIncident, type Incident, listIncidents } from '@maille/wire/rest/incidents';
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useIncidentWords } from '../pages/incidents/incident-words.ts';

/** Whose addresses are asked for: the severest, then the newest. */
const MAX_OUTLINED = 20;
const MAX_LISTED = 1_000;

/** All incidents that touch a window of time, newest first. */
export function useIncidentsBetween(
  fromMs: number,
  toMs: number,
  options: { targetId?: number; enabled?: boolean } = {},
): readonly Incident[] {
  const call = useCall();
  const { targetId, enabled = true } = options;
  const { data } = useQuery({
    queryKey: ['incidents', 'between', fromMs, toMs, targetId ?? 0],
    queryFn: ({ signal }) =>
      call(listIncidents, {
        query: { fromMs, toMs, limit: MAX_LISTED, ...(targetId !== undefined && { targetId }) },
        signal,
      }),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    gcTime: 60_000,
    enabled,
  });
  return data?.incidents ?? none;
}

const none: readonly Incident[] = [];

export function useShownIncidents(): readonly GridIncident[] {
  const call = useCall();
  const { position } = useTime();
  const words = useIncidentWords();
  const live = useLive('incidents').data;
  const past = position.mode === 'live' ? undefined : position;
  const between = useIncidentsBetween(past?.fromMs ?? 0, past?.toMs ?? 1, { enabled: past !== undefined });
  const atMs = position.mode === 'replay' ? position.atMs : (past?.toMs ?? 0);
  const all = past ? between : [...(live?.values() ?? [])];
  const standing = all
    .filter(({ state, sinceMs, endedAtMs }) =>
      past ? sinceMs <= atMs && (endedAtMs === null || endedAtMs > atMs) : state === 'open',
    )
    .sort(
      (a, b) => Number(b.severity === 'severe') - Number(a.severity === 'severe') || b.sinceMs - a.sinceMs,
    )
    .slice(0, MAX_OUTLINED);
  const details = useQueries({
    queries: standing.map((incident) => ({
      // Another count of affected addresses is another list of them.
      queryKey: ['incident', incident.id, 'evidence', incident.state, incident.affected],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        call(getIncident, { params: { id: incident.id }, signal }),
      placeholderData: keepPreviousData,
      staleTime: 30_000,
      gcTime: 60_000,
    })),
    combine: (results) => results.map(({ data }) => data?.evidence),
  });
  const momentMs = past ? atMs : undefined;
  const key = standing.map(({ id, affected }) => `${id}/${affected}`).join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for what `standing` holds
  return useMemo(
    () =>
      standing.map((incident, i): GridIncident => {
        const affected = (details[i] ?? []).filter(({ sinceMs, clearedAtMs }) =>
          momentMs === undefined
            ? clearedAtMs === null
            : sinceMs <= momentMs && (clearedAtMs === null || clearedAtMs > momentMs),
        );
        return {
          id: incident.id,
          severity: incident.severity,
          targetIds: new Set(affected.map(({ targetId }) => targetId)),
          words: words.name(incident),
        };
      }),
    // A replay that runs asks four times a second: once a second is as often as it can be seen.
    [key, details, words, momentMs === undefined ? 0 : Math.floor(momentMs / 1_000)],
  );
}
