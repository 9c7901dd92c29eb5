/** Routes of /routes and of a target's routes: what traceroute saw, now and before; and a round at once. */
import type { Clock } from '@maille/base/clock';
import { Problem } from '@maille/base/problem';
import type { Machine } from '@maille/wire/rest/machines';
import {
  MAX_ROUTES_LISTED,
  MAX_ROUTES_OF_TARGET,
  type RouteSummary,
  type TargetRoute,
} from '@maille/wire/rest/traceroutes';
import type { Handlers } from '../http/handler.ts';
import { knownCaller } from '../http/handler.ts';
import type { MachineRegistry } from '../machines/machine-registry.ts';
import { isProbedBy } from '../targets/is-probed-by.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { visibleTarget } from '../targets/target-routes.ts';
import { visibilityOf } from '../targets/target-visibility.ts';
import type { PrefixSpeakers } from './prefix-speakers.ts';
import { headOf, type RouteHead, type RouteRegistry } from './route-registry.ts';
import type { RouterNames } from './router-names.ts';

export type TracerouteHandlers = Pick<Handlers, 'listRoutes' | 'getTargetRoutes' | 'traceTargetNow'>;

export interface TracerouteRoutesOptions {
  targets: TargetRegistry;
  routes: RouteRegistry;
  speakers: Pick<PrefixSpeakers, 'speakerOf'>;
  names: RouterNames;
  machines: Pick<MachineRegistry, 'list'>;
  /** Asks the agent of a machine to trace these at once; false when it is not there. */
  traceNow(machineId: string, targetIds: readonly number[]): boolean;
  clock: Clock;
}

const MAX_NAMES = 256;

export function createTracerouteRoutes(options: TracerouteRoutesOptions): TracerouteHandlers {
  const { targets, routes, speakers, names, machines, traceNow, clock } = options;
  const speaksForPrefix = (id: number) => speakers.speakerOf(id) === id;

  function summaryOf(route: RouteHead): RouteSummary[] {
    const target = targets.get(route.targetId);
    if (!target) return [];
    const { host, prefix } = target;
    const changes = routes.changesOf(route.agentNumber, target.id);
    return [{ ...route, host, prefix, forPrefix: speaksForPrefix(target.id), changes }];
  }

  return {
    async listRoutes({ query: { prefix, agentNumber, atMs } }, context) {
      const visibility = visibilityOf(knownCaller(context));
      const isWanted = (id: number) => {
        const target = targets.get(id);
        return (
          target !== undefined &&
          visibility.sees(target) &&
          (prefix === undefined || target.prefix === prefix)
        );
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

    async getTargetRoutes(
      { params, query: { agentNumber, fromMs, toMs, limit = MAX_ROUTES_OF_TARGET } },
      context,
    ) {
      const target = visibleTarget(targets, params.id, context);
      if (fromMs !== undefined && toMs !== undefined && toMs < fromMs)
        throw new Problem('invalid', 'the window ends before it begins', { field: '/toMs' });
      const found = await routes.list({ targetId: target.id, agentNumber, fromMs, toMs, limit });
      const addresses = new Set(
        found.flatMap(({ hops }) => hops.flatMap(({ routers }) => routers.map(({ address }) => address))),
      );
      const speaker = speakers.speakerOf(target.id);
      const visibility = visibilityOf(knownCaller(context));
      const other = speaker === undefined || speaker === target.id ? undefined : targets.get(speaker);
      return {
        routes: found,
        plan: targets.routePlan(target) ?? null,
        forPrefix: speaksForPrefix(target.id),
        representativeId: other && visibility.sees(other) ? other.id : null,
        names: await names.lookUp([...addresses].slice(0, MAX_NAMES)),
      };
    },

    traceTargetNow({ params, body: { agentNumber } }, context) {
      const target = visibleTarget(targets, params.id, context);
      context.audit.subject = target.host;
      context.audit.detail = { ...body(agentNumber) };
      if (!targets.routePlan(target))
        throw new Problem('conflict', `the route to ${target.host} is not traced`, {
          remedy: 'Choose how it is to be traced first, in the settings of the target.',
        });
      const tracing = machines
        .list()
        .filter((machine) => machine.state === 'approved' && isProbedBy(target, machine))
        .filter((machine) => agentNumber === undefined || machine.agentNumber === agentNumber);
      if (agentNumber !== undefined && tracing.length === 0)
        throw new Problem('invalid', `agent ${agentNumber} does not trace this target`, {
          field: '/agentNumber',
        });
      const asked = tracing.filter(({ id }) => traceNow(id, [target.id]));
      if (asked.length === 0) throw away(tracing);
      return { agentNumbers: asked.map((machine) => machine.agentNumber), askedAtMs: clock.wallMs() };
    },
  };

  function isTracedNow(route: TargetRoute): boolean {
    const target = targets.get(route.targetId);
    return target !== undefined && targets.routePlan(target) !== undefined;
  }
}

const body = (agentNumber: number | undefined) => (agentNumber === undefined ? {} : { agentNumber });

function away(tracing: readonly Machine[]): Problem {
  const names = tracing.map((machine) => machine.label || machine.facts.hostname).slice(0, 3);
  return new Problem(
    'unavailable',
    names.length === 0
      ? 'no agent traces this target'
      : `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not connected`,
    { remedy: 'Look at the machine: its agent must run and reach this server.' },
  );
}
