/**
 * RTT against its own quartiles, on the logarithm, so that +50 % means the same at 2 ms and at 200.
 *
 * Learnt by stochastic gradient: q += eta sigma (tau - 1[y < q]), sigma = (q75 - q25) / 1.349. The memory
 * is some fifteen minutes at 1 Hz: a day’s rise and fall is followed, a jump is not. Nothing is learnt
 * while an alarm stands. Two tests:
 *
 * - **far**: how often y lies far above the median (three and a half sigma, at least 10 %, 35 % is always far) is
 *   learnt too, after a reply that did and after one that did not, and a CUSUM of that Markov chain waits
 *   for 80 % of it. So 1 % of threefold spikes, or the higher mode of a path that has two, are usual where
 *   they are usual, however they are distributed and however long they stay; and +50 % raises after nine
 *   samples where nothing of the kind was usual.
 * - **near**: the median over about a minute, against the learnt one: what is too small to be far, and
 *   lasts. Spikes move a median by a step each, however high they are. Where there are two modes it is the lower
 *   quartile over some minutes.
 *
 * Either needs a millisecond of difference, too: a switch that answers in 0.3 ms instead of 0.2 is news for
 * nobody.
 */
import { bernoulliTable, bucketOf, CLEAR_BOUND, DAILY_FLEET_BOUND } from './bernoulli-cusum.ts';
import {
  ADOPTED,
  CLEAR_RTT,
  CLEARED,
  COUNT,
  EXCEED,
  FAR_LEVEL,
  FLAGS,
  MODES,
  Q25,
  Q50,
  Q75,
  QUIET,
  RAISED,
  RECENT,
  REPLIES,
  RTT_ALARM,
  RTT_ENDED_MS,
  RTT_SINCE_MS,
  S_RTT,
  type SeriesState,
  STAY,
  TIMES,
  VALUES,
  WAS_FAR,
} from './series-state.ts';

/** Replies until the quartiles are where they belong, and until what lies far above is counted too. */
export const QUARTILES_WARM_UP = 180;
export const RTT_WARM_UP = 600;
const RATE = 0.005;
/** Of the recent median: a memory of about sixty samples. */
const RECENT_RATE = 0.1;
const EXCEED_MEMORY = 3_600;
/** Of replies that follow a far one. */
const STAY_MEMORY = 200;
const STAY_WARM_UP_MEMORY = 40;
const MIN_STAY = 0.05;
const MIN_SIGMA = 0.01;
const FAR_SIGMAS = 3.5;
const MIN_FAR = 0.1;
const MAX_FAR = 0.3;
const NEAR_SIGMAS = 2.5;
const MIN_NEAR = 0.1;
/** One millisecond, in units of 10 ns. */
const MIN_CHANGE = 100_000;
/** What usually lies far above for more of its time has two modes. */
const MODES_FROM = 0.08;
const MODES_UNTIL = 0.05;
/** Of the recent quartile then: a hundred and fifty samples of the higher mode alone to get to the bound. */
const MODES_STEP = 0.0027;
const LOOK_EVERY = 16;
/** A level that has lasted so long is what is usual now. */
const ADOPT_MS = 3_600_000;
const far = bernoulliTable(0.8, 0.02);
const BEYOND = 20;

/** What the flag of an alarm holds. */
export const FAR = 1;
export const NEAR = 2;
/** A little more than one a day: the chain of what is far is itself an estimate. */
const BOUND = 1.12 * DAILY_FLEET_BOUND;

/**
 * More is asked where modes stay, since they do not stay as a chain without memory would; and in the first
 * hour, while what is usual is known from little.
 */
export function rttThreshold(values: Float32Array, at: number): number {
  const young = 1 - (values[at + REPLIES] as number) / EXCEED_MEMORY;
  return BOUND * (1 + 1.5 * Math.max(0, (values[at + STAY] as number) - 0.15) + Math.max(0, young));
}

export function sigmaOf(values: Float32Array, at: number): number {
  return Math.max(MIN_SIGMA, ((values[at + Q75] as number) - (values[at + Q25] as number)) * 0.7413);
}

/** Of the lower half alone: a higher mode that takes a quarter of the time must not swing what is far. */
function lowerSigma(values: Float32Array, at: number): number {
  return ((values[at + Q50] as number) - (values[at + Q25] as number)) * 1.4826;
}

