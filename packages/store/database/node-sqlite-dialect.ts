/**
 * node:sqlite behind Kysely's own SQLite dialect, which speaks to a driver of better-sqlite3's shape:
 * this is that shape. Kysely serialises transactions over the one connection.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { Problem } from '@maille/base/problem';
import { type Dialect, SqliteDialect } from 'kysely';

const MAX_STATEMENTS = 500;
const SQLITE_FULL = 13;

/** Closing stays with whoever opened the database. */
export function createNodeSqliteDialect(database: DatabaseSync): Dialect {
  // Preparing costs several times what a point query does; the texts that Kysely makes repeat.
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    let statement = statements.get(sql);
    if (statement) return statement;
    statement = database.prepare(sql);
    if (statements.size >= MAX_STATEMENTS) statements.delete(statements.keys().next().value as string);
    statements.set(sql, statement);
    return statement;
  };
  return new SqliteDialect({
    database: {
      close() {},
      prepare(sql) {
        const statement = prepare(sql);
        return {
          // Only what returns rows has columns: SELECT, RETURNING, PRAGMA.
          reader: statement.columns().length > 0,
          // node:sqlite's rows have no prototype, which assertions and serialisers stumble over.
          all: (parameters) =>
            saying(() => statement.all(...(parameters as SQLInputValue[])).map((row) => ({ ...row }))),
          run: (parameters) =>
            // SQLite ends a transaction by itself where the disk is full: nothing is left to take back,
            // and to fail over that would hide why.
            sql === 'rollback' && !database.isTransaction
              ? { changes: 0, lastInsertRowid: 0 }
              : saying(() => statement.run(...(parameters as SQLInputValue[]))),
          *iterate(parameters) {
            // Its own statement: a cached one would be reset by the next query of the same text.
            for (const row of database.prepare(sql).iterate(...(parameters as SQLInputValue[])))
              yield { ...row };
          },
        };
      },
    },
  });
}

/** What people can do something about is a Problem. */
function saying<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if ((cause as { errcode?: number }).errcode !== SQLITE_FULL) throw cause;
    throw new Problem('unavailable', 'the disk of the server is full: nothing was changed', {
      cause,
      remedy: 'Make room on the disk that holds its data folder, and try again.',
    });
  }
}
