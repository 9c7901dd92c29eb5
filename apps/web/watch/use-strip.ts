/** The minutes under the grid: the last hours while live, the hours around a window of the past. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useNow, useTime } from '@maille/ui/time/time.tsx';
import { getMinuteStrip } from '@maille/wire/rest/targets';
import { keepPreviousData, useQuery } from '@tanstack/react-query';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
export const STRIP_SPAN_MS = 3 * HOUR_MS;

export function useStrip(enabled: boolean) {
  const call = useCall();
  const { position } = useTime();
  const nowMs = useNow(10_000);
  const endMs =
    position.mode === 'live'
      ? nowMs
      : Math.min(nowMs, Math.max(position.toMs, (position.fromMs + position.toMs + STRIP_SPAN_MS) / 2));
  const toMs = Math.floor(endMs / MINUTE_MS) * MINUTE_MS;
  const fromMs = toMs - STRIP_SPAN_MS;
  const { data } = useQuery({
    queryKey: ['strip', fromMs, toMs],
    queryFn: ({ signal }) => call(getMinuteStrip, { query: { fromMs, toMs }, signal }),
    placeholderData: keepPreviousData,
    enabled,
  });
  return { data, fromMs, toMs };
}
