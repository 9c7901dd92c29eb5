/** Routes of /experiments. What is put under load, how hard and by whom stands in the audit log. */
import type { Experiment } from '@maille/wire/rest/experiments';
import { actorOf } from '../auth/caller.ts';
import type { Context, Handlers } from '../http/handler.ts';
import type { Experiments } from './experiments.ts';

export type ExperimentHandlers = Pick<
  Handlers,
  'listExperiments' | 'getExperiment' | 'startExperiment' | 'stopExperiment'
>;

export function createExperimentRoutes({ experiments }: { experiments: Experiments }): ExperimentHandlers {
  const note = (context: Context, { id, machineName, plan }: Experiment) => {
    context.audit.subject = `experiment ${id} on ${machineName}`;
    context.audit.detail = { ...plan };
  };
  return {
    async listExperiments({ query }) {
      const limit = query.limit ?? 100;
      // One more than asked for tells whether there is a next page.
      const found = await experiments.list(limit + 1, query.before);
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return { experiments: page, ...(found.length > limit && last && { nextBefore: last.id }) };
    },
    getExperiment: ({ params, query }) => experiments.read(params.id, query.fromSecond ?? 0),
    async startExperiment({ body }, context) {
      context.audit.detail = { machineId: body.machineId, ...body.plan };
      const experiment = await experiments.start(body.machineId, body.plan, actorOf(context.caller).actor);
      note(context, experiment);
      return experiment;
    },
    async stopExperiment({ params }, context) {
      const experiment = await experiments.halt(params.id);
      note(context, experiment);
      return experiment;
    },
  };
}
