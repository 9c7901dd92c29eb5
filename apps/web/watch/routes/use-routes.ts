/** Routes over the time of the time bar: the present ones live, those of the past as the server has them. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { useNow, useTime } from '@maille/ui/time/time.tsx';
import { windowOf } from '@maille/ui/time/time-position';
import {
  getTargetRoutes,
  listRoutes,
  type RouteSummary,
  type TargetRoute,
} from '@maille/wire/rest/traceroutes';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

const STEP_MS = 10_000;
const MINUTE_MS = 60_000;

/** The moment that is looked at; undefined: now. */
export function useMoment(): number | undefined {
  const { position } = useTime();
  if (position.mode === 'live') return undefined;
  return position.mode === 'window' ? position.toMs : position.atMs;
}

export interface RouteList {
  routes: readonly RouteSummary[];
  traced: readonly number[];
  forgotten: number;
}

export function useRouteList(): { data: RouteList | undefined; error: Error | undefined } {
  const call = useCall();
  const momentMs = useMoment();
  const isPast = momentMs !== undefined;
  const live = useLive(isPast ? undefined : 'routes');
  // A replay runs by seconds; routes are asked for by the minute.
  const atMs = isPast ? Math.ceil(momentMs / MINUTE_MS) * MINUTE_MS : 0;
  const past = useQuery({
    queryKey: ['routes', 'list', atMs],
    queryFn: ({ signal }) => call(listRoutes, { query: { atMs: momentMs ?? atMs }, signal }),
    placeholderData: (before) => before,
    enabled: isPast,
  });
  const { data } = live;
  const present = useMemo(() => data && { ...data, routes: [...data.routes.values()] }, [data]);
  return isPast
    ? { data: past.data, error: past.error ?? undefined }
    : { data: present, error: live.problem };
}

/** Those that were in use within the time shown, newest first. Undefined: of nobody. */
export function useTargetRoutes(targetId: number | undefined) {
  const call = useCall();
  const { position } = useTime();
  const nowMs = useNow(STEP_MS);
  const { fromMs, toMs } = windowOf(position, nowMs);
  const isLive = position.mode === 'live';
  const live = useLive(isLive && targetId !== undefined ? 'target-routes' : undefined, targetId);
  const past = useQuery({
    queryKey: ['routes', targetId, fromMs, toMs],
    queryFn: ({ signal }) =>
      call(getTargetRoutes, { params: { id: targetId as number }, query: { fromMs, toMs }, signal }),
    placeholderData: (before) => before,
    enabled: targetId !== undefined && !isLive,
  });
  const { data } = live;
  const present = useMemo(
    () =>
      data && { ...data, routes: data.routes.filter(({ untilMs }) => untilMs === null || untilMs > fromMs) },
    [data, fromMs],
  );
  return isLive
    ? { data: present, error: live.problem, fromMs, toMs }
    : { data: past.data, error: past.error ?? undefined, fromMs, toMs };
}

/** The one that was in use at that moment; else the latest before it. */
export function routeAt(
  routes: readonly TargetRoute[],
  momentMs: number | undefined,
): TargetRoute | undefined {
  if (momentMs === undefined) return routes.find(({ untilMs }) => untilMs === null) ?? routes[0];
  return routes.find(({ sinceMs }) => sinceMs <= momentMs);
}
