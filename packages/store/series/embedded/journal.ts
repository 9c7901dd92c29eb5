/**
 * Journals: where a batch is from the moment that `append` returns until its day files hold it for good.
 * A record is one write(), so a kill -9 loses nothing; a power cut loses at most what came since the last
 * fsync, about a second. A journal is never appended to by another process than the one that made it.
 */
import {
  closeSync,
  fsync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import type { SampleBatch } from '@maille/wire/link/samples';
import type { AppendSource } from '../series-store.ts';
import { MAX_OFFSET_US } from './batch-bounds.ts';
import { batchOfRecord, encodeRecord, type JournalRecord, readRecords } from './journal-record.ts';
import { DAY_MS } from './series-files.ts';

const MAGIC = Buffer.from('MJL1\0\0\0\0');
const fsyncLater = promisify(fsync);

/** A journal's content, in memory until it is flushed. */
export interface Journal {
  id: number;
  file: string;
  records: JournalRecord[];
  bytes: number;
  /** Days that the day files hold already, after a flush that failed halfway. */
  flushedDays: Set<number>;
}

/** Every day that it may have samples of. */
export function daysOfJournal({ records }: Journal): Set<number> {
  const days = new Set<number>();
  for (const { batch } of records)
    for (const endMs of [batch.baseMs, batch.baseMs + MAX_OFFSET_US / 1_000])
      days.add(Math.floor(endMs / DAY_MS));
  return days;
}

export interface JournalWriter extends Journal {
  /** Throws a Problem `unavailable` when the disk refuses; the file is then as it was before. */
  append(source: AppendSource, batch: SampleBatch): void;
  /** Set when a refused write could not be undone: nothing more may be appended. */
  readonly broken: boolean;
  sync(): Promise<void>;
  close(): void;
}

export function createJournal(folder: string, id: number): JournalWriter {
  const file = join(folder, `${String(id).padStart(12, '0')}.journal`);
  let fd: number | undefined;
  try {
    fd = openSync(file, 'ax', 0o600);
    if (writeSync(fd, MAGIC) < MAGIC.length)
      throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
  } catch (cause) {
    if (fd !== undefined) {
      closeSync(fd);
      rmSync(file, { force: true });
    }
    throw diskProblem(cause);
  }
  return writerOf(id, file, fd);
}

function writerOf(id: number, file: string, fd: number): JournalWriter {
  let broken = false;
  let unsynced = true;
  let syncing: Promise<void> | undefined;
  let closed = false;

  const journal: JournalWriter = {
    id,
    file,
    records: [],
    bytes: MAGIC.length,
    flushedDays: new Set(),
    get broken() {
      return broken;
    },
    append(source, batch) {
      const record = encodeRecord(source, batch);
      try {
        for (let at = 0; at < record.length; ) at += writeSync(fd, record, at);
      } catch (cause) {
        try {
          ftruncateSync(fd, journal.bytes);
        } catch {
          broken = true;
        }
        throw diskProblem(cause);
      }
      journal.bytes += record.length;
      unsynced = true;
      // The copy that was written serves memory too: the caller's buffer may be the network's.
      journal.records.push({ source, batch: batchOfRecord(record) });
    },
    sync() {
      if (syncing || !unsynced || closed) return syncing ?? Promise.resolve();
      unsynced = false;
      syncing = fsyncLater(fd).finally(() => {
        syncing = undefined;
        if (closed) closeSync(fd);
      });
      return syncing;
    },
    close() {
      if (closed) return;
      closed = true;
      if (!syncing) closeSync(fd);
    },
  };
  return journal;
}

/** The journals that an earlier life left, oldest first. */
export function readJournals(folder: string, log: Log): Journal[] {
  const journals: Journal[] = [];
  for (const name of readdirSync(folder).sort()) {
    const id = /^(\d{12,15})\.journal$/.exec(name)?.[1];
    if (id === undefined) continue;
    const file = join(folder, name);
    const bytes = readFileSync(file);
    const { records, lostBytes } = readRecords(bytes, MAGIC.length);
    if (lostBytes > 0) {
      log.warn(
        { file, lostBytes },
        'a journal has an incomplete record, as a crash leaves it; all others are kept',
      );
    }
    journals.push({ id: Number(id), file, records, bytes: bytes.length, flushedDays: new Set() });
  }
  return journals;
}

function diskProblem(cause: unknown): Problem {
  const { code } = cause as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new Problem(
    'unavailable',
    full ? 'the disk is full: samples cannot be kept' : 'samples cannot be written to disk',
    {
      cause,
      remedy: full
        ? 'Free space on the data folder’s disk, or keep samples for fewer days.'
        : 'Look at the data folder’s disk and its permissions.',
      retryAfterSeconds: 10,
    },
  );
}
