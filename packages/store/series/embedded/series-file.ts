/**
 * One SQLite file of the embedded engine, written by this process alone. SQLite never waits for the disk
 * here (`synchronous` off): a commit goes to the write-ahead log in the page cache, and `settle` makes it
 * durable from the thread pool, in the order that keeps the file sound through a power cut: log synced,
 * then copied into the file, then the file synced, and only then is the log written to again. The caller
 * keeps its journal until `settle` is through, and never writes during it.
 */
import { closeSync, existsSync, fsync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { promisify } from 'node:util';

const fsyncLater = promisify(fsync);

export interface SeriesFile {
  readonly path: string;
  /** A prepared statement that sees what is committed. */
  read(sql: string): StatementSync;
  /** A prepared statement of the one writer. */
  write(sql: string): StatementSync;
  begin(): void;
  commit(): void;
  /** No harm where nothing was begun. */
  rollback(): void;
  settle(): Promise<void>;
  close(): void;
}

export function openSeriesFile(path: string, schema: string, pageBytes = 16_384): SeriesFile {
  closeSync(openSync(path, 'a', 0o600));
  // A block's key does not fit a double, and every write reports the last one.
  const writer = new DatabaseSync(path, { readBigInts: true });
  let reader: DatabaseSync | undefined;
  const reads = new Map<string, StatementSync>();
  const writes = new Map<string, StatementSync>();
  try {
    writer.exec(`
      pragma page_size = ${pageBytes};
      pragma journal_mode = wal;
      pragma synchronous = off;
      pragma wal_autocheckpoint = 0;
      pragma cache_size = -16384;
      ${schema}
    `);
    reader = new DatabaseSync(path, { readOnly: true });
    reader.exec('pragma cache_size = -8192');
  } catch (error) {
    reader?.close();
    writer.close();
    throw error;
  }
  const connections = [reader, writer];
  let open = false;
  let written = true;

  const prepare = (kept: Map<string, StatementSync>, connection: DatabaseSync, sql: string) => {
    const known = kept.get(sql);
    if (known) return known;
    const statement = connection.prepare(sql);
    kept.set(sql, statement);
    return statement;
  };

  return {
    path,
    read: (sql) => prepare(reads, reader, sql),
    write: (sql) => prepare(writes, writer, sql),
    begin() {
      writer.exec('begin immediate');
      open = true;
    },
    commit() {
      writer.exec('commit');
      open = false;
      written = true;
    },
    rollback() {
      if (!open) return;
      open = false;
      if (writer.isOpen && writer.isTransaction) writer.exec('rollback');
    },
    async settle() {
      if (!written) return;
      await syncFile(`${path}-wal`);
      writer.exec('pragma wal_checkpoint(passive)');
      await syncFile(path);
      written = false;
    },
    close() {
      for (const connection of connections) if (connection.isOpen) connection.close();
    },
  };
}

export async function syncFile(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const fd = openSync(path, 'r');
  try {
    await fsyncLater(fd);
  } finally {
    closeSync(fd);
  }
}
