/** Routes of /incidents, and of what is usual. Acknowledging silences nothing: it says who is on it. */
import { Problem } from '@maille/base/problem';
import type { Baselines } from '@maille/wire/rest/incidents';
import { actorOf } from '../auth/caller.ts';
import type { Handlers } from '../http/handler.ts';
import { knownCaller } from '../http/handler.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { visibilityOf } from '../targets/target-visibility.ts';
import type { IncidentRegistry } from './incident-registry.ts';

export type IncidentHandlers = Pick<
  Handlers,
  'listIncidents' | 'getIncident' | 'acknowledgeIncident' | 'getBaselines'
>;

export interface IncidentRoutesOptions {
  incidents: IncidentRegistry;
  targets: Pick<TargetRegistry, 'get'>;
  /** What is usual now, or was at a moment of the past. */
  baselines(atMs: number | undefined): Promise<Baselines>;
}

const PAGE = 100;

export function createIncidentRoutes(options: IncidentRoutesOptions): IncidentHandlers {
  const { incidents, targets, baselines } = options;
  return {
    async listIncidents({ query }, context) {
      const { limit = PAGE, ...rest } = query;
      if (rest.fromMs !== undefined && rest.toMs !== undefined && rest.toMs <= rest.fromMs)
        throw new Problem('invalid', 'the window ends before it begins', { field: '/toMs' });
      return { incidents: await incidents.list(knownCaller(context), { ...rest, limit }) };
    },
    getIncident: ({ params }, context) => incidents.get(knownCaller(context), params.id),
    async acknowledgeIncident({ params, body }, context) {
      context.audit.subject = `incident ${params.id}`;
      context.audit.detail = { ...body };
      const incident = await incidents.acknowledge(params.id, actorOf(context.caller).actor, body);
      context.audit.subject = `incident ${params.id}: ${incident.kind} ${incident.subject}`;
      return incident;
    },
    async getBaselines({ query }, context) {
      const all = await baselines(query.atMs);
      const visibility = visibilityOf(knownCaller(context));
      return visibility.all
        ? all
        : narrowBaselines(all, (id) => {
            const target = targets.get(id);
            return target !== undefined && visibility.sees(target);
          });
    },
  };
}

function narrowBaselines(all: Baselines, sees: (targetId: number) => boolean): Baselines {
  const rows = all.targetIds.flatMap((id, row) => (sees(id) ? [row] : []));
  const pick = (column: number[]) => rows.map((row) => column[row] as number);
  return {
    atMs: all.atMs,
    targetIds: pick(all.targetIds),
    agentNumbers: pick(all.agentNumbers),
    rttNs: pick(all.rttNs),
    spread: pick(all.spread),
    lossRatio: pick(all.lossRatio),
  };
}
