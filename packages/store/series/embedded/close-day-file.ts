/**
 * A day's file gets its closed layout: an hour of a block each row. It is made beside the day's file, hour
 * by hour, in slices of a turn; the day's file serves on, and takes late samples. Once every hour is as the
 * day's file has it, the new file takes its place in one rename. What comes later lies in minutes beside the
 * closed hours, and is merged into them, an hour a transaction. Whatever dies in between, one whole file is
 * there; hours that are made already are not made again.
 */
import { addAgent, agentsOf, minuteBlocksOf } from './block-rows.ts';
import type { DayPart, Turn } from './close-turn.ts';
import { isClosed, MINUTES_AN_HOUR } from './closed-rows.ts';
import { type FlushParts, failedIn } from './flush-journal.ts';
import type { SeriesFile } from './series-file.ts';
import { type ClosableKind, closingKindOf } from './series-files.ts';
import type { TimeSlice } from './time-slice.ts';

export interface BlockHour {
  hour: number;
  agent: number;
  block: number;
}

/** What is particular to samples, or to their minutes. */
export interface DayFileLayout {
  /** Writes the closed row, of what is closed already and the minutes beside it. Of a file into itself: those go. */
  closeBlock(
    parts: FlushParts,
    from: SeriesFile,
    to: SeriesFile,
    one: BlockHour,
    slice: TimeSlice,
  ): Promise<void>;
  /** What else there is of an hour, copied into the new file. */
  copyHour?(from: SeriesFile, to: SeriesFile, hour: number, slice: TimeSlice): Promise<void>;
}

interface OpenHour {
  day: number;
  hour: number;
  journal: number;
  closing: SeriesFile;
  todo: BlockHour[];
  release(): void;
}

const HOURS_A_DAY = 24;

export function createDayFileClosing(parts: FlushParts, kind: ClosableKind, layout: DayFileLayout): DayPart {
  const { files, gate } = parts;
  const closingKind = closingKindOf[kind];
  let openHour: OpenHour | undefined;

  const abandon = () => {
    if (!openHour) return;
    const { day, closing, release } = openHour;
    openHour = undefined;
    closing.rollback();
    release();
    files.drop(closingKind, day);
  };

  return {
    abandon,
    async close(day, turn) {
      const file = files.open(kind, day);
      if (!file) {
        abandon();
        files.drop(closingKind, day);
        return true;
      }
      const release = files.pin(file);
      try {
        return isClosed(file) ? await mergeLate(file, day, turn) : await build(file, day, turn);
      } catch (error) {
        abandon();
        files.drop(closingKind, day);
        if (failedIn(file) && files.setAsideIfDamaged(file, error)) return true;
        throw error;
      } finally {
        release();
      }
    },
  };

  async function build(file: SeriesFile, day: number, turn: Turn): Promise<boolean> {
    const closing = files.open(closingKind, day, true) as SeriesFile;
    if (openHour && !(await buildHour(file, closing, day, openHour.hour, turn))) return false;
    for (let hour = day * HOURS_A_DAY; hour < (day + 1) * HOURS_A_DAY; hour++) {
      if (journalOf(closing, 'closed_hour', hour) === changedBy(file, hour)) continue;
      if (turn.over() || !(await buildHour(file, closing, day, hour, turn))) return false;
    }
    closing.begin();
    try {
      for (const agent of agentsOf(file)) addAgent(closing, agent);
      for (const table of ['journal_done', 'changed_hour'])
        for (const row of file.read(`select * from ${table}`).all() as Record<string, number>[])
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
    await file.settle();
    await gate.change(() => files.promote(kind, day));
    return true;
  }

  /** True once the hour is whole and durable; false where the turn was over first. */
  async function buildHour(
    file: SeriesFile,
    closing: SeriesFile,
    day: number,
    hour: number,
    turn: Turn,
  ): Promise<boolean> {
    if (!openHour) {
      const journal = changedBy(file, hour);
      const todo = await lateBlocks(file, hour, turn.slice);
      openHour = { day, hour, journal, closing, todo, release: files.pin(closing) };
      closing.begin();
      const inDay = hour % HOURS_A_DAY;
      closing.write('delete from closed where key >= (? << 44) and key < (? << 44)').run(inDay, inDay + 1);
      await layout.copyHour?.(file, closing, hour, turn.slice);
    }
    for (let next = openHour.todo.pop(); next; next = openHour.todo.pop()) {
      await layout.closeBlock(parts, file, closing, next, turn.slice);
      if (turn.over()) return false;
    }
    markClosed(closing, hour, openHour.journal);
    closing.commit();
    openHour.release();
    openHour = undefined;
    await closing.settle();
    return true;
  }

  async function mergeLate(file: SeriesFile, day: number, turn: Turn): Promise<boolean> {
    for (let hour = day * HOURS_A_DAY; hour < (day + 1) * HOURS_A_DAY; hour++) {
      const journal = changedBy(file, hour);
      if (journalOf(file, 'closed_hour', hour) === journal) continue;
      const todo = await lateBlocks(file, hour, turn.slice);
      file.begin();
      try {
        while (todo.length > 0 && !turn.over())
          await layout.closeBlock(parts, file, file, todo.pop() as BlockHour, turn.slice);
        if (todo.length === 0) markClosed(file, hour, journal);
        await gate.change(() => file.commit());
      } finally {
        file.rollback();
      }
      await file.settle();
      if (turn.over()) return false;
    }
    return true;
  }
}

const changedBy = (file: SeriesFile, hour: number): number => journalOf(file, 'changed_hour', hour) ?? 0;

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
async function lateBlocks(file: SeriesFile, hour: number, slice: TimeSlice): Promise<BlockHour[]> {
  const found = new Map<number, BlockHour>();
  for (let minute = hour * MINUTES_AN_HOUR; minute < (hour + 1) * MINUTES_AN_HOUR; minute++) {
    for (const { agent, block } of minuteBlocksOf(file, minute))
      found.set(agent * 2 ** 28 + block, { hour, agent, block });
    if (slice.due()) await slice.pause();
  }
  // Taken from the end: ascending keys fill pages.
  return [...found.values()].sort((a, b) => b.agent - a.agent || b.block - a.block);
}
