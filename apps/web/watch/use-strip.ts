/** The minutes under the grid: those of the one time. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useNow, useTime } from '@maille/ui/time/time.tsx';
import { getMinuteStrip } from '@maille/wire/rest/targets';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { stripWindow } from './strip-window.ts';

export function useStrip(enabled: boolean) {
  const call = useCall();
  const { position } = useTime();
  const nowMs = useNow(10_000);
  const { fromMs, toMs, isPart } = stripWindow(position, nowMs);
  const { data } = useQuery({
    queryKey: ['strip', fromMs, toMs],
    queryFn: ({ signal }) => call(getMinuteStrip, { query: { fromMs, toMs }, signal }),
    placeholderData: keepPreviousData,
    enabled,
  });
  return { data, fromMs, toMs, isPart };
}
