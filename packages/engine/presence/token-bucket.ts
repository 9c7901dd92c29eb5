import type { Rate } from './presence-options.ts';

/** Lets `burst` through at once and `perSecond` on the long run. */
export interface TokenBucket {
  take(nowMs: number): boolean;
}

export function createTokenBucket(rate: Rate): TokenBucket {
  let tokens = rate.burst;
  let atMs = Number.NEGATIVE_INFINITY;
  return {
    take(nowMs) {
      if (nowMs > atMs) {
        tokens = Math.min(rate.burst, tokens + ((nowMs - atMs) / 1_000) * rate.perSecond);
        atMs = nowMs;
      }
      if (tokens < 1) return false;
      tokens--;
      return true;
    },
  };
}
