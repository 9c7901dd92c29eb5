/** Timers of one part, so that stopping it leaves none behind. */
import type { Cancel, Clock } from '@maille/base/clock';

export interface Timers {
  after(delayMs: number, fn: () => void): void;
  every(periodMs: number, fn: () => void): void;
  cancelAll(): void;
}

export function createTimers(clock: Clock): Timers {
  const running = new Set<Cancel>();
  return {
    after(delayMs, fn) {
      const cancel = clock.after(delayMs, () => {
        running.delete(cancel);
        fn();
      });
      running.add(cancel);
    },
    every(periodMs, fn) {
      running.add(clock.every(periodMs, fn));
    },
    cancelAll() {
      for (const cancel of running) cancel();
      running.clear();
    },
  };
}
