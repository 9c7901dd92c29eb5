/** One target's series over the page's time. While live it is asked for again, as often as a pixel's worth of time passes. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useNow, useTime } from '@maille/ui/time/time.tsx';
import { windowOf } from '@maille/ui/time/time-position';
import { getTargetSeries } from '@maille/wire/rest/targets';
import { keepPreviousData, useQuery } from '@tanstack/react-query';

const MIN_PERIOD_MS = 5_000;
const MAX_PERIOD_MS = 60_000;

export function useSeries(targetId: number, agentNumber: number | undefined) {
  const call = useCall();
  const { position } = useTime();
  const nowMs = useNow(1_000);
  const { fromMs, toMs } = windowOf(position, nowMs);
  const live = position.mode === 'live';
  const periodMs = Math.min(MAX_PERIOD_MS, Math.max(MIN_PERIOD_MS, (toMs - fromMs) / 720));
  const end = live ? Math.floor(toMs / periodMs) * periodMs : toMs;
  const from = live ? end - (toMs - fromMs) : fromMs;
  const query = useQuery({
    queryKey: ['series', targetId, agentNumber ?? 0, from, end],
    queryFn: async ({ signal }) => {
      const answer = await call(getTargetSeries, {
        params: { id: targetId },
        query: { fromMs: from, toMs: end, ...(agentNumber !== undefined && { agentNumber }) },
        signal,
      });
      return { series: answer.series, fromMs: from, toMs: end };
    },
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    gcTime: 60_000,
  });
  return query;
}
