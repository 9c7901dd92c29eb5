/**
 * How far an RTT is from what is usual for its own address, in standard deviations of ln RTT: what the
 * grid's colours tell. Slower counts, faster does not. Two floors keep noise from looking like news: no
 * address counts as steadier than LEAST_SPREAD, and a change of less than a millisecond or so is none,
 * whatever its ratio (a machine next door goes from 0.2 to 0.4 ms all the time).
 *
 * It is worked out from levels (sample-level.ts), a table and two products: ten thousand rings of sixty
 * ticks are coloured anew every second.
 */
import { isAnswered, LEVEL_FASTEST, levelPlaceOfRtt, rttOfLevel } from './sample-level.ts';

/** Below this a deviation is calm; from SEVERE_FROM on it is severe; between them notable. */
export const NOTABLE_FROM = 2;
export const SEVERE_FROM = 6;
/** Where the colours end. */
export const LARGEST_SHOWN = 8;
/** Steps of colour; 0 is kept for: nothing is known of what is usual. */
export const DEVIATION_STEPS = 32;
/** The newest answers whose median colours a cell: one spike of many thousands is no news. */
export const ANSWERS_A_CELL = 5;

const LEAST_SPREAD = 0.05;
/** One unit of deviation is at least this much time. */
const LEAST_UNIT_NS = 250_000;
const LN_A_LEVEL = Math.log(rttOfLevel(LEVEL_FASTEST + 1) / rttOfLevel(LEVEL_FASTEST));

const nsOfLevel = Float32Array.from({ length: 256 }, (_, level) =>
  isAnswered(level) ? rttOfLevel(level) : 0,
);

/** What is usual, of one target seen by one agent, as columns; the same order in each. */
export interface BaselineColumns {
  targetIds: ArrayLike<number>;
  agentNumbers: ArrayLike<number>;
  rttNs: ArrayLike<number>;
  spread: ArrayLike<number>;
}

/** A baseline made ready for `deviationOf`; `place` NaN: nothing is known yet. */
export interface BaselinePlane {
  place: Float32Array;
  perLevel: Float32Array;
  ns: Float32Array;
}

export function createBaselinePlane(capacity: number): BaselinePlane {
  return {
    place: new Float32Array(capacity).fill(Number.NaN),
    perLevel: new Float32Array(capacity),
    ns: new Float32Array(capacity),
  };
}

export function setBaseline(plane: BaselinePlane, index: number, rttNs: number, spread: number): void {
  const known = rttNs > 0 && Number.isFinite(rttNs);
  plane.place[index] = known ? levelPlaceOfRtt(rttNs) : Number.NaN;
  plane.ns[index] = rttNs;
  plane.perLevel[index] = LN_A_LEVEL / Math.max(LEAST_SPREAD, Number.isFinite(spread) ? spread : 0);
}

/** NaN where no baseline is known. `level` is an answered one. */
export function deviationOf(plane: BaselinePlane, index: number, level: number): number {
  const ratio = (level - (plane.place[index] as number)) * (plane.perLevel[index] as number);
  return Math.min(ratio, ((nsOfLevel[level] as number) - (plane.ns[index] as number)) / LEAST_UNIT_NS);
}

/** 1 … DEVIATION_STEPS; 0 for what is not known. All that is calm looks the same. */
export function stepOfDeviation(deviation: number): number {
  if (Number.isNaN(deviation)) return 0;
  const share = (deviation - NOTABLE_FROM) / (LARGEST_SHOWN - NOTABLE_FROM);
  return 1 + Math.round(Math.min(1, Math.max(0, share)) * (DEVIATION_STEPS - 1));
}

/** The same of an exact RTT, for figures in words and for minutes. */
export function deviationOfRtt(rttNs: number, baselineNs: number, spread: number): number {
  return Math.min(
    Math.log(rttNs / baselineNs) / Math.max(LEAST_SPREAD, spread),
    (rttNs - baselineNs) / LEAST_UNIT_NS,
  );
}
