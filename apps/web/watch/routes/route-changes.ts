/** Changes among routes: which of them another one went before, and where the two differ first. */
import type { RouteHop, TargetRoute } from '@maille/wire/rest/traceroutes';
import { compareHops } from './compare-routes.ts';

export interface RouteDifference {
  /** The first distance that differs. */
  distance: number;
  /** Addresses there: silent or gone is none. */
  before: readonly string[];
  after: readonly string[];
}

const addressesOf = (hop: RouteHop | undefined) => hop?.routers.map(({ address }) => address) ?? [];

/** Undefined where no router differs that answered: its end does. */
export function firstDifference(
  before: Pick<TargetRoute, 'hops'>,
  after: Pick<TargetRoute, 'hops'>,
): RouteDifference | undefined {
  const first = compareHops(before.hops, after.hops).find(({ state }) => state !== 'same');
  const distance = first?.right ?? first?.left;
  if (!first || distance === undefined) return undefined;
  return {
    distance,
    before: first.left === undefined ? [] : addressesOf(before.hops[first.left - 1]),
    after: first.right === undefined ? [] : addressesOf(after.hops[first.right - 1]),
  };
}

export interface RouteStep {
  route: TargetRoute;
  difference: RouteDifference | undefined;
}

/** Of routes as the server lists them, newest first, of any agents: those that were changes. */
export function changesAmong(routes: readonly TargetRoute[]): RouteStep[] {
  return routes.flatMap((route, index) => {
    if (route.began !== 'change') return [];
    const before = routes.find((one, i) => i > index && one.agentNumber === route.agentNumber);
    return [{ route, difference: before && firstDifference(before, route) }];
  });
}

/** The time bar stands on whole seconds: on the first one at which this was the route. */
export const momentOfChange = ({ sinceMs }: Pick<TargetRoute, 'sinceMs'>): number =>
  Math.ceil(sinceMs / 1_000) * 1_000;
