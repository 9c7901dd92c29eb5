/**
 * Hours are rolled up once they are over, from the samples themselves: exact, like minutes. The raw file of
 * the day lists which (agent, block, hour) need it, in the transaction that brought the samples; late
 * samples list theirs again. Until then readers make the hour from samples, with the same result.
 */
import { rollUp, sketchOf } from '../rollup.ts';
import { isClosed, readWholeHour } from './closed-rows.ts';
import type { FlushParts } from './flush-journal.ts';
import { type BlockRollups, encodeRollups } from './rollup-block.ts';
import { eachTarget } from './sample-block.ts';
import type { SeriesFile } from './series-file.ts';
import { HOUR_MS, monthOf } from './series-files.ts';
import { type BlockSketches, encodeSketches } from './sketch-block.ts';
import { createTimeSlice } from './time-slice.ts';

interface StaleHour {
  agent: number;
  block: number;
  hour: number;
}

const MAX_A_TURN = 512;

/**
 * Rolls up hours that ended before `beforeMs`, some hundreds at most; false once there are none left.
 * Runs in the writers' queue.
 */
export async function rollUpHours(parts: FlushParts, beforeMs: number): Promise<boolean> {
  const { files, staleDays } = parts;
  const beforeHour = Math.floor(beforeMs / HOUR_MS);
  for (const day of [...staleDays].sort((a, b) => a - b)) {
    const raw = files.open('raw', day);
    if (!raw) {
      staleDays.delete(day);
      continue;
    }
    const release = files.pin(raw);
    try {
      const some = raw
        .read('select agent, block, hour from stale_hour where hour < ? limit ?')
        .all(beforeHour, MAX_A_TURN) as unknown as StaleHour[];
      if (some.length > 0) {
        await rollUpSome(parts, raw, some);
        return true;
      }
      if (raw.read('select 1 from stale_hour limit 1').get() === undefined) staleDays.delete(day);
    } catch (error) {
      if (!files.setAsideIfDamaged(raw, error)) throw error;
      return true;
    } finally {
      release();
    }
  }
  return false;
}

async function rollUpSome(parts: FlushParts, raw: SeriesFile, some: StaleHour[]): Promise<void> {
  const { files, gate, log } = parts;
  const slice = createTimeSlice();
  const month = monthOf((some[0] as StaleHour).hour * HOUR_MS); // a day's hours are in one month
  const hours = files.open('hours', month, true) as SeriesFile;
  const release = files.pin(hours);
  try {
    hours.begin();
    raw.begin();
    const rounded = isClosed(raw);
    for (const { agent, block, hour } of some) {
      const rollups: BlockRollups = new Map();
      const sketches: BlockSketches = new Map();
      const samples = readWholeHour(raw, hour, agent, block, log);
      eachTarget(samples, (low, from, to) => {
        rollups.set(low, rollUp(samples, from, to));
        sketches.set(low, sketchOf(samples, from, to, rounded));
      });
      hours
        .write('insert or replace into block values (?, ?, ?, ?)')
        .run(block, agent, hour, encodeRollups(rollups));
      hours
        .write('insert or replace into sketch values (?, ?, ?, ?)')
        .run(block, agent, hour, encodeSketches(sketches));
      raw.write('delete from stale_hour where agent = ? and block = ? and hour = ?').run(agent, block, hour);
      if (slice.due()) await slice.pause();
    }
    await gate.change(() => {
      hours.commit();
      raw.commit();
    });
    await hours.settle();
    await raw.settle();
  } finally {
    hours.rollback();
    raw.rollback();
    release();
  }
}
