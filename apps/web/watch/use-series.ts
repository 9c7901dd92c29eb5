/**
 * One target's series over the page's time, and the same length of time from before to hold against it.
 * While live they are asked for again, as often as a pixel's worth of time passes.
 */
import { useCall } from '@maille/ui/api/api.tsx';
import { movedSeries } from '@maille/ui/charts/chart-line';
import { useNow, useTime } from '@maille/ui/time/time.tsx';
import { windowOf } from '@maille/ui/time/time-position';
import { getTargetSeries } from '@maille/wire/rest/targets';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { seriesResolution } from './series-resolution.ts';

const MIN_PERIOD_MS = 5_000;
const MAX_PERIOD_MS = 60_000;

export interface SeriesChoice {
  targetId: number;
  agentNumber: number | undefined;
  intervalMs: number;
  eachProbe: boolean;
  /** So much earlier, moved to lie under the present; 0: the present itself. */
  beforeMs: number;
}

/** The page's time, still while a pixel's worth of it passes. */
export function useSeriesWindow(): { fromMs: number; toMs: number } {
  const { position } = useTime();
  const nowMs = useNow(1_000);
  const { fromMs, toMs } = windowOf(position, nowMs);
  if (position.mode !== 'live') return { fromMs, toMs };
  const periodMs = Math.min(MAX_PERIOD_MS, Math.max(MIN_PERIOD_MS, (toMs - fromMs) / 720));
  const end = Math.floor(toMs / periodMs) * periodMs;
  return { fromMs: end - (toMs - fromMs), toMs: end };
}

export function useSeries(choice: SeriesChoice, enabled = true) {
  return useSeriesBetween(useSeriesWindow(), choice, enabled);
}

export function useSeriesBetween(
  { fromMs, toMs }: { fromMs: number; toMs: number },
  choice: SeriesChoice,
  enabled = true,
) {
  const call = useCall();
  const { targetId, agentNumber, beforeMs } = choice;
  const resolution = seriesResolution(fromMs, toMs, choice);
  return useQuery({
    queryKey: ['series', targetId, agentNumber ?? 0, resolution ?? '', beforeMs, fromMs, toMs],
    queryFn: async ({ signal }) => {
      const { series } = await call(getTargetSeries, {
        params: { id: targetId },
        query: {
          fromMs: fromMs - beforeMs,
          toMs: toMs - beforeMs,
          ...(agentNumber !== undefined && { agentNumber }),
          ...(resolution && { resolution }),
        },
        signal,
      });
      return { series: series.map((one) => movedSeries(one, beforeMs)), fromMs, toMs };
    },
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    gcTime: 60_000,
    enabled,
  });
}
