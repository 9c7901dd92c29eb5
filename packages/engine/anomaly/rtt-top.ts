/**
 * Of a path with two modes, the lower one’s rise lands where the higher one is at any time: how often RTT
 * lies far above its median says little there, and nothing for minutes where a mode stays. So the top of
 * what lies far above is learnt as well, and a CUSUM of its own counts what lies above even that, again as
 * a Markov chain. It looks for 30 %: of +50 % on both modes it may be the share of the higher one alone
 * that is seen there.
 */
import { bernoulliTable, bucketOf } from './bernoulli-cusum.ts';
import { lowerSigma } from './rtt-quartiles.ts';
import {
  S_TOP,
  type SeriesState,
  TIMES,
  TOP,
  TOP_ENTER,
  TOP_SINCE_MS,
  TOP_STAY,
  VALUES,
} from './series-state.ts';

const MIN_STAY = 0.05;
const entering = bernoulliTable(0.3, 0.015);
/** Of replies after one that lay above: what stays there is more often above again. */
const staying = bernoulliTable(0.5, MIN_STAY);
/** Steps of the top, up where something lies above it and a third of that down; of the distance, within bounds. */
const RATE = 0.05;
const YOUNG_RATE = 0.6;
const LEAST_STEP = 0.02;
const MOST_STEP = 0.1;
const SIGMAS = 2;
const LEAST_MARGIN = 0.05;
const ENTER_MEMORY = 3_600;
const STAY_MEMORY = 200;
/** While the sum is beyond this, the top stands still: it would follow a fault that comes in visits. */
const SUSPICIOUS = 8;
/** Replies until the top is where it belongs. */
const WARM_UP = 1_800;

export function isAboveTop(values: Float32Array, at: number, y: number): boolean {
  const top = values[at + TOP] as number;
  return top > 0 && y > top + Math.max(LEAST_MARGIN, SIGMAS * lowerSigma(values, at));
}

/** One reply that lies far above. */
export function moveTop(values: Float32Array, at: number, y: number, isYoung: boolean): void {
  const top = values[at + TOP] as number;
  if ((values[at + S_TOP] as number) > SUSPICIOUS) return;
  if (top === 0) {
    values[at + TOP] = y;
    return;
  }
  const step = Math.min(MOST_STEP, Math.max(LEAST_STEP, Math.abs(y - top)));
  values[at + TOP] = top + (isYoung ? YOUNG_RATE : RATE) * step * (y > top ? 0.75 : -0.25);
}

/** What a reply adds to the sum. Learns how usual it is; true: the sum is beyond its bound. */
export function addUpTop(
  state: SeriesState,
  series: number,
  isAbove: boolean,
  wasAbove: boolean,
  replies: number,
  sentMs: number,
  bound: number,
): boolean {
  const { values, times } = state;
  const at = series * VALUES;
  const field = at + (wasAbove ? TOP_STAY : TOP_ENTER);
  const usual = values[field] as number;
  const table = wasAbove ? staying : entering;
  const bucket = bucketOf(wasAbove ? Math.max(MIN_STAY, 1.2 * usual + 0.02) : usual);
  const memory = wasAbove ? STAY_MEMORY : ENTER_MEMORY;
  values[field] = usual + ((isAbove ? 1 : 0) - usual) / memory;
  const before = values[at + S_TOP] as number;
  if ((before === 0 && !isAbove) || replies < WARM_UP) return false;
  if (before === 0) times[series * TIMES + TOP_SINCE_MS] = sentMs;
  const sum = Math.max(0, before + ((isAbove ? table.hit[bucket] : table.miss[bucket]) as number));
  values[at + S_TOP] = sum;
  return sum > bound;
}
