/** Routes as a caller may see them: what REST answers and what live begins with and goes on with. */
import { Problem } from '@maille/base/problem';
import type { QueryOf, ResponseOf } from '@maille/wire/rest/route';
import {
  type getTargetRoutes,
  type listRoutes,
  MAX_ROUTES_LISTED,
  MAX_ROUTES_OF_TARGET,
  type RouteSummary,
  type TargetRoute,
} from '@maille/wire/rest/traceroutes';
import type { KnownCaller } from '../auth/caller.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { visibilityOf } from '../targets/target-visibility.ts';
import type { PrefixSpeakers } from './prefix-speakers.ts';
import { headOf, type RouteHead, type RouteRegistry } from './route-registry.ts';
import type { RouterNames } from './router-names.ts';

type Viewer = Pick<KnownCaller, 'role' | 'teamIds'>;
export type RouteList = ResponseOf<typeof listRoutes>;
export type RoutesOfTarget = ResponseOf<typeof getTargetRoutes>;

export interface RouteViewsOptions {
  targets: Pick<TargetRegistry, 'get' | 'list' | 'routePlan'>;
  routes: Pick<RouteRegistry, 'heads' | 'list' | 'changesOf' | 'forgotten'>;
  speakers: Pick<PrefixSpeakers, 'speakerOf'>;
  names: RouterNames;
}

export interface RouteViews {
  list(caller: Viewer, query: QueryOf<typeof listRoutes>): Promise<RouteList>;
  /** What the list says of these, as far as the caller may see them; of those that are over nothing. */
  summaries(caller: Viewer, routes: readonly TargetRoute[]): RouteSummary[];
  ofTarget(caller: Viewer, id: number, query: QueryOf<typeof getTargetRoutes>): Promise<RoutesOfTarget>;
  /** Of their routers, as far as they are known by now. */
  namesOf(routes: readonly TargetRoute[]): Promise<Record<string, string>>;
  readonly forgotten: number;
}

const MAX_NAMES = 256;

export function createRouteViews({ targets, routes, speakers, names }: RouteViewsOptions): RouteViews {
  const speaksForPrefix = (id: number) => speakers.speakerOf(id) === id;

  function visible(caller: Viewer, id: number) {
    const target = targets.get(id);
    return target && visibilityOf(caller).sees(target) ? target : undefined;
  }

  function summaryOf(route: RouteHead): RouteSummary[] {
    const target = targets.get(route.targetId);
    if (!target) return [];
    const { host, prefix } = target;
    const changes = routes.changesOf(route.agentNumber, target.id);
    return [{ ...route, host, prefix, forPrefix: speaksForPrefix(target.id), changes }];
  }

  function isTracedNow(route: TargetRoute): boolean {
    const target = targets.get(route.targetId);
    return target !== undefined && targets.routePlan(target) !== undefined;
  }

  function namesOf(of: readonly TargetRoute[]): Promise<Record<string, string>> {
    const addresses = new Set(
      of.flatMap(({ hops }) => hops.flatMap(({ routers }) => routers.map(({ address }) => address))),
    );
    return names.lookUp([...addresses].slice(0, MAX_NAMES));
  }

  return {
    namesOf,
    get forgotten() {
      return routes.forgotten;
    },

    summaries: (caller, of) =>
      of
        .filter(({ untilMs, targetId }) => untilMs === null && visible(caller, targetId))
        .flatMap((route) => summaryOf(headOf(route))),

    async list(caller, { prefix, agentNumber, atMs }) {
      const isWanted = (id: number) => {
        const target = visible(caller, id);
        return target !== undefined && (prefix === undefined || target.prefix === prefix);
      };
      const all =
        atMs === undefined
          ? routes.heads()
          : (await routes.list({ fromMs: atMs, toMs: atMs, agentNumber, limit: MAX_ROUTES_LISTED }))
              .filter((one) => one.untilMs !== null || one.lastSeenMs >= atMs || isTracedNow(one))
              .map(headOf);
      return {
        routes: all
          .filter(
            (one) => isWanted(one.targetId) && (agentNumber === undefined || one.agentNumber === agentNumber),
          )
          .slice(0, MAX_ROUTES_LISTED)
          .flatMap(summaryOf),
        traced: targets
          .list()
          .targets.filter((target) => isWanted(target.id) && targets.routePlan(target))
          .map(({ id }) => id),
        forgotten: routes.forgotten,
      };
    },

    async ofTarget(caller, id, { agentNumber, fromMs, toMs, limit = MAX_ROUTES_OF_TARGET }) {
      const target = visible(caller, id);
      if (!target) throw new Problem('not-found', `there is no target ${id}`);
      if (fromMs !== undefined && toMs !== undefined && toMs < fromMs)
        throw new Problem('invalid', 'the window ends before it begins', { field: '/toMs' });
      const found = await routes.list({ targetId: target.id, agentNumber, fromMs, toMs, limit });
      const speaker = speakers.speakerOf(target.id);
      const other = speaker === undefined || speaker === target.id ? undefined : visible(caller, speaker);
      return {
        routes: found,
        plan: targets.routePlan(target) ?? null,
        forPrefix: speaksForPrefix(target.id),
        representativeId: other?.id ?? null,
        names: await namesOf(found),
      };
    },
  };
}
