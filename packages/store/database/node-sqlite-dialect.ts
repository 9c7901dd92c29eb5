/**
 * node:sqlite behind Kysely's own SQLite dialect, which speaks to a driver of better-sqlite3's shape:
 * this is that shape. Kysely serialises transactions over the one connection.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { type Dialect, SqliteDialect } from 'kysely';

const MAX_STATEMENTS = 500;

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
          all: (parameters) => statement.all(...(parameters as SQLInputValue[])).map((row) => ({ ...row })),
          run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
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
