/**
 * A day's hours of a target in one row (closed-hours.ts), within the month's file: a block's rows are
 * written, and the hours that they were made of go, in one transaction. What came late is an hour beside
 * them again, until the next time.
 */
import type { DayPart } from './close-turn.ts';
import { readHoursOfDay, writeHoursOfDay } from './closed-hours.ts';
import { createClosedRollupsReader, dayOfHours, encodeClosedRollups } from './closed-rollups.ts';
import type { FlushParts } from './flush-journal.ts';
import { decodeRollups } from './rollup-block.ts';
import { fitsColumns } from './rollup-columns.ts';
import { BLOCK_TARGETS } from './sample-block.ts';
import type { SeriesFile } from './series-file.ts';
import { DAY_MS, monthOf } from './series-files.ts';
import { createTargetRows } from './target-rows.ts';
import type { TimeSlice } from './time-slice.ts';

const HOURS_A_DAY = 24;

interface OpenDay {
  day: number;
  todo: { agent: number; block: number }[];
}

export function createHoursClosing({ files, gate, log }: FlushParts): DayPart {
  let openDay: OpenDay | undefined;

  return {
    abandon() {
      openDay = undefined;
    },
    async close(day, { slice, over }) {
      const file = files.open('hours', monthOf(day * DAY_MS));
      if (!file) return true;
      const release = files.pin(file);
      try {
        if (openDay?.day !== day) openDay = { day, todo: await blocksOf(file, day, slice) };
        const { todo } = openDay;
        if (todo.length > 0) {
          file.begin();
          for (let next = todo.pop(); next; next = over() ? undefined : todo.pop()) {
            closeBlock(file, day, next.agent, next.block);
            if (slice.due()) await slice.pause();
          }
          await gate.change(() => file.commit());
          await file.settle();
        }
        if (todo.length > 0) return false;
        openDay = undefined;
        return true;
      } catch (error) {
        openDay = undefined;
        if (files.setAsideIfDamaged(file, error)) return true;
        throw error;
      } finally {
        file.rollback();
        release();
      }
    },
  };

  function closeBlock(file: SeriesFile, day: number, agent: number, block: number): void {
    const first = day * HOURS_A_DAY;
    const bounds = [block, agent, first, first + HOURS_A_DAY] as const;
    const where = 'where block = ? and agent = ? and hour >= ? and hour < ?';
    const rows = createTargetRows();
    const hours = file.write(`select hour, data from block ${where}`).all(...bounds) as {
      hour: bigint;
      data: Uint8Array;
    }[];
    const sound = (fields: Record<string, unknown>, decode: () => void) => {
      try {
        decode();
      } catch (error) {
        log.error({ err: error, agent, ...fields }, 'stored rollups of hours are damaged and left out');
      }
    };
    for (const { hour, data } of hours)
      sound({ hour: Number(hour), block }, () => {
        for (const [low, rollup] of decodeRollups(data)) rows.put(low, Number(hour) - first, rollup);
      });
    if (!rows.all(fitsColumns)) return; // from before outcomes were counted: they stay as they are
    const read = createClosedRollupsReader(dayOfHours);
    for (const [low, newer] of rows.byTarget()) {
      const targetId = block * BLOCK_TARGETS + low;
      const closed = readHoursOfDay(file, day, agent, targetId);
      const whole = createTargetRows();
      if (closed) sound({ day, targetId }, () => read(closed, 'all', undefined, whole.add));
      for (const { at, rollup } of newer) whole.put(low, at, rollup);
      writeHoursOfDay(file, day, agent, targetId, encodeClosedRollups(dayOfHours, whole.byTarget()));
    }
    file.write(`delete from block ${where}`).run(...bounds);
  }
}

/** Those that have hours of the day that are not closed: from each to the next, as they are many rows apart. */
async function blocksOf(
  file: SeriesFile,
  day: number,
  slice: TimeSlice,
): Promise<{ agent: number; block: number }[]> {
  const first = day * HOURS_A_DAY;
  const found: { agent: number; block: number }[] = [];
  const next = file.read(
    'select block, agent from block where (block, agent) > (?, ?) order by block, agent limit 1',
  );
  const any = file.read(
    'select 1 from block where block = ? and agent = ? and hour >= ? and hour < ? limit 1',
  );
  type Place = { agent: number; block: number };
  for (let at = { block: -1, agent: 0 } as Place | undefined; ; ) {
    at = next.get(at?.block ?? 0, at?.agent ?? 0) as Place | undefined;
    if (!at) break;
    if (any.get(at.block, at.agent, first, first + HOURS_A_DAY))
      found.push({ agent: at.agent, block: at.block });
    if (slice.due()) await slice.pause();
  }
  // Taken from the end: ascending keys fill pages.
  return found.reverse();
}
