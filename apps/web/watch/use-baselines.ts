/** What is usual for each address, given to the samples that are shown; asked for anew every minute. */
import { useCall } from '@maille/ui/api/api.tsx';
import type { SampleSource } from '@maille/ui/samples/sample-source';
import { useTime } from '@maille/ui/time/time.tsx';
import type { TimePosition } from '@maille/ui/time/time-position';
import { getBaselines } from '@maille/wire/rest/incidents';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';

const PERIOD_MS = 60_000;
/** What is usual changes slowly: a replay that runs fast need not ask for it every second. */
const PAST_STEP_MS = 10 * 60_000;

function momentOf(position: TimePosition): number | undefined {
  if (position.mode === 'live') return undefined;
  const atMs = position.mode === 'replay' ? position.atMs : position.toMs;
  return Math.ceil(atMs / PAST_STEP_MS) * PAST_STEP_MS;
}

/** At the one time, or as it was at another moment. */
export function useBaselines(targetId?: number, momentMs?: number) {
  const call = useCall();
  const { position } = useTime();
  const wanted = momentMs ?? momentOf(position);
  // The ten minutes that are not over yet are as now.
  const atMs = wanted !== undefined && wanted > Date.now() ? undefined : wanted;
  const { data } = useQuery({
    queryKey: ['baselines', atMs ?? 'live'],
    queryFn: ({ signal }) => call(getBaselines, { query: atMs === undefined ? {} : { atMs }, signal }),
    refetchInterval: atMs === undefined ? PERIOD_MS : false,
    staleTime: PERIOD_MS / 2,
    gcTime: PERIOD_MS,
    placeholderData: keepPreviousData,
  });
  return useMemo(() => {
    if (!data || targetId === undefined) return data;
    const rows = data.targetIds.flatMap((id, i) => (id === targetId ? [i] : []));
    const pick = (column: readonly number[]) => rows.map((i) => column[i] as number);
    return {
      atMs: data.atMs,
      targetIds: pick(data.targetIds),
      agentNumbers: pick(data.agentNumbers),
      rttNs: pick(data.rttNs),
      spread: pick(data.spread),
      lossRatio: pick(data.lossRatio),
    };
  }, [data, targetId]);
}

/** Colours a source's samples by what is usual; of one target only, where only that is shown. */
export function useBaselinesOf(source: SampleSource, targetId?: number) {
  const baselines = useBaselines(targetId);
  useEffect(() => source.setBaselines(baselines), [source, baselines]);
  return baselines;
}
