/**
 * Loss: four CUSUM sums beside each other, each quick for another size of trouble.
 *
 * | test   | looks for | raises after                       |
 * |--------|-----------|------------------------------------|
 * | silent | 90 %      | 4 lost in a row                    |
 * | half   | 50 %      | 5 lost of 8                        |
 * | fast   | 20 %      | 5 lost of 7, 6 of 24, 7 of 42, …   |
 * | slow   | 3 %       | minutes                            |
 *
 * The usual loss is learnt (memory two hours at 1 Hz), never taken as less than half a percent, and not
 * learnt during an alarm. The bounds of `silent` and `fast` are below e^h = one a day: with 0.1 to 0.5 % of
 * random loss their false alarms come to about half a one a day for 10,000 series, by counting the ways in
 * which k of n can fall; overshoot leaves the general bound far behind. What loses more as a rule gets the
 * full bound.
 *
 * Loss comes in bursts on some ways: how often a loss is followed by another is learnt as well, from what
 * raised no alarm, and where that is often, a loss after a loss counts for what it is there. Elsewhere each
 * counts in full, since four in a row are all that silence has to show for itself in the time that it has.
 *
 * The end has a sum of its own, for the reverse. Silence that is broken becomes an alarm of 20 % first, so
 * that a target that answers now and then is neither silent nor well.
 */
import { bernoulliTable, bucketOf, CLEAR_BOUND, DAILY_FLEET_BOUND } from './bernoulli-cusum.ts';
import {
  ADOPTED,
  CLEAR_LOSS,
  CLEARED,
  FAST_LOST,
  FAST_PAIRS,
  FAST_SENT,
  FAST_SINCE_MS,
  FLAGS,
  LOSS,
  LOSS_ALARM,
  LOSS_ENDED_MS,
  LOSS_STAY,
  LOSS_STAYS,
  QUIET,
  RAISED,
  RUN,
  S_LOSS,
  SENT,
  type SeriesState,
  SILENT_SINCE_MS,
  SLOW_LOST,
  SLOW_SENT,
  SLOW_SINCE_MS,
  TIMES,
  VALUES,
} from './series-state.ts';

/** Tests; an alarm’s flag is 1 more. */
export const SILENT = 0;
export const HALF = 1;
export const FAST = 2;
export const SLOW = 3;
const TESTS = 4;

/** Samples before what is usual is believed. */
export const LOSS_WARM_UP = 180;
const MEMORY = 7_200;
const FLOOR = 0.005;
const tables = [0.9, 0.5, 0.2, 0.03].map((p1) => bernoulliTable(p1, FLOOR));
/** Where more than half is lost as a rule, loss is no news. */
const MAX_USUAL = 0.5;
/** Up to this usual loss, the bounds are below the one that holds for any. */
const LITTLE = 0.006;
const SILENT_BOUND = 20;
const FAST_BOUND = 18;
/** Sums stop so far beyond, that an outage of a day is not a number without meaning. */
const BEYOND = 20;
const SILENT_RUN = 4;
/** An alarm of loss becomes one of silence. */
const SILENT_AFTER_ALL_RUN = 20;
/** So many replies in a row, of what usually loses many, are a new start. */
const BETTER_RUN = 300;
const BETTER_FROM = 0.05;
/** Loss that has lasted so long, and is no silence, is what is usual now. */
const ADOPT_MS = 6 * 3_600_000;

/** Losses that tell how often they are followed by others; as if so many had been alone, at first. */
const STAY_MEMORY = 50;
const STAY_ALONE = 8;
/** Up to here a loss after a loss is chance. */
const BURSTS_FROM = 0.1;

/** Of a loss right after another: how often that is usual, with a margin; zero where it does not come in bursts. */
function usualBurst(values: Float32Array, at: number): number {
  const stay = values[at + LOSS_STAY] as number;
  return stay < BURSTS_FROM ? 0 : 1.2 * stay + 0.02;
}

export function lossThreshold(test: number, values: Float32Array, at: number): number {
  const p0 = values[at + LOSS] as number;
  if (p0 > LITTLE || usualBurst(values, at) > 0) return DAILY_FLEET_BOUND;
  return test === FAST ? FAST_BOUND : test === SILENT ? SILENT_BOUND : DAILY_FLEET_BOUND;
}

