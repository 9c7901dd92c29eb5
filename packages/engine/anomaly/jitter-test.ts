/**
 * Jitter as RFC 3550 has it: J += (|D| - J) / 16. Its neighbours are nearly the same value, so the test
 * looks at every 32nd only; then as for RTT: how often J lies far above its usual median (two and a half
 * times, and a millisecond more) is learnt, and a CUSUM waits for 90 % of it.
 */
import { bernoulliTable, bucketOf, CLEAR_BOUND, DAILY_FLEET_BOUND } from './bernoulli-cusum.ts';
import {
  ADOPTED,
  CLEAR_JITTER,
  CLEARED,
  COUNT,
  FLAGS,
  JITTER,
  JITTER_ALARM,
  JITTER_EXCEED,
  JITTER_Q50,
  JITTER_SINCE_MS,
  LAST_RTT,
  QUIET,
  RAISED,
  REPLIES,
  S_JITTER,
  type SeriesState,
  TIMES,
  VALUES,
} from './series-state.ts';

/** Replies between two looks, and until what is usual is believed. */
const LOOK_EVERY = 32;
const WARM_UP = 1_800;
const FAR = Math.log(2.5);
const MIN_CHANGE = 100_000;
/** What jitter is never taken as less than, units of 10 ns, so that its logarithm is one. */
const LEAST = 100;
const RATE = 0.05;
const EXCEED_RATE = 0.01;
const ADOPT_MS = 3_600_000;
export const JITTER_THRESHOLD = DAILY_FLEET_BOUND;
const table = bernoulliTable(0.9, 0.05);

/** One reply. */
export function stepJitter(state: SeriesState, series: number, rtt10ns: number, sentMs: number): number {
  const { values } = state;
  const at = series * VALUES;
  const last = values[at + LAST_RTT] as number;
  values[at + LAST_RTT] = rtt10ns;
  if (last === 0) return QUIET;
  const difference = rtt10ns > last ? rtt10ns - last : last - rtt10ns;
  const jitter = values[at + JITTER] as number;
  values[at + JITTER] = jitter + (difference - jitter) / 16;
  return (values[at + COUNT] as number) % LOOK_EVERY === 0 ? test(state, series, sentMs) : QUIET;
}

function test(state: SeriesState, series: number, sentMs: number): number {
  const { values, flags, times } = state;
  const at = series * VALUES;
  const jitter = Math.max(LEAST, values[at + JITTER] as number);
  const y = Math.log(jitter);
  if (values[at + JITTER_Q50] === 0) {
    values[at + JITTER_Q50] = y;
    values[at + JITTER_EXCEED] = 0.2;
  }
  const usual = values[at + JITTER_Q50] as number;
  const exceed = values[at + JITTER_EXCEED] as number;
  const isFar = y - usual > FAR && jitter - Math.exp(usual) >= MIN_CHANGE;
  const alarm = flags[series * FLAGS + JITTER_ALARM] as number;
  if (alarm === 0) {
    const warm = Math.max(RATE, 8 / ((values[at + REPLIES] as number) / LOOK_EVERY + 8));
    values[at + JITTER_Q50] = usual + (y < usual ? -0.25 : 0.25) * warm;
    values[at + JITTER_EXCEED] = exceed + ((isFar ? 1 : 0) - exceed) * EXCEED_RATE;
  }
  if (alarm === 0 && (values[at + REPLIES] as number) < WARM_UP) return QUIET;
  const bucket = bucketOf(exceed);
  const change = (isFar ? table.hit[bucket] : table.miss[bucket]) as number;
  const before = values[at + S_JITTER] as number;
  if (before === 0 && change > 0) times[series * TIMES + JITTER_SINCE_MS] = sentMs;
  values[at + S_JITTER] = Math.min(2 * JITTER_THRESHOLD, Math.max(0, before + change));
  if (alarm === 0) {
    if ((values[at + S_JITTER] as number) <= JITTER_THRESHOLD) return QUIET;
    flags[series * FLAGS + JITTER_ALARM] = 1;
    values[at + CLEAR_JITTER] = 0;
    return RAISED;
  }
  const clear = Math.max(0, (values[at + CLEAR_JITTER] as number) - change);
  values[at + CLEAR_JITTER] = clear;
  if (clear > CLEAR_BOUND) return endJitterAlarm(state, series, CLEARED);
  if (sentMs - (times[series * TIMES + JITTER_SINCE_MS] as number) < ADOPT_MS) return QUIET;
  values[at + JITTER_Q50] = y;
  return endJitterAlarm(state, series, ADOPTED);
}

export function endJitterAlarm({ values, flags }: SeriesState, series: number, how: number): number {
  flags[series * FLAGS + JITTER_ALARM] = 0;
  values[series * VALUES + S_JITTER] = 0;
  values[series * VALUES + CLEAR_JITTER] = 0;
  return how;
}
