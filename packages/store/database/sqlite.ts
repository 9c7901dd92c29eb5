/**
 * The embedded database: one SQLite file in WAL mode. `synchronous` is FULL: what is in here is rarely
 * written, and an approval or an audit line must survive a power cut. After an unclean end (its write-ahead
 * log is still there) the file is checked before anybody relies on it.
 */
import { closeSync, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import { Kysely } from 'kysely';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/list.ts';
import { createNodeSqliteDialect } from './node-sqlite-dialect.ts';
import type { Database, Tables } from './tables.ts';

const BUSY_TIMEOUT_MS = 5_000;

/** Opens or makes the file, checks it, and brings it to this Maille's tables. */
export async function openSqliteDatabase(file: string, log: Log, steps = migrations): Promise<Database> {
  const wal = `${file}-wal`;
  const unclean = existsSync(wal) && statSync(wal).size > 0;
  // SQLite would make the file readable to the umask's taste; it holds secrets.
  closeSync(openSync(file, 'a', 0o600));
  let connection: DatabaseSync | undefined;
  try {
    connection = openConnection(file);
    if (unclean) {
      log.warn({ file }, 'the database was not closed cleanly: checking it');
      checkWhole(connection, file);
    }
    const kysely = new Kysely<Tables>({ dialect: createNodeSqliteDialect(connection) });
    const applied = await migrate(kysely as unknown as Kysely<never>, {
      engine: 'sqlite',
      migrations: steps,
      nowMs: Date.now(),
      beforeChange: async (number) => {
        const kept = `${file}.before-${String(number + 1).padStart(4, '0')}`;
        await copyFile(file, kept);
        log.info({ kept }, 'kept a copy of the database before changing its tables');
      },
    });
    if (applied.length > 0) log.info({ file, applied }, 'brought the database to the tables of this version');
    return wrap(file, connection, kysely);
  } catch (error) {
    connection?.close();
    throw asProblem(error, file);
  }
}

function openConnection(file: string): DatabaseSync {
  const connection = new DatabaseSync(file, {
    timeout: BUSY_TIMEOUT_MS,
    enableForeignKeyConstraints: true,
    enableDoubleQuotedStringLiterals: false,
  });
  try {
    connection.exec('pragma journal_mode = wal; pragma synchronous = full; pragma trusted_schema = off');
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

function wrap(file: string, connection: DatabaseSync, kysely: Kysely<Tables>): Database {
  return {
    kysely,
    copyTo: (copy) => copyFile(file, copy),
    async stop() {
      await kysely.destroy();
      if (connection.isOpen) connection.close();
    },
  };
}

/** Throws a Problem unless SQLite finds the file whole. */
export function checkWhole(connection: DatabaseSync, file: string): void {
  const rows = connection.prepare('pragma quick_check(5)').all() as { quick_check: string }[];
  const faults = rows.map((row) => row.quick_check).filter((line) => line !== 'ok');
  if (faults.length > 0) throw damaged(file, faults.join('; '));
}

async function copyFile(file: string, copy: string): Promise<void> {
  // A connection of its own sees only what is committed, and one step of all pages is one moment in time.
  const source = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  const partial = `${copy}.partial`;
  try {
    rmSync(partial, { force: true });
    closeSync(openSync(partial, 'wx', 0o600));
    await backup(source, partial, { rate: 2 ** 31 - 1 });
    renameSync(partial, copy);
  } finally {
    source.close();
    rmSync(partial, { force: true });
  }
}

function damaged(file: string, cause: unknown): Problem {
  return new Problem('internal', `the database ${file} is damaged`, {
    cause,
    remedy: 'Restore a backup, or move the file away to begin anew.',
  });
}

function asProblem(error: unknown, file: string): unknown {
  if (error instanceof Problem) return error;
  const { errcode } = error as { errcode?: number };
  const primary = errcode === undefined ? undefined : errcode & 0xff;
  if (primary === 11 || primary === 26) return damaged(file, error); // SQLITE_CORRUPT, SQLITE_NOTADB
  if (primary === 5 || primary === 6)
    return new Problem('conflict', `another program holds the database ${file}`, {
      cause: error,
      remedy: 'Stop the other Maille that uses this data folder.',
    });
  return error;
}
