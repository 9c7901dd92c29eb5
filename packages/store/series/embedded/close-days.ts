/**
 * Days that are over get their closed layout (hour-block.ts): an hour of a block each row, a third of the
 * bytes. It is made beside the day's file, hour by hour, in slices of a turn; the day's file serves on, and
 * takes late samples. Once every hour is as the day's file has it, the new file takes its place in one
 * rename. What comes later still lies in minutes beside the closed hours, and is merged into them when
 * nothing more has come for a while. Whatever dies in between, one whole file is there; hours that are made
 * already are not made again.
 */
import type { Clock } from '@maille/base/clock';
import { addAgent, agentsOf, deleteBlockRows, minuteBlocksOf } from './block-rows.ts';
import { isClosed, MINUTES_AN_HOUR, readWholeHour, writeClosedRow } from './closed-rows.ts';
import type { FlushParts } from './flush-journal.ts';
import { createHourBlockWriter } from './hour-block.ts';
import { eachTarget } from './sample-block.ts';
import type { SeriesFile } from './series-file.ts';
import { DAY_MS } from './series-files.ts';
import { createTimeSlice, type TimeSlice } from './time-slice.ts';

export interface ClosingTimes {
  /** After the day's end: what agents had in their spools has mostly come. */
  afterMs: number;
  /** Without a sample for the day. */
  quietMs: number;
}

export interface DayClosing {
  /** A journal brought samples of this day. */
  changed(day: number): void;
  /** Whether a turn would find something to do. */
  due(): boolean;
  /** One turn's work. Runs in the writers' queue. */
  work(): Promise<void>;
}

interface OpenHour {
  day: number;
  hour: number;
  journal: number;
  todo: { agent: number; block: number }[];
  release(): void;
}

const TURN_MS = 100; // once a second: a tenth of a core while a day is being closed
const HOURS_A_DAY = 24;

