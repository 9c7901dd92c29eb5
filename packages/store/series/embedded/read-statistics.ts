/**
 * The figures of a window: of its samples while they are kept and not too many to go through, otherwise of
 * the sketches of the whole hours that the window touches. The answer says which.
 */
import { rollUp, sketchOf } from '../rollup.ts';
import { ROUNDED_RELATIVE_ERROR, type WindowStatistics } from '../series-store.ts';
import {
  createSampleStatistics,
  createSketchStatistics,
  type SketchStatistics,
} from '../window-statistics.ts';
import { blockOf, lowOf } from './sample-block.ts';
import { DAY_MS, HOUR_MS } from './series-files.ts';
import { decodeSketches } from './sketch-block.ts';
import { eachStoredHour, eachStoredRollup } from './stored-rollups.ts';
import { freshBuckets, runsOf } from './target-rollups.ts';
import { collectTarget, type ReadParts } from './target-samples.ts';
import { createTimeSlice, type TimeSlice } from './time-slice.ts';

/** At a sample a second and target: two weeks of one, or an hour and twenty minutes of a /24. */
const MAX_TARGET_SECONDS = 1_250_000;
/** Several agents bring more. */
const MAX_SAMPLES = 4 * MAX_TARGET_SECONDS;
const HOUR_US = HOUR_MS * 1_000;

export async function readStatistics(
  parts: ReadParts,
  targetIds: readonly number[],
  fromMs: number,
  toMs: number,
  agentNumber?: number,
): Promise<WindowStatistics> {
  const slice = createTimeSlice();
  const ofSketches = async () => {
    const [from, to] = [Math.floor(fromMs / HOUR_MS), Math.ceil(toMs / HOUR_MS)];
    const statistics = createSketchStatistics();
    for (const [block, ids] of byBlock(targetIds))
      await addHours(parts, statistics, block, ids, from, to, agentNumber, slice);
    return statistics.result(from * HOUR_MS, to * HOUR_MS);
  };
  const many = ((toMs - fromMs) / 1_000) * targetIds.length > MAX_TARGET_SECONDS;
  if (many || fromMs < parts.index.rawFloorDay * DAY_MS) return ofSketches();

  const statistics = createSampleStatistics();
  let rounded = false;
  let samples = 0;
  const [fromUs, toUs] = [Math.ceil(fromMs * 1_000), Math.ceil(toMs * 1_000)];
  for (const targetId of targetIds) {
    const agents = await collectTarget(parts, targetId, fromUs, toUs, agentNumber, slice);
    for (const columns of agents.values()) {
      samples += columns.sentUs.length;
      statistics.add(columns, columns.sentUs.length);
      rounded ||= columns.rounded;
    }
    if (samples > MAX_SAMPLES) return ofSketches();
    if (slice.due()) await slice.pause();
  }
  return statistics.result(fromMs, toMs, rounded ? ROUNDED_RELATIVE_ERROR : 0);
}

export function byBlock(targetIds: readonly number[]): Map<number, number[]> {
  const blocks = new Map<number, number[]>();
  for (const id of new Set(targetIds)) {
    const ids = blocks.get(blockOf(id));
    if (ids) ids.push(id);
    else blocks.set(blockOf(id), [id]);
  }
  return blocks;
}

/** The hours [from, to) of some targets of a block: as they are stored, and of samples where they are newer. */
async function addHours(
  parts: ReadParts,
  statistics: SketchStatistics,
  block: number,
  targetIds: number[],
  from: number,
  to: number,
  agentNumber: number | undefined,
  slice: TimeSlice,
): Promise<void> {
  const lows = new Set(targetIds.map(lowOf));
  const fresh = new Map<number, Set<number>>();
  for (const id of targetIds) fresh.set(lowOf(id), await freshBuckets(parts, id, 'hour', from, to, slice));
  const isWanted = (agent: number, hour: number, low: number) =>
    lows.has(low) && (agentNumber === undefined || agent === agentNumber) && !fresh.get(low)?.has(hour);

  const onlyLow = lows.size === 1 ? [...lows][0] : undefined;
  const range = { resolution: 'hour', block, onlyLow, from, to } as const;
  await eachStoredRollup(parts, range, slice, (agent, hour, low, rollup) => {
    if (isWanted(agent, hour, low)) statistics.addCounts(rollup);
  });
  await eachStoredHour(parts, 'sketch', block, from, to, slice, (agent, hour, data) => {
    const sketches = soundOr(parts, 'sketch', () => decodeSketches(data, lows));
    for (const [low, sketch] of sketches ?? []) if (isWanted(agent, hour, low)) statistics.addSketch(sketch);
  });

  for (const id of targetIds) {
    for (const [first, end] of runsOf(fresh.get(lowOf(id)) ?? new Set())) {
      const agents = await collectTarget(parts, id, first * HOUR_US, end * HOUR_US, agentNumber, slice);
      for (const columns of agents.values()) {
        const { length } = columns.sentUs;
        statistics.addCounts(rollUp(columns, 0, length));
        statistics.addSketch(sketchOf(columns, 0, length, columns.rounded));
      }
    }
  }
}

/** Undefined, and named, where what is stored is damaged. */
export function soundOr<T>({ log }: ReadParts, what: string, decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    log.error({ err: error }, `a stored ${what} is damaged and left out`);
    return undefined;
  }
}
