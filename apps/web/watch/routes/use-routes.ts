/** Routes as the server has them, over the time of the time bar; live ones are asked for again and again. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useNow, useTime } from '@maille/ui/time/time.tsx';
import { windowOf } from '@maille/ui/time/time-position';
import { getTargetRoutes, listRoutes, type TargetRoute } from '@maille/wire/rest/traceroutes';
import { useQuery } from '@tanstack/react-query';

const AGAIN_MS = 10_000;
const MINUTE_MS = 60_000;
/** A long list weighs megabytes: it is asked for less often. */
const MANY = 1_000;
const MANY_AGAIN_MS = 60_000;

/** The moment that is looked at; undefined: now. */
export function useMoment(): number | undefined {
  const { position } = useTime();
  if (position.mode === 'live') return undefined;
  return position.mode === 'window' ? position.toMs : position.atMs;
}

export function useRouteList() {
  const call = useCall();
  const momentMs = useMoment();
  // A replay runs by seconds; routes are asked for by the minute.
  const atMs = momentMs === undefined ? undefined : Math.ceil(momentMs / MINUTE_MS) * MINUTE_MS;
  return useQuery({
    queryKey: ['routes', 'list', atMs],
    queryFn: ({ signal }) =>
      call(listRoutes, { query: atMs === undefined ? {} : { atMs: momentMs ?? atMs }, signal }),
    refetchInterval: ({ state }) =>
      momentMs !== undefined ? false : (state.data?.routes.length ?? 0) > MANY ? MANY_AGAIN_MS : AGAIN_MS,
    placeholderData: (before) => before,
  });
}

/** Undefined: of nobody. */
export function useTargetRoutes(targetId: number | undefined) {
  const call = useCall();
  const { position } = useTime();
  const nowMs = useNow(AGAIN_MS);
  const { fromMs, toMs } = windowOf(position, nowMs);
  const isLive = position.mode === 'live';
  const query = useQuery({
    enabled: targetId !== undefined,
    queryKey: ['routes', targetId, isLive ? position.spanMs : `${fromMs} ${toMs}`],
    queryFn: ({ signal }) =>
      call(getTargetRoutes, {
        params: { id: targetId as number },
        query: { fromMs, ...(!isLive && { toMs }) },
        signal,
      }),
    refetchInterval: isLive ? AGAIN_MS : false,
    placeholderData: (before) => before,
  });
  return { ...query, fromMs, toMs, isLive };
}

/** The one that was in use at that moment; else the latest before it. */
export function routeAt(
  routes: readonly TargetRoute[],
  momentMs: number | undefined,
): TargetRoute | undefined {
  if (momentMs === undefined) return routes.find(({ untilMs }) => untilMs === null) ?? routes[0];
  return routes.find(({ sinceMs }) => sinceMs <= momentMs);
}