/** One probe’s outcome. Returns what became of the alarm. */
export function stepLoss(state: SeriesState, series: number, lost: boolean, sentMs: number): number {
  const { values, flags } = state;
  const at = series * VALUES;
  const alarm = flags[series * FLAGS + LOSS_ALARM] as number;
  const run = values[at + RUN] as number;
  if (lost) {
    if (run >= 0) state.times[series * TIMES + SILENT_SINCE_MS] = sentMs;
    values[at + RUN] = run < 0 ? run - 1 : -1;
  } else values[at + RUN] = run > 0 ? Math.min(run + 1, 1e6) : 1;
  if (alarm === 0) learn(values, at, lost);
  if (alarm === 0 && (values[at + SENT] as number) <= LOSS_WARM_UP) return QUIET;
  // The way of nearly all samples ends here.
  if (!lost && alarm === 0 && isAtRest(values, at)) return QUIET;
  const p0 = values[at + LOSS] as number;
  // It is lost as a rule: nothing to tell any more.
  if (p0 > MAX_USUAL) return alarm === 0 ? QUIET : endLossAlarm(state, series, CLEARED);
  const wasLost = run < 0;
  const bucket = bucketOf(wasLost ? Math.max(p0, usualBurst(values, at)) : p0);
  addUp(state, series, lost, sentMs, bucket);
  if (alarm === 0) learnBursts(values, at, lost, wasLost);
  return alarm === 0 ? raise(state, series) : goOn(state, series, alarm - 1, lost, sentMs, bucket);
}

/** The slow sum is the last to reach zero, but for what comes in bursts. */
function isAtRest(values: Float32Array, at: number): boolean {
  const first = at + S_LOSS;
  return (
    values[first + SLOW] === 0 &&
    values[first + FAST] === 0 &&
    values[first + HALF] === 0 &&
    values[first + SILENT] === 0
  );
}

function learn(values: Float32Array, at: number, lost: boolean): void {
  const sent = values[at + SENT] as number;
  const p0 = values[at + LOSS] as number;
  if (sent < MEMORY) {
    values[at + SENT] = sent + 1;
    values[at + LOSS] = p0 + ((lost ? 1 : 0) - p0) / (sent + 1);
    return;
  }
  values[at + LOSS] = p0 + ((lost ? 1 : 0) - p0) / MEMORY;
  if (p0 > BETTER_FROM && (values[at + RUN] as number) >= BETTER_RUN) {
    values[at + LOSS] = FLOOR;
    values[at + SENT] = LOSS_WARM_UP;
  }
}

/** Once what began with a loss has come to nothing. */
function learnBursts(values: Float32Array, at: number, lost: boolean, wasLost: boolean): void {
  if (lost && wasLost) values[at + FAST_PAIRS] = (values[at + FAST_PAIRS] as number) + 1;
  const losses = values[at + FAST_LOST] as number;
  if (losses === 0 || values[at + S_LOSS + FAST] !== 0) return;
  const known = Math.max(STAY_ALONE, values[at + LOSS_STAYS] as number);
  const all = Math.min(STAY_MEMORY, known + losses);
  const stay = values[at + LOSS_STAY] as number;
  values[at + LOSS_STAY] =
    stay + ((values[at + FAST_PAIRS] as number) - losses * stay) / Math.max(all, losses);
  values[at + LOSS_STAYS] = all;
  values[at + FAST_LOST] = 0;
  values[at + FAST_PAIRS] = 0;
}

function addUp(state: SeriesState, series: number, lost: boolean, sentMs: number, bucket: number): void {
  const { values, times } = state;
  const at = series * VALUES;
  if (lost) {
    if (values[at + S_LOSS + FAST] === 0) {
      values[at + FAST_SENT] = 0;
      values[at + FAST_LOST] = 0;
      values[at + FAST_PAIRS] = 0;
      times[series * TIMES + FAST_SINCE_MS] = sentMs;
    }
    if (values[at + S_LOSS + SLOW] === 0) {
      values[at + SLOW_SENT] = 0;
      values[at + SLOW_LOST] = 0;
      times[series * TIMES + SLOW_SINCE_MS] = sentMs;
    }
    values[at + FAST_LOST] = (values[at + FAST_LOST] as number) + 1;
    values[at + SLOW_LOST] = (values[at + SLOW_LOST] as number) + 1;
  }
  values[at + FAST_SENT] = (values[at + FAST_SENT] as number) + 1;
  values[at + SLOW_SENT] = (values[at + SLOW_SENT] as number) + 1;
  for (let test = 0; test < TESTS; test++) {
    const { hit, miss } = tables[test] as (typeof tables)[0];
    const sum = (values[at + S_LOSS + test] as number) + ((lost ? hit[bucket] : miss[bucket]) as number);
    values[at + S_LOSS + test] = Math.min(DAILY_FLEET_BOUND + BEYOND, Math.max(0, sum));
  }
}

