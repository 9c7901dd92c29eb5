/** Routers on the way to each target, as the routes say: composed anew twice a minute at most. */
import type { Clock } from '@maille/base/clock';
import type { RouteRegistry } from '../routes/route-registry.ts';

const REFRESH_MS = 30_000;

export function createKnownHops(routes: Pick<RouteRegistry, 'lastHops'>, clock: Clock) {
  let hops: ReadonlyMap<number, readonly string[]> = new Map();
  let readMs = Number.NEGATIVE_INFINITY;
  return (): ReadonlyMap<number, readonly string[]> => {
    if (clock.monoMs() - readMs >= REFRESH_MS) {
      readMs = clock.monoMs();
      hops = routes.lastHops();
    }
    return hops;
  };
}
