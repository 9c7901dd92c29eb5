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
import { crc32 } from 'node:zlib';

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
  const reads = new Map<string, StatementSync>();
  const writes = new Map<string, StatementSync>();
  let writer: DatabaseSync | undefined;
  let reader: DatabaseSync | undefined;
  // Most files that are opened are only read, and each connection costs about a millisecond.
  const forWriting = (): DatabaseSync => {
    writer ??= openWriter(path, schema, pageBytes);
    return writer;
  };
  try {
    // Not opened as read-only: such a connection, where it is the last one, leaves its log behind.
    reader = new DatabaseSync(path);
    const known = reader.prepare('pragma user_version').get()?.user_version;
    if (known !== versionOf(schema)) {
      reader.close();
      forWriting();
      reader = new DatabaseSync(path);
    }
    reader.exec('pragma cache_size = -4096');
  } catch (error) {
    for (const connection of [reader, writer]) if (connection?.isOpen) connection.close();
    throw error;
  }
  const readable = reader;
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
    read: (sql) => prepare(reads, readable, sql),
    write: (sql) => prepare(writes, forWriting(), sql),
    begin() {
      forWriting().exec('begin immediate');
      open = true;
    },
    commit() {
      forWriting().exec('commit');
      open = false;
      written = true;
    },
    rollback() {
      if (!open) return;
      open = false;
      if (writer?.isOpen && writer.isTransaction) writer.exec('rollback');
    },
    async settle() {
      if (!written) return;
      await syncFile(`${path}-wal`);
      forWriting().exec('pragma wal_checkpoint(passive)');
      await syncFile(path);
      written = false;
    },
    close() {
      for (const connection of [readable, writer]) if (connection?.isOpen) connection.close();
    },
  };
}

/** What `user_version` says once the schema is there: files from before are given what they lack. */
const versionOf = (schema: string): number => crc32(schema) & 0x7fff_ffff;

function openWriter(path: string, schema: string, pageBytes: number): DatabaseSync {
  // A block's key does not fit a double, and every write reports the last one.
  const writer = new DatabaseSync(path, { readBigInts: true });
  try {
    writer.exec(`
      pragma page_size = ${pageBytes};
      pragma journal_mode = wal;
      pragma synchronous = off;
      pragma wal_autocheckpoint = 0;
      pragma cache_size = -16384;
    `);
    if (Number(writer.prepare('pragma user_version').get()?.user_version) !== versionOf(schema))
      writer.exec(`begin immediate; ${schema}; pragma user_version = ${versionOf(schema)}; commit`);
  } catch (error) {
    writer.close();
    throw error;
  }
  return writer;
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