function raise(state: SeriesState, series: number): number {
  const { values, flags } = state;
  const at = series * VALUES;
  for (let test = 0; test < TESTS; test++) {
    if ((values[at + S_LOSS + test] as number) <= lossThreshold(test, values, at)) continue;
    // Whatever sum was the first: silent is what has not answered once.
    const silent = (values[at + RUN] as number) <= -SILENT_RUN && test === SILENT;
    flags[series * FLAGS + LOSS_ALARM] = 1 + (test === SILENT && !silent ? HALF : test);
    values[at + CLEAR_LOSS] = 0;
    return RAISED;
  }
  return QUIET;
}

function goOn(
  state: SeriesState,
  series: number,
  test: number,
  lost: boolean,
  sentMs: number,
  bucket: number,
): number {
  const { values, times, flags } = state;
  const at = series * VALUES;
  const { hit, miss } = tables[test] as (typeof tables)[0];
  const before = values[at + CLEAR_LOSS] as number;
  const clear = Math.max(0, before - ((lost ? hit[bucket] : miss[bucket]) as number));
  if (before === 0 && clear > 0) times[series * TIMES + LOSS_ENDED_MS] = sentMs;
  values[at + CLEAR_LOSS] = clear;
  if (clear > CLEAR_BOUND) {
    if (test >= FAST) return endLossAlarm(state, series, CLEARED);
    flags[series * FLAGS + LOSS_ALARM] = 1 + FAST;
    // A hair above zero: when it began to be better is known already.
    values[at + CLEAR_LOSS] = 1e-6;
    return test === SILENT ? RAISED : QUIET;
  }
  if (!lost || test === SILENT) return QUIET;
  if ((values[at + RUN] as number) <= -SILENT_AFTER_ALL_RUN) {
    flags[series * FLAGS + LOSS_ALARM] = 1 + SILENT;
    values[at + CLEAR_LOSS] = 0;
    return RAISED;
  }
  const sinceMs = times[series * TIMES + (test === SLOW ? SLOW_SINCE_MS : FAST_SINCE_MS)] as number;
  if (sentMs - sinceMs < ADOPT_MS) return QUIET;
  values[at + LOSS] = lossRatioOf(state, series);
  values[at + SENT] = LOSS_WARM_UP;
  return endLossAlarm(state, series, ADOPTED);
}

export function endLossAlarm(state: SeriesState, series: number, how: number): number {
  const { values, flags } = state;
  const at = series * VALUES;
  flags[series * FLAGS + LOSS_ALARM] = 0;
  values.fill(0, at + S_LOSS, at + S_LOSS + TESTS);
  values[at + CLEAR_LOSS] = 0;
  return how;
}

/** Share of probes that are lost, since what the alarm tells of began. */
export function lossRatioOf({ values, flags }: SeriesState, series: number): number {
  const at = series * VALUES;
  const test = (flags[series * FLAGS + LOSS_ALARM] as number) - 1;
  if (test === SILENT) return 1;
  const [sent, lost] = test === SLOW ? [SLOW_SENT, SLOW_LOST] : [FAST_SENT, FAST_LOST];
  return (values[at + lost] as number) / Math.max(1, values[at + sent] as number);
}

export function lossSinceMs({ times, flags }: SeriesState, series: number): number {
  const test = (flags[series * FLAGS + LOSS_ALARM] as number) - 1;
  const which = test === SILENT ? SILENT_SINCE_MS : test === SLOW ? SLOW_SINCE_MS : FAST_SINCE_MS;
  return times[series * TIMES + which] as number;
}
