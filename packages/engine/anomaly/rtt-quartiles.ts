/**
 * What RTT is as a rule: its quartiles, on the logarithm, so that +50 % means the same at 2 ms and at 200.
 * Learnt by stochastic gradient: q += eta sigma (tau - 1[y < q]), sigma = (q75 - q25) / 1.349. The memory
 * is some fifteen minutes at 1 Hz: a day’s rise and fall is followed, a jump is not.
 */
import { EXCEED, Q25, Q50, Q75, RECENT, REPLIES, STAY, TOP_ENTER, TOP_STAY } from './series-state.ts';

/** Replies until the quartiles are where they belong, and until what lies far above is counted too. */
export const QUARTILES_WARM_UP = 180;
export const RTT_WARM_UP = 600;
/** At least so much above the median is far. */
export const MIN_FAR = 0.1;
const RATE = 0.005;
const MIN_SIGMA = 0.01;

export function sigmaOf(values: Float32Array, at: number): number {
  return Math.max(MIN_SIGMA, ((values[at + Q75] as number) - (values[at + Q25] as number)) * 0.7413);
}

/** Of the lower half alone: a higher mode that takes a quarter of the time must not swing what is far. */
export function lowerSigma(values: Float32Array, at: number): number {
  return ((values[at + Q50] as number) - (values[at + Q25] as number)) * 1.4826;
}

/** Steps that shrink with the number of replies; a spread that is wide at first. */
export function warmUpQuartiles(values: Float32Array, at: number, y: number, replies: number): void {
  values[at + REPLIES] = replies + 1;
  if (replies === 0) {
    values.fill(y, at + Q25, at + Q75 + 1);
    values[at + RECENT] = y;
    values[at + EXCEED] = 0.02;
    values[at + TOP_ENTER] = 0.02;
    values[at + STAY] = 0.1;
    values[at + TOP_STAY] = 0.1;
    return;
  }
  const sigma = Math.max(sigmaOf(values, at), 0.6 / (1 + replies / 10));
  const rate = Math.max(2 * RATE, 4 / (replies + 8));
  moveQuartiles(values, at, y, rate * sigma);
  values[at + RECENT] = values[at + Q50] as number;
}

export function learnQuartiles(
  values: Float32Array,
  at: number,
  y: number,
  sigma: number,
  recent: number,
  replies: number,
): void {
  // Getting better is learnt ten times as quickly: what was slow for a day must not hide the next rise.
  const better = recent - (values[at + Q50] as number) < -Math.max(3 * sigma, MIN_FAR);
  const rate = better ? 10 * RATE : replies < RTT_WARM_UP ? 4 * RATE : RATE;
  moveQuartiles(values, at, y, rate * sigma);
}

function moveQuartiles(values: Float32Array, at: number, y: number, step: number): void {
  const q25 = values[at + Q25] as number;
  const q50 = values[at + Q50] as number;
  const q75 = values[at + Q75] as number;
  values[at + Q25] = y < q25 ? q25 - 0.75 * step : q25 + 0.25 * step;
  values[at + Q50] = y < q50 ? q50 - 0.5 * step : q50 + 0.5 * step;
  values[at + Q75] = y < q75 ? q75 - 0.25 * step : q75 + 0.75 * step;
}
