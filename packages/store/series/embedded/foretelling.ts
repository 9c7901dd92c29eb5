/**
 * What the coder of closed hours expects next, from what went before in the same run: the same when written
 * and when read. Times follow the target's rhythm; RTT steps a mean that runs along.
 */
export const RUN_MS = 180_000;
export const RUNS = 3_600_000 / RUN_MS;
/** Fraction bits of what is foretold, and how much of each surprise is taken over (2^−n). */
export const FORETOLD_BITS = 4;
const TIME_LEARNING = 3;
const RTT_LEARNING = 4;
const MAX_SURPRISE = 128 << FORETOLD_BITS;

/** A spike moves what is foretold no further than a surprise of a quarter would. */
export function foretoldAfter(foretold: number, step: number): number {
  const off = (step << FORETOLD_BITS) - foretold;
  return foretold + (Math.max(-MAX_SURPRISE, Math.min(MAX_SURPRISE, off)) >> RTT_LEARNING);
}

/** Where in a run the next sample is due, in 2^−FORETOLD_BITS ms. */
export function firstDue(run: number, intervalMs: number, phaseMs: number): number {
  const startMs = run * RUN_MS;
  const afterMs = (phaseMs - (startMs % intervalMs) + intervalMs) % intervalMs;
  return (startMs + afterMs) * 2 ** FORETOLD_BITS;
}

/** A sample that is far off begins a new rhythm; one that is near moves it a little. */
export function nextDue(due: number, off: number, intervalMs: number): number {
  const taken =
    2 * Math.abs(off) > intervalMs ? off << FORETOLD_BITS : (off << FORETOLD_BITS) >> TIME_LEARNING;
  return due + taken + (intervalMs << FORETOLD_BITS);
}