/** One reply’s RTT, in units of 10 ns. Returns what became of the alarm. */
export function stepRtt(state: SeriesState, series: number, rtt10ns: number, sentMs: number): number {
  const { values, flags } = state;
  const at = series * VALUES;
  const y = Math.log(rtt10ns);
  const replies = values[at + REPLIES] as number;
  if (replies < QUARTILES_WARM_UP) {
    warmUp(values, at, y, replies);
    return QUIET;
  }
  const alarm = flags[series * FLAGS + RTT_ALARM] as number;
  const q50 = values[at + Q50] as number;
  const sigma = sigmaOf(values, at);
  const recent = values[at + RECENT] as number;
  moveRecent(values, at, y, sigma, alarm);

  const deviation = y - q50;
  const isFar =
    deviation > Math.min(MAX_FAR, Math.max(MIN_FAR, FAR_SIGMAS * lowerSigma(values, at))) &&
    rtt10ns - Math.exp(q50) >= MIN_CHANGE;
  if (isFar) {
    const level = values[at + FAR_LEVEL] as number;
    const first = alarm === 0 && values[at + S_RTT] === 0;
    values[at + FAR_LEVEL] = first ? y : level + (y - level) / 4;
  }
  if (alarm !== 0) return goOn(state, series, isFar, sentMs);

  learn(values, at, y, sigma, recent, replies);
  const bucket = usualBucket(values, at);
  learnFar(values, at, isFar, replies);
  if (replies < RTT_WARM_UP) {
    lookForModes(values, at);
    return QUIET;
  }
  if (addUp(state, series, isFar, sentMs, bucket)) return raise(state, series, FAR);
  if ((values[at + COUNT] as number) % LOOK_EVERY !== 0) return QUIET;
  lookForModes(values, at);
  return isNear(state, series, sentMs) ? raise(state, series, NEAR) : QUIET;
}

/** Steps that shrink with the number of replies; a spread that is wide at first. */
function warmUp(values: Float32Array, at: number, y: number, replies: number): void {
  values[at + REPLIES] = replies + 1;
  if (replies === 0) {
    values.fill(y, at + Q25, at + Q75 + 1);
    values[at + RECENT] = y;
    values[at + EXCEED] = 0.02;
    values[at + STAY] = 0.1;
    return;
  }
  const sigma = Math.max(sigmaOf(values, at), 0.6 / (1 + replies / 10));
  const rate = Math.max(2 * RATE, 4 / (replies + 8));
  moveQuartiles(values, at, y, rate * sigma);
  values[at + RECENT] = values[at + Q50] as number;
}

