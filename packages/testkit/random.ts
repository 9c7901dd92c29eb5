/** 0 to 1, without 1. */
export type Random = () => number;

/**
 * A seeded generator (mulberry32): a failure can be run again. A plain congruential one is not enough:
 * its draws follow each other, and made exchanges of a simulated network fail for ever.
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
