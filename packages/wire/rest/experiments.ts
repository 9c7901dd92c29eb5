/** Load experiments: started, watched, stopped; and those that were. */
import Type, { type Static } from 'typebox';
import { ExperimentEnd, ExperimentPlan, ExperimentSecond, ExperimentStep } from '../experiment.ts';
import { Line, PartyId, TimeMs } from '../schema.ts';
import { NumericId, NumericIdParams, PageQuery } from './page.ts';
import { defineRoute } from './route.ts';

export const Experiment = Type.Object({
  id: NumericId,
  machineId: PartyId,
  /** As it was called then. */
  machineName: Line(253),
  plan: ExperimentPlan,
  startedAtMs: TimeMs,
  startedBy: Line(100),
  /** Absent while it runs. */
  endedAtMs: Type.Optional(TimeMs),
  end: Type.Optional(ExperimentEnd),
  steps: Type.Array(ExperimentStep),
});
export type Experiment = Static<typeof Experiment>;

const scope = 'targets';

export const listExperiments = defineRoute({
  id: 'listExperiments',
  method: 'GET',
  path: '/experiments',
  summary: 'Load experiments, newest first, with the figures of their steps',
  access: { who: 'operator', scope },
  query: Type.Object(PageQuery, { additionalProperties: false }),
  response: Type.Object({
    experiments: Type.Array(Experiment),
    nextBefore: Type.Optional(Type.Integer()),
  }),
});
export const getExperiment = defineRoute({
  id: 'getExperiment',
  method: 'GET',
  path: '/experiments/{id}',
  summary: 'One load experiment, with its figures second by second',
  access: { who: 'operator', scope },
  params: NumericIdParams,
  query: Type.Object(
    {
      fromSecond: Type.Optional(
        Type.Integer({ minimum: 0, description: 'Leaves out the seconds before this one' }),
      ),
    },
    { additionalProperties: false },
  ),
  response: Type.Object({ experiment: Experiment, seconds: Type.Array(ExperimentSecond) }),
});
export const startExperiment = defineRoute({
  id: 'startExperiment',
  method: 'POST',
  path: '/experiments',
  summary: 'Probe own addresses faster and faster from one machine, within bounds; one at a time a machine',
  access: { who: 'operator', scope },
  body: Type.Object({ machineId: PartyId, plan: ExperimentPlan }, { additionalProperties: false }),
  response: Experiment,
});
export const stopExperiment = defineRoute({
  id: 'stopExperiment',
  method: 'POST',
  path: '/experiments/{id}/stop',
  summary: 'Stop a load experiment; one that is over stays as it is',
  access: { who: 'operator', scope },
  params: NumericIdParams,
  response: Experiment,
});
