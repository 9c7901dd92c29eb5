/** Ways to each target, as the routes say: composed anew twice a minute at most. */
import type { Clock } from '@maille/base/clock';
import type { RouteRegistry, Way } from '../routes/route-registry.ts';

const REFRESH_MS = 30_000;

/** By target, then by agent. */
export type KnownWays = ReadonlyMap<number, ReadonlyMap<number, Way>>;

export function createKnownWays(routes: Pick<RouteRegistry, 'ways'>, clock: Clock) {
  let ways: KnownWays = new Map();
  let readMs = Number.NEGATIVE_INFINITY;
  return (): KnownWays => {
    if (clock.monoMs() - readMs >= REFRESH_MS) {
      readMs = clock.monoMs();
      ways = routes.ways();
    }
    return ways;
  };
}
