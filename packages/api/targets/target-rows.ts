/**
 * Targets in the database: rows to targets and back, in chunks that every engine takes in one statement.
 * The embedded database works on this very thread: between chunks others have their turn, so that a
 * hundred thousand targets do not stop the live grid.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Database, Tables } from '@maille/store/database/tables';
import type { Target, TargetChange } from '@maille/wire/rest/targets';
import type { Selectable, Transaction } from 'kysely';
import { MESH } from '../mesh/plan-mesh.ts';

const REVISION = 'targets.revision';
/** Rows of 13 columns a statement: SQLite takes 32,766 parameters. */
const ROWS_A_STATEMENT = 1_000;

export function createTargetRows({ kysely }: Database) {
  async function nextRevision(transaction: Transaction<Tables>): Promise<number> {
    const { value } = await transaction
      .insertInto('counter')
      .values({ name: REVISION, value: 1 })
      .onConflict((conflict) =>
        conflict.column('name').doUpdateSet((row) => ({ value: row('counter.value', '+', 1) })),
      )
      .returning('value')
      .executeTakeFirstOrThrow();
    return value;
  }

  return {
    async readAll(): Promise<Target[]> {
      const rows = await kysely
        .selectFrom('target')
        .selectAll()
        .where('deleted_at_ms', 'is', null)
        .orderBy('id')
        .execute();
      return rows.map(targetOf);
    },

    async readRevision(): Promise<number> {
      const row = await kysely
        .selectFrom('counter')
        .select('value')
        .where('name', '=', REVISION)
        .executeTakeFirst();
      return row?.value ?? 0;
    },

    async teamExists(id: number): Promise<boolean> {
      return (
        (await kysely.selectFrom('team').select('id').where('id', '=', id).executeTakeFirst()) !== undefined
      );
    },

    insert(targets: Omit<Target, 'id'>[]): Promise<{ revision: number; targets: Target[] }> {
      return kysely.transaction().execute(async (transaction) => {
        const made: Target[] = [];
        for (const chunk of chunks(targets)) {
          const rows = await transaction
            .insertInto('target')
            .values(chunk.map(rowOf))
            .returningAll()
            .execute();
          for (const row of rows) made.push(targetOf(row));
          await breathe();
        }
        return { revision: await nextRevision(transaction), targets: made };
      });
    },

    update(ids: number[], change: TargetChange): Promise<number> {
      return kysely.transaction().execute(async (transaction) => {
        for (const chunk of chunks(ids)) {
          await transaction.updateTable('target').set(columnsOf(change)).where('id', 'in', chunk).execute();
          await breathe();
        }
        return nextRevision(transaction);
      });
    },

    markDeleted(ids: number[], atMs: number | null): Promise<number> {
      return kysely.transaction().execute(async (transaction) => {
        for (const chunk of chunks(ids)) {
          await transaction
            .updateTable('target')
            .set({ deleted_at_ms: atMs })
            .where('id', 'in', chunk)
            .execute();
          await breathe();
        }
        return nextRevision(transaction);
      });
    },

    async readDeleted(ids: number[]): Promise<Target[]> {
      const found: Target[] = [];
      for (const chunk of chunks(ids)) {
        const rows = await kysely
          .selectFrom('target')
          .selectAll()
          .where('id', 'in', chunk)
          .where('deleted_at_ms', 'is not', null)
          .execute();
        found.push(...rows.map(targetOf));
      }
      return found;
    },

    async readDeletedMesh(): Promise<Target[]> {
      const rows = await kysely
        .selectFrom('target')
        .selectAll()
        .where('created_by', '=', MESH)
        .where('deleted_at_ms', 'is not', null)
        .orderBy('deleted_at_ms', 'desc')
        .execute();
      return rows.map(targetOf);
    },

    async dropDeletedBefore(atMs: number): Promise<void> {
      await kysely.deleteFrom('target').where('deleted_at_ms', '<', atMs).execute();
    },
  };
}

function* chunks<T>(all: readonly T[]): Generator<T[]> {
  for (let i = 0; i < all.length; i += ROWS_A_STATEMENT) yield all.slice(i, i + ROWS_A_STATEMENT);
}

function targetOf(row: Selectable<Tables['target']>): Target {
  return {
    id: row.id,
    host: row.host,
    probe: row.probe,
    prefix: row.prefix,
    label: row.label,
    tags: JSON.parse(row.tags) as string[],
    teamId: row.team_id,
    agents: JSON.parse(row.agents) as Target['agents'],
    intervalMs: row.interval_ms,
    timeoutMs: row.timeout_ms,
    traceroute: row.traceroute === null ? null : (JSON.parse(row.traceroute) as Target['traceroute']),
    createdAtMs: row.created_at_ms,
    createdBy: row.created_by,
  };
}

const planText = (plan: Target['traceroute']) => (plan === null ? null : JSON.stringify(plan));

function rowOf(target: Omit<Target, 'id'>) {
  return {
    host: target.host,
    probe: target.probe,
    prefix: target.prefix,
    label: target.label,
    tags: JSON.stringify(target.tags),
    team_id: target.teamId,
    agents: JSON.stringify(target.agents),
    interval_ms: target.intervalMs,
    timeout_ms: target.timeoutMs,
    traceroute: planText(target.traceroute),
    created_at_ms: target.createdAtMs,
    created_by: target.createdBy,
    deleted_at_ms: null,
  };
}

function columnsOf(change: TargetChange) {
  return {
    ...(change.label !== undefined && { label: change.label }),
    ...(change.tags !== undefined && { tags: JSON.stringify(change.tags) }),
    ...(change.teamId !== undefined && { team_id: change.teamId }),
    ...(change.agents !== undefined && { agents: JSON.stringify(change.agents) }),
    ...(change.intervalMs !== undefined && { interval_ms: change.intervalMs }),
    ...(change.timeoutMs !== undefined && { timeout_ms: change.timeoutMs }),
    ...(change.traceroute !== undefined && { traceroute: planText(change.traceroute) }),
  };
}
