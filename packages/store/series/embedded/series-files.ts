/**
 * The files of the embedded engine: raw blocks and minute rollups one file a day, so that a day is dropped
 * by deleting; hour rollups one file a month, so that a year of them is twelve files.
 *   raw/2026-11-21.sqlite · rollup/2026-11-21.sqlite · hours/2026-11.sqlite
 * A day that is over gets its closed layout in closing/2026-11-21.sqlite, which then takes its place in raw/;
 * its minutes in closing-rollup/, likewise. Hours are closed within their month's file.
 * Few are open at a time. One that turns out damaged is set aside under a name that says so, and the rest
 * serves on.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import { openSeriesFile, type SeriesFile } from './series-file.ts';

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;
export const MINUTES_A_DAY = 1_440;

/** Kinds that have a closed layout. */
export type ClosableKind = 'raw' | 'rollup';
export type FileKind = ClosableKind | 'hours' | ClosingKind;
export type ClosingKind = 'closing' | 'closing-rollup';
export const closingKindOf = { raw: 'closing', rollup: 'closing-rollup' } as const;

// A block's key packs what it is read by into one integer, minute first: rows are written in the order of
// time, so pages fill up and stay full. 11 bits minute of the day, 16 agent, 28 block.
// A closed hour's key is alike, with the hour of the day in place of the minute. `changed_hour` and
// `closed_hour` tell which journal brought an hour's latest samples, and up to which it is closed.
const daySchema = `
    create table if not exists block (key integer primary key, data blob not null);
    create table if not exists agent (agent integer primary key);
    create table if not exists journal_done (journal integer primary key);
    create table if not exists closed (key integer primary key, data blob not null);
    create table if not exists changed_hour (hour integer primary key, journal integer not null);
    create table if not exists closed_hour (hour integer primary key, journal integer not null);`;
const rawSchema = `${daySchema}
    create table if not exists stale_hour (
      agent integer not null, block integer not null, hour integer not null,
      primary key (agent, block, hour)) without rowid;`;
const rollupSchema = `${daySchema}
    create table if not exists strip (
      minute integer not null, prefix text not null, data blob not null,
      primary key (minute, prefix)) without rowid;`;
const schemas: Record<FileKind, string> = {
  raw: rawSchema,
  closing: rawSchema,
  rollup: rollupSchema,
  'closing-rollup': rollupSchema,
  hours: `
    create table if not exists block (
      block integer not null, agent integer not null, hour integer not null, data blob not null,
      primary key (block, agent, hour)) without rowid;
    create table if not exists sketch (
      block integer not null, agent integer not null, hour integer not null, data blob not null,
      primary key (block, agent, hour)) without rowid;
    create table if not exists hours_of_day (key integer primary key, data blob not null);`,
};

// Several minutes' blocks a page: with 4 KiB a third of a file would be empty. A closed hour's block is many
// pages: then small ones leave less over.
const pageBytes: Record<FileKind, number> = {
  raw: 16_384,
  rollup: 16_384,
  hours: 16_384,
  closing: 4_096,
  'closing-rollup': 4_096,
};

/** A year of hours, and the days that are written and looked at. */
const MAX_OPEN = 24;

export interface SeriesFiles {
  /** Undefined where there is none, and `make` is not set. `period`: a day or a month since the epoch. */
  open(kind: FileKind, period: number, make?: boolean): SeriesFile | undefined;
  /** Runs `fn` on a file that is there; sets the file aside where SQLite finds it damaged. */
  use<T>(kind: FileKind, period: number, fn: (file: SeriesFile) => T): T | undefined;
  /** Whether an error means a damaged file: then that file is set aside. */
  setAsideIfDamaged(file: SeriesFile, error: unknown): boolean;
  /** Those on disk, ascending. */
  periods(kind: FileKind): number[];
  drop(kind: FileKind, period: number): void;
  /** The day's closed file takes the place of the one that it was made of, in one step. Both are whole and settled. */
  promote(kind: ClosableKind, day: number): void;
  /** Keeps a file from being closed to make room, until the result is called. */
  pin(file: SeriesFile): () => void;
  path(kind: FileKind, period: number): string;
  close(): void;
}

