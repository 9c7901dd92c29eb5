/** Load experiments in the database. */
import type { Database, Tables } from '@maille/store/database/tables';
import type {
  ExperimentEnd,
  ExperimentPlan,
  ExperimentSecond,
  ExperimentStep,
} from '@maille/wire/experiment';
import type { Experiment } from '@maille/wire/rest/experiments';
import type { Selectable } from 'kysely';

/** The oldest go first. */
const MAX_KEPT = 500;
const listed = [
  'id',
  'machine_id',
  'machine_name',
  'plan',
  'started_at_ms',
  'started_by',
  'ended_at_ms',
  'ended',
  'steps',
] as const;
type ListedRow = Pick<Selectable<Tables['experiment']>, (typeof listed)[number]>;

export interface ExperimentEnding {
  endedAtMs: number;
  end: ExperimentEnd;
}

export function createExperimentRows({ kysely }: Database) {
  return {
    async insert(experiment: Omit<Experiment, 'id' | 'steps'>): Promise<Experiment> {
      const row = await kysely
        .insertInto('experiment')
        .values({
          machine_id: experiment.machineId,
          machine_name: experiment.machineName,
          plan: JSON.stringify(experiment.plan),
          started_at_ms: experiment.startedAtMs,
          started_by: experiment.startedBy,
          ended_at_ms: null,
          ended: null,
          steps: '[]',
          seconds: '[]',
        })
        .returning(listed)
        .executeTakeFirstOrThrow();
      await kysely
        .deleteFrom('experiment')
        .where('id', '<=', row.id - MAX_KEPT)
        .execute();
      return experimentOf(row);
    },
    async remove(id: number): Promise<void> {
      await kysely.deleteFrom('experiment').where('id', '=', id).execute();
    },
    async write(
      { id, steps, endedAtMs, end }: Experiment,
      seconds: readonly ExperimentSecond[],
    ): Promise<void> {
      await kysely
        .updateTable('experiment')
        .set({
          steps: JSON.stringify(steps),
          seconds: JSON.stringify(seconds),
          ended_at_ms: endedAtMs ?? null,
          ended: end ?? null,
        })
        .where('id', '=', id)
        .execute();
    },
    async list(limit: number, before?: number): Promise<Experiment[]> {
      let query = kysely.selectFrom('experiment').select(listed).orderBy('id', 'desc').limit(limit);
      if (before !== undefined) query = query.where('id', '<', before);
      return (await query.execute()).map(experimentOf);
    },
    async read(id: number): Promise<{ experiment: Experiment; seconds: ExperimentSecond[] } | undefined> {
      const row = await kysely.selectFrom('experiment').selectAll().where('id', '=', id).executeTakeFirst();
      return row && { experiment: experimentOf(row), seconds: JSON.parse(row.seconds) as ExperimentSecond[] };
    },
    /** Those that a server left running when it went. */
    async endAll({ endedAtMs, end }: ExperimentEnding): Promise<void> {
      await kysely
        .updateTable('experiment')
        .set({ ended_at_ms: endedAtMs, ended: end })
        .where('ended', 'is', null)
        .execute();
    },
  };
}

function experimentOf(row: ListedRow): Experiment {
  return {
    id: row.id,
    machineId: row.machine_id,
    machineName: row.machine_name,
    plan: JSON.parse(row.plan) as ExperimentPlan,
    startedAtMs: row.started_at_ms,
    startedBy: row.started_by,
    ...(row.ended_at_ms !== null && { endedAtMs: row.ended_at_ms }),
    ...(row.ended !== null && { end: row.ended as ExperimentEnd }),
    steps: JSON.parse(row.steps) as ExperimentStep[],
  };
}