function learn(
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

/** Of what usually follows the last reply. What comes in few samples is known less well: a margin. */
function usualBucket(values: Float32Array, at: number): number {
  return values[at + WAS_FAR] === 0
    ? bucketOf(values[at + EXCEED] as number)
    : bucketOf(Math.max(MIN_STAY, 1.2 * (values[at + STAY] as number) + 0.02));
}

function learnFar(values: Float32Array, at: number, isFar: boolean, replies: number): void {
  if (replies < EXCEED_MEMORY) values[at + REPLIES] = replies + 1;
  const now = isFar ? 1 : 0;
  if (values[at + WAS_FAR] === 0) {
    const memory = Math.min(EXCEED_MEMORY, replies - QUARTILES_WARM_UP + 20);
    values[at + EXCEED] = (values[at + EXCEED] as number) + (now - (values[at + EXCEED] as number)) / memory;
  } else {
    const memory = replies < RTT_WARM_UP ? STAY_WARM_UP_MEMORY : STAY_MEMORY;
    values[at + STAY] = (values[at + STAY] as number) + (now - (values[at + STAY] as number)) / memory;
  }
  values[at + WAS_FAR] = now;
}

function moveQuartiles(values: Float32Array, at: number, y: number, step: number): void {
  const q25 = values[at + Q25] as number;
  const q50 = values[at + Q50] as number;
  const q75 = values[at + Q75] as number;
  values[at + Q25] = y < q25 ? q25 - 0.75 * step : q25 + 0.25 * step;
  values[at + Q50] = y < q50 ? q50 - 0.5 * step : q50 + 0.5 * step;
  values[at + Q75] = y < q75 ? q75 - 0.25 * step : q75 + 0.75 * step;
}

function addUp(state: SeriesState, series: number, isFar: boolean, sentMs: number, bucket: number): boolean {
  const { values } = state;
  const at = series * VALUES;
  const before = values[at + S_RTT] as number;
  if (before === 0 && !isFar) return false;
  if (before === 0) state.times[series * TIMES + RTT_SINCE_MS] = sentMs;
  const sum = Math.max(0, before + ((isFar ? far.hit[bucket] : far.miss[bucket]) as number));
  values[at + S_RTT] = sum;
  return sum > rttThreshold(values, at);
}

/** Of two modes, a minute’s median may be either; the lower quartile of some minutes is of the lower one. */
function hasModes(values: Float32Array, at: number): boolean {
  return values[at + MODES] === 1;
}

/** What is recent is measured anew when that changes: the other measure is not where this one is. */
function lookForModes(values: Float32Array, at: number): void {
  const enter = values[at + EXCEED] as number;
  const share = enter / (1 - (values[at + STAY] as number) + enter);
  if (!hasModes(values, at) && share > MODES_FROM) {
    values[at + MODES] = 1;
    values[at + RECENT] = values[at + Q25] as number;
  } else if (hasModes(values, at) && share < MODES_UNTIL) {
    values[at + MODES] = 0;
    values[at + RECENT] = values[at + Q50] as number;
  }
}

function moveRecent(values: Float32Array, at: number, y: number, sigma: number, alarm: number): void {
  const recent = values[at + RECENT] as number;
  const quick = alarm === 0 ? 1 : 3;
  if (hasModes(values, at)) {
    const step = quick * MODES_STEP * Math.max(1, lowerSigma(values, at) / 0.04);
    values[at + RECENT] = y > recent ? recent + 0.25 * step : recent - 0.75 * step;
  } else {
    const step = quick * 0.5 * sigma * RECENT_RATE;
    values[at + RECENT] = y > recent ? recent + step : recent - step;
  }
}

/** How far the recent level lies above the usual one, as a part of what raises an alarm. */
function nearness(values: Float32Array, at: number): number {
  const modes = hasModes(values, at);
  const spread = modes ? lowerSigma(values, at) : sigmaOf(values, at);
  return riseOf(values, at) / Math.max(MIN_NEAR, NEAR_SIGMAS * spread);
}

function riseOf(values: Float32Array, at: number): number {
  return (values[at + RECENT] as number) - (values[at + (hasModes(values, at) ? Q25 : Q50)] as number);
}

function isNear({ values, times }: SeriesState, series: number, sentMs: number): boolean {
  const at = series * VALUES;
  const near = nearness(values, at);
  if (near < 1) {
    // While nothing is far: since when it may have been rising.
    if (values[at + S_RTT] === 0 && near < 0.5) times[series * TIMES + RTT_SINCE_MS] = sentMs;
    return false;
  }
  const recent = values[at + RECENT] as number;
  return Math.exp(recent) - Math.exp(recent - riseOf(values, at)) >= MIN_CHANGE;
}

function raise({ values, flags }: SeriesState, series: number, alarm: number): number {
  flags[series * FLAGS + RTT_ALARM] = alarm;
  values[series * VALUES + CLEAR_RTT] = 0;
  return RAISED;
}

function goOn(state: SeriesState, series: number, isFar: boolean, sentMs: number): number {
  const { values, times } = state;
  const at = series * VALUES;
  const bucket = usualBucket(values, at);
  values[at + WAS_FAR] = isFar ? 1 : 0;
  const change = (isFar ? far.hit[bucket] : far.miss[bucket]) as number;
  values[at + S_RTT] = Math.min(2 * BOUND + BEYOND, Math.max(0, (values[at + S_RTT] as number) + change));
  const before = values[at + CLEAR_RTT] as number;
  const clear = Math.max(0, before - change);
  if (before === 0 && clear > 0) times[series * TIMES + RTT_ENDED_MS] = sentMs;
  values[at + CLEAR_RTT] = Math.min(clear, 4 * CLEAR_BOUND);
  const above = riseOf(values, at);
  // Half of what raises it.
  if (clear > CLEAR_BOUND && nearness(values, at) < 0.5) return endRttAlarm(state, series, CLEARED);
  if (sentMs - (times[series * TIMES + RTT_SINCE_MS] as number) < ADOPT_MS) return QUIET;
  for (const q of [Q25, Q50, Q75]) values[at + q] = (values[at + q] as number) + above;
  values[at + REPLIES] = QUARTILES_WARM_UP;
  return endRttAlarm(state, series, ADOPTED);
}

/** What RTT is while an alarm stands, ln of units of 10 ns: the recent median lags behind what is far above. */
export function levelNow({ values, flags }: SeriesState, series: number): number {
  const at = series * VALUES;
  const recent = values[at + RECENT] as number;
  return flags[series * FLAGS + RTT_ALARM] === FAR
    ? Math.max(recent, values[at + FAR_LEVEL] as number)
    : recent;
}

export function endRttAlarm({ values, flags }: SeriesState, series: number, how: number): number {
  flags[series * FLAGS + RTT_ALARM] = 0;
  values[series * VALUES + S_RTT] = 0;
  values[series * VALUES + CLEAR_RTT] = 0;
  return how;
}
