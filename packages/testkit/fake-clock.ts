/** A clock moved by hand: timers fire in order while `advance` runs, and promises between them settle. */
import type { Clock } from '@maille/base/clock';

export interface FakeClock extends Clock {
  /** Moves time on, firing what falls due, in order. */
  advance(ms: number): Promise<void>;
  /** Steps the wall clock alone, as an administrator or NTP would. */
  stepWall(ms: number): void;
}

interface Timer {
  dueMs: number;
  order: number;
  periodMs: number | undefined;
  fn: () => void;
}

export function createFakeClock(startWallMs = Date.UTC(2026, 0, 1)): FakeClock {
  let nowMs = 0;
  let wallOffsetMs = startWallMs;
  let order = 0;
  const timers = new Set<Timer>();

  const add = (delayMs: number, periodMs: number | undefined, fn: () => void) => {
    const timer: Timer = { dueMs: nowMs + Math.max(0, delayMs), order: order++, periodMs, fn };
    timers.add(timer);
    return () => {
      timers.delete(timer);
    };
  };
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

  return {
    wallMs: () => wallOffsetMs + nowMs,
    monoMs: () => nowMs,
    after: (delayMs, fn) => add(delayMs, undefined, fn),
    every: (periodMs, fn) => add(periodMs, Math.max(1, periodMs), fn),
    stepWall(ms) {
      wallOffsetMs += ms;
    },
    async advance(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        let next: Timer | undefined;
        for (const timer of timers) {
          if (timer.dueMs > endMs) continue;
          if (!next || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order))
            next = timer;
        }
        if (!next) break;
        nowMs = next.dueMs;
        if (next.periodMs === undefined) timers.delete(next);
        else next.dueMs += next.periodMs;
        next.fn();
        await settle();
      }
      nowMs = endMs;
      await settle();
    },
  };
}
