/**
 * CUSUM of a Bernoulli sequence (Page 1954; Reynolds and Stoumbos 1999): S = max(0, S + ln(p1/p0)) where it
 * happened, S + ln((1-p1)/(1-p0)) where not. S is the logarithm of how much likelier the last samples are
 * under p1 than under p0; an alarm at S > h comes at most once in e^h samples by chance. The logarithms
 * are tables, by p0 in steps of a thousandth: a step is one addition.
 */

/** One false alarm a day at most for each test, in a fleet of 10,000 series at 1 Hz: ln(10,000 × 86,400). */
export const DAILY_FLEET_BOUND = Math.log(10_000 * 86_400);
/** The end of an alarm is believed when it is a thousand times likelier than its going on. */
export const CLEAR_BOUND = Math.log(1_000);

const STEPS = 1_000;
/** Beyond, it is what happens as a rule, and a test says nothing. */
const MAX_P0 = 0.96;
const BUCKETS = STEPS * MAX_P0;

export interface BernoulliTable {
  /** Added where it happened, by bucket. */
  hit: Float32Array;
  /** Added where not; negative. */
  miss: Float32Array;
}

/** `p1` is what is looked for, or three times the usual where that is more. */
export function bernoulliTable(p1: number, floor: number): BernoulliTable {
  const hit = new Float32Array(BUCKETS);
  const miss = new Float32Array(BUCKETS);
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    // The upper edge of the step: what is usual is rather taken as more than as less.
    const p0 = Math.max(floor, (bucket + 1) / STEPS);
    const wanted = Math.min(0.97, Math.max(p1, 3 * p0));
    hit[bucket] = Math.log(wanted / p0);
    miss[bucket] = Math.log((1 - wanted) / (1 - p0));
  }
  return { hit, miss };
}

/** The row of a table: the last one for all that is beyond. */
export function bucketOf(p0: number): number {
  return p0 >= MAX_P0 ? BUCKETS - 1 : (p0 * STEPS) | 0;
}