export function monthOf(timeMs: number): number {
  const date = new Date(timeMs);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

export function monthStartMs(month: number): number {
  return Date.UTC(1970 + Math.floor(month / 12), month % 12, 1);
}

const nameOf = (kind: FileKind, period: number): string =>
  kind === 'hours'
    ? new Date(monthStartMs(period)).toISOString().slice(0, 7)
    : new Date(period * DAY_MS).toISOString().slice(0, 10);

const periodOf = (kind: FileKind, name: string): number | undefined => {
  const text = /^(\d{4}-\d{2}(?:-\d{2})?)\.sqlite$/.exec(name)?.[1];
  const timeMs =
    text === undefined ? Number.NaN : Date.parse(`${text}${kind === 'hours' ? '-01' : ''}T00:00:00Z`);
  if (Number.isNaN(timeMs)) return undefined;
  return kind === 'hours' ? monthOf(timeMs) : timeMs / DAY_MS;
};

export function createSeriesFiles(folder: string, clock: Clock, log: Log): SeriesFiles {
  const openFiles = new Map<string, SeriesFile>(); // least recently used first
  const pins = new Map<SeriesFile, number>();
  for (const kind of Object.keys(schemas)) mkdirSync(join(folder, kind), { recursive: true, mode: 0o700 });
  const path = (kind: FileKind, period: number) => join(folder, kind, `${nameOf(kind, period)}.sqlite`);

  const closeOne = (file: SeriesFile) => {
    openFiles.delete(file.path);
    file.close();
  };
  const makeRoom = () => {
    for (const file of openFiles.values()) {
      if (openFiles.size < MAX_OPEN) return;
      if (!pins.has(file)) closeOne(file);
    }
  };
  const setAside = (filePath: string, error: unknown) => {
    const kept = `${filePath}.damaged-${clock.wallMs()}`;
    for (const end of ['', '-wal', '-shm']) {
      if (existsSync(filePath + end)) renameSync(filePath + end, kept + end);
    }
    log.error({ err: error, kept }, 'a series file is damaged: it was set aside, all others serve on');
  };

  const files: SeriesFiles = {
    path,
    open(kind, period, make = false) {
      const filePath = path(kind, period);
      let file = openFiles.get(filePath);
      if (file) {
        openFiles.delete(filePath);
      } else {
        if (!make && !existsSync(filePath)) return undefined;
        makeRoom();
        try {
          file = openSeriesFile(filePath, schemas[kind], pageBytes[kind]);
        } catch (error) {
          if (!isDamage(error)) throw error;
          setAside(filePath, error);
          if (!make) return undefined;
          file = openSeriesFile(filePath, schemas[kind], pageBytes[kind]);
        }
      }
      openFiles.set(filePath, file);
      return file;
    },
    use(kind, period, fn) {
      const file = files.open(kind, period);
      if (!file) return undefined;
      try {
        return fn(file);
      } catch (error) {
        if (!files.setAsideIfDamaged(file, error)) throw error;
        return undefined;
      }
    },
    setAsideIfDamaged(file, error) {
      if (!isDamage(error)) return false;
      closeOne(file);
      setAside(file.path, error);
      return true;
    },
    periods(kind) {
      return readdirSync(join(folder, kind))
        .map((name) => periodOf(kind, name))
        .filter((period) => period !== undefined)
        .sort((a, b) => a - b);
    },
    drop(kind, period) {
      const filePath = path(kind, period);
      openFiles.get(filePath)?.close();
      openFiles.delete(filePath);
      for (const end of ['', '-wal', '-shm']) rmSync(filePath + end, { force: true });
    },
    promote(kind, day) {
      const [from, to] = [path(closingKindOf[kind], day), path(kind, day)];
      for (const filePath of [from, to]) {
        const file = openFiles.get(filePath);
        if (file) closeOne(file);
        // The last to close a file takes its log away. One left behind would be read into the other file.
        if (existsSync(`${filePath}-wal`))
          throw new Problem('internal', `${filePath} is in use and cannot be closed for good`);
      }
      renameSync(from, to);
    },
    pin(file) {
      pins.set(file, (pins.get(file) ?? 0) + 1);
      return () => {
        const count = (pins.get(file) ?? 1) - 1;
        if (count === 0) pins.delete(file);
        else pins.set(file, count);
      };
    },
    close() {
      for (const file of [...openFiles.values()]) closeOne(file);
    },
  };
  return files;
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
export function isDamage(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode !== undefined && [11, 26].includes(errcode & 0xff);
}
