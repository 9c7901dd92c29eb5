/** Routes of /routes and of a target's routes: what traceroute saw, now and before; and a round at once. */
import type { Clock } from '@maille/base/clock';
import { Problem } from '@maille/base/problem';
import type { Machine } from '@maille/wire/rest/machines';
import type { Handlers } from '../http/handler.ts';
import { knownCaller } from '../http/handler.ts';
import type { MachineRegistry } from '../machines/machine-registry.ts';
import { isProbedBy } from '../targets/is-probed-by.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { visibleTarget } from '../targets/target-routes.ts';
import type { RouteViews } from './route-views.ts';

export type TracerouteHandlers = Pick<Handlers, 'listRoutes' | 'getTargetRoutes' | 'traceTargetNow'>;

export interface TracerouteRoutesOptions {
  targets: TargetRegistry;
  views: RouteViews;
  machines: Pick<MachineRegistry, 'list'>;
  /** Asks the agent of a machine to trace these at once; false when it is not there. */
  traceNow(machineId: string, targetIds: readonly number[]): boolean;
  clock: Clock;
}

export function createTracerouteRoutes(options: TracerouteRoutesOptions): TracerouteHandlers {
  const { targets, views, machines, traceNow, clock } = options;

  return {
    listRoutes: ({ query }, context) => views.list(knownCaller(context), query),
    getTargetRoutes: ({ params, query }, context) => views.ofTarget(knownCaller(context), params.id, query),

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
