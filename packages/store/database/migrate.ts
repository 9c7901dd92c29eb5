/**
 * Brings a database to this Maille's tables. Migrations are numbered, run in one transaction (all or
 * none; Kysely's own migrator does not do that on SQLite), and are never edited once released. A database
 * that a newer Maille has changed is refused before anything touches it.
 */
import { Problem } from '@maille/base/problem';
import { type Kysely, sql } from 'kysely';

export type DatabaseEngine = 'sqlite' | 'postgresql';

export interface Migration {
  number: number;
  name: string;
  up(kysely: Kysely<unknown>, engine: DatabaseEngine): Promise<void>;
}

interface MigrationTables {
  migration: { number: number; name: string; applied_at_ms: number };
}

export interface MigrateOptions {
  engine: DatabaseEngine;
  migrations: Migration[];
  nowMs: number;
  /** Called before the first change to a database that holds data. */
  beforeChange?(appliedNumber: number): Promise<void>;
}

/** Returns the numbers that it applied. */
export async function migrate(
  database: Kysely<unknown> | Kysely<never>,
  options: MigrateOptions,
): Promise<number[]> {
  const kysely = database as unknown as Kysely<MigrationTables>;
  const { engine, migrations, nowMs } = options;
  await kysely.schema
    .createTable('migration')
    .ifNotExists()
    .addColumn('number', 'integer', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('applied_at_ms', 'bigint', (column) => column.notNull())
    .execute();
  const applied = await kysely.selectFrom('migration').select('number').orderBy('number').execute();
  const last = applied.at(-1)?.number ?? 0;
  const newest = migrations.at(-1)?.number ?? 0;
  if (last > newest) {
    throw new Problem(
      'unsupported',
      `the database was written by a newer Maille (its step ${last}; this one knows ${newest})`,
      { remedy: 'Start the newer Maille again, or restore a backup that this one wrote.' },
    );
  }
  const pending = migrations.filter(({ number }) => number > last);
  if (pending.length === 0) return [];
  if (last > 0) await options.beforeChange?.(last);
  await kysely.transaction().execute(async (transaction) => {
    for (const { number, name, up } of pending) {
      await up(transaction as unknown as Kysely<unknown>, engine);
      await transaction.insertInto('migration').values({ number, name, applied_at_ms: nowMs }).execute();
    }
    if (engine === 'sqlite') {
      const { rows } = await sql`pragma foreign_key_check`.execute(transaction);
      if (rows.length > 0) throw new Problem('internal', 'a migration left references that lead nowhere');
    }
  });
  return pending.map(({ number }) => number);
}
