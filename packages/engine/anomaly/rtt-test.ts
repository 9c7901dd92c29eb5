/**
 * RTT against what is usual for it (rtt-quartiles.ts). Nothing is learnt while an alarm stands. Three tests:
 *
 * - **far**: how often ln RTT lies far above the median (three and a half sigma, at least 10 %, 35 % is
 *   always far) is learnt too, after a reply that did and after one that did not, and a CUSUM of that Markov
 *   chain waits for 80 % of it. So 1 % of threefold spikes, or the higher mode of a path that has two, are
 *   usual where they are usual, however they are distributed and however long they stay; and +50 % raises
 *   after nine samples where nothing of the kind was usual.
 * - **top**: where two modes blind that one, what lies above the higher of them (rtt-top.ts).
 * - **near**: the level over about a minute, for what is too small to be far (rtt-level.ts).
 *
 * Each needs a millisecond of difference, too: a switch that answers in 0.3 ms instead of 0.2 is news for
 * nobody.
 */
import { bernoulliTable, bucketOf, CLEAR_BOUND, DAILY_FLEET_BOUND } from './bernoulli-cusum.ts';
import { isNear, lookForModes, MIN_CHANGE, moveRecent, nearness, riseOf } from './rtt-level.ts';
import {
  learnQuartiles,
  lowerSigma,
  MIN_FAR,
  QUARTILES_WARM_UP,
  RTT_WARM_UP,
  sigmaOf,
  warmUpQuartiles,
} from './rtt-quartiles.ts';
import { addUpTop, isAboveTop, moveTop } from './rtt-top.ts';
import {
  ADOPTED,
  CLEAR_RTT,
  CLEARED,
  COUNT,
  EXCEED,
  FAR_LEVEL,
  FLAGS,
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
  S_TOP,
  type SeriesState,
  STAY,
  TIMES,
  TOP,
  TOP_SINCE_MS,
  VALUES,
  WAS_FAR,
} from './series-state.ts';

const EXCEED_MEMORY = 3_600;
/** Of replies that follow a far one; less at first, so that modes that stay are known before they are told. */
const STAY_MEMORY = 200;
const STAY_YOUNG_MEMORY = 100;
const STAY_WARM_UP_MEMORY = 40;
const MIN_STAY = 0.05;
const FAR_SIGMAS = 3.5;
const MAX_FAR = 0.3;
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
  return topThreshold(values, at) + BOUND * 1.5 * Math.max(0, (values[at + STAY] as number) - 0.15);
}

function topThreshold(values: Float32Array, at: number): number {
  return BOUND * (1 + Math.max(0, 1 - (values[at + REPLIES] as number) / EXCEED_MEMORY));
}

/** The sum that is nearer to its bound, as one held against the bound of what is far. */
export function rttScore(values: Float32Array, at: number): number {
  const top = (values[at + S_TOP] as number) / topThreshold(values, at);
  return Math.max(values[at + S_RTT] as number, top * rttThreshold(values, at));
}

/** One reply’s RTT, in units of 10 ns. Returns what became of the alarm. */
export function stepRtt(state: SeriesState, series: number, rtt10ns: number, sentMs: number): number {
  const { values, flags } = state;
  const at = series * VALUES;
  const y = Math.log(rtt10ns);
  const replies = values[at + REPLIES] as number;
  if (replies < QUARTILES_WARM_UP) {
    warmUpQuartiles(values, at, y, replies);
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

  learnQuartiles(values, at, y, sigma, recent, replies);
  const bucket = usualBucket(values, at);
  const wasAbove = values[at + WAS_FAR] === 2;
  const isAbove = isFar && isAboveTop(values, at, y);
  learnFar(values, at, isFar, isAbove, y, replies);
  const isOverTop = addUpTop(state, series, isAbove, wasAbove, replies, sentMs, topThreshold(values, at));
  if (replies < RTT_WARM_UP) {
    lookForModes(values, at);
    return QUIET;
  }
  if (addUp(state, series, isFar, sentMs, bucket)) return raise(state, series, FAR);
  if (isOverTop) {
    state.times[series * TIMES + RTT_SINCE_MS] = state.times[series * TIMES + TOP_SINCE_MS] as number;
    return raise(state, series, FAR);
  }
  if ((values[at + COUNT] as number) % LOOK_EVERY !== 0) return QUIET;
  lookForModes(values, at);
  return isNear(state, series, sentMs) ? raise(state, series, NEAR) : QUIET;
}

/** Of what usually follows the last reply. What comes in few samples is known less well: a margin. */
function usualBucket(values: Float32Array, at: number): number {
  return values[at + WAS_FAR] === 0
    ? bucketOf(values[at + EXCEED] as number)
    : bucketOf(Math.max(MIN_STAY, 1.2 * (values[at + STAY] as number) + 0.02));
}

function learnFar(
  values: Float32Array,
  at: number,
  isFar: boolean,
  isAbove: boolean,
  y: number,
  replies: number,
): void {
  if (replies < EXCEED_MEMORY) values[at + REPLIES] = replies + 1;
  const now = isFar ? 1 : 0;
  if (values[at + WAS_FAR] === 0) {
    const memory = Math.min(EXCEED_MEMORY, replies - QUARTILES_WARM_UP + 20);
    values[at + EXCEED] = (values[at + EXCEED] as number) + (now - (values[at + EXCEED] as number)) / memory;
  } else {
    const grown = replies < EXCEED_MEMORY ? STAY_YOUNG_MEMORY : STAY_MEMORY;
    const memory = replies < RTT_WARM_UP ? STAY_WARM_UP_MEMORY : grown;
    values[at + STAY] = (values[at + STAY] as number) + (now - (values[at + STAY] as number)) / memory;
  }
  if (isFar) moveTop(values, at, y, replies < EXCEED_MEMORY);
  values[at + WAS_FAR] = isAbove ? 2 : now;
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
  for (const q of [Q25, Q50, Q75, TOP]) values[at + q] = (values[at + q] as number) + above;
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
  values[series * VALUES + S_TOP] = 0;
  values[series * VALUES + CLEAR_RTT] = 0;
  return how;
}