export function createDayClosing(parts: FlushParts, clock: Clock, times: ClosingTimes): DayClosing {
  const { files, gate, log, index, staleDays } = parts;
  /** Days that are not known to be closed wholly, with the time of their last samples. */
  const pending = new Map<number, number>();
  let openHour: OpenHour | undefined;
  for (const day of files.periods('raw')) pending.set(day, clock.wallMs());
  for (const day of files.periods('closing')) if (!pending.has(day)) files.drop('closing', day);

  const nextDay = (): number | undefined => {
    const now = clock.wallMs();
    let first: number | undefined;
    for (const [day, changedMs] of pending) {
      if (day < index.rawFloorDay) pending.delete(day);
      else if (
        staleDays.has(day) ||
        now < (day + 1) * DAY_MS + times.afterMs ||
        now < changedMs + times.quietMs
      )
        continue;
      else if (first === undefined || day < first) first = day;
    }
    return first;
  };

  const abandon = (day: number) => {
    if (openHour) {
      files.open('closing', openHour.day)?.rollback();
      openHour.release();
      openHour = undefined;
    }
    files.drop('closing', day);
    pending.set(day, clock.wallMs());
  };

  return {
    changed(day) {
      pending.set(day, clock.wallMs());
    },
    due: () => nextDay() !== undefined,
    async work() {
      const day = nextDay();
      if (day === undefined) return;
      const raw = files.open('raw', day);
      if (!raw) {
        abandon(day);
        pending.delete(day);
        return;
      }
      const release = files.pin(raw);
      const turn = createTurn();
      try {
        const done = isClosed(raw) ? await mergeLate(raw, day, turn) : await build(raw, day, turn);
        if (done) pending.delete(day);
      } catch (error) {
        abandon(day);
        if (!files.setAsideIfDamaged(raw, error))
          log.error(
            { err: error, day: files.path('raw', day) },
            'a day could not be closed; it is tried again',
          );
      } finally {
        release();
      }
    },
  };

  async function build(raw: SeriesFile, day: number, turn: Turn): Promise<boolean> {
    if (openHour && openHour.day !== day) abandon(openHour.day);
    const closing = files.open('closing', day, true) as SeriesFile;
    if (openHour && !(await buildHour(raw, closing, day, openHour.hour, turn))) return false;
    for (let hour = day * HOURS_A_DAY; hour < (day + 1) * HOURS_A_DAY; hour++) {
      if (journalOf(closing, 'closed_hour', hour) === changedBy(raw, hour)) continue;
      if (turn.over() || !(await buildHour(raw, closing, day, hour, turn))) return false;
    }
    closing.begin();
    try {
      for (const agent of agentsOf(raw)) addAgent(closing, agent);
      for (const table of ['journal_done', 'changed_hour'])
        for (const row of raw.read(`select * from ${table}`).all() as Record<string, number>[])
          closing
            .write(
              `insert or ignore into ${table} values (${Object.keys(row)
                .map(() => '?')
                .join()})`,
            )
            .run(...Object.values(row));
      closing.commit();
    } finally {
      closing.rollback();
    }
    await closing.settle();
    await raw.settle();
    await gate.change(() => files.promote(day));
    return true;
  }

  /** True once the hour is whole and durable; false where the turn was over first. */
  async function buildHour(
    raw: SeriesFile,
    closing: SeriesFile,
    day: number,
    hour: number,
    turn: Turn,
  ): Promise<boolean> {
    if (!openHour) {
      const journal = changedBy(raw, hour);
      const todo = await lateBlocks(raw, hour, turn.slice);
      openHour = { day, hour, journal, todo, release: files.pin(closing) };
      closing.begin();
      const inDay = hour % HOURS_A_DAY;
      closing.write('delete from closed where key >= (? << 44) and key < (? << 44)').run(inDay, inDay + 1);
    }
    for (let next = openHour.todo.pop(); next; next = openHour.todo.pop()) {
      await closeBlock(raw, closing, hour, next, turn.slice);
      if (turn.over()) return false;
    }
    markClosed(closing, hour, openHour.journal);
    closing.commit();
    openHour.release();
    openHour = undefined;
    await closing.settle();
    return true;
  }

  async function mergeLate(raw: SeriesFile, day: number, turn: Turn): Promise<boolean> {
    for (let hour = day * HOURS_A_DAY; hour < (day + 1) * HOURS_A_DAY; hour++) {
      const journal = changedBy(raw, hour);
      if (journalOf(raw, 'closed_hour', hour) === journal) continue;
      const todo = await lateBlocks(raw, hour, turn.slice);
      raw.begin();
      try {
        while (todo.length > 0 && !turn.over()) {
          const next = todo.pop() as { agent: number; block: number };
          await closeBlock(raw, raw, hour, next, turn.slice);
          deleteBlockRows(raw, next.agent, next.block, hour * MINUTES_AN_HOUR, (hour + 1) * MINUTES_AN_HOUR);
        }
        if (todo.length === 0) markClosed(raw, hour, journal);
        await gate.change(() => raw.commit());
      } finally {
        raw.rollback();
      }
      await raw.settle();
      if (turn.over()) return false;
    }
    return true;
  }

  async function closeBlock(
    from: SeriesFile,
    to: SeriesFile,
    hour: number,
    { agent, block }: { agent: number; block: number },
    slice: TimeSlice,
  ): Promise<void> {
    const samples = readWholeHour(from, hour, agent, block, log);
    const writer = createHourBlockWriter();
    const runs: [number, number][] = [];
    eachTarget(samples, (_, start, end) => void runs.push([start, end]));
    for (const [start, end] of runs) {
      if (slice.due()) await slice.pause();
      writer.add(samples, start, end);
    }
    if (samples.count > 0) writeClosedRow(to, hour, agent, block, writer.finish());
  }
}

const changedBy = (raw: SeriesFile, hour: number): number => journalOf(raw, 'changed_hour', hour) ?? 0;

function journalOf(
  file: SeriesFile,
  table: 'changed_hour' | 'closed_hour',
  hour: number,
): number | undefined {
  const row = file.read(`select journal from ${table} where hour = ?`).get(hour);
  return row?.journal as number | undefined;
}

function markClosed(file: SeriesFile, hour: number, journal: number): void {
  file.write('insert or replace into closed_hour values (?, ?)').run(hour, journal);
}

/** The blocks that have minutes of this hour. */
async function lateBlocks(
  file: SeriesFile,
  hour: number,
  slice: TimeSlice,
): Promise<{ agent: number; block: number }[]> {
  const found = new Map<number, { agent: number; block: number }>();
  for (let minute = hour * MINUTES_AN_HOUR; minute < (hour + 1) * MINUTES_AN_HOUR; minute++) {
    for (const one of minuteBlocksOf(file, minute)) found.set(one.agent * 2 ** 28 + one.block, one);
    if (slice.due()) await slice.pause();
  }
  // Taken from the end: ascending keys fill pages.
  return [...found.values()].sort((a, b) => b.agent - a.agent || b.block - a.block);
}

interface Turn {
  slice: TimeSlice;
  over(): boolean;
}

function createTurn(): Turn {
  const endMs = performance.now() + TURN_MS;
  return { slice: createTimeSlice(), over: () => performance.now() >= endMs };
}
