/**
 * Time as a port. Everything that waits or stamps takes a Clock, so that tests move time by hand and
 * never sleep. Wall time is for showing and storing; monotonic time is for ages and timeouts, because
 * the wall clock jumps.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  wallMs(): number;
  /** Milliseconds of a clock that never jumps; only differences mean anything. */
  monoMs(): number;
  /** Calls `fn` once after `delayMs`; the result cancels it. Never keeps a process alive by itself. */
  after(delayMs: number, fn: () => void): Cancel;
  /** Calls `fn` every `periodMs`. */
  every(periodMs: number, fn: () => void): Cancel;
}

export type Cancel = () => void;

interface Unrefable {
  unref?: () => void;
}

export const systemClock: Clock = {
  // Not timeOrigin + now(): that would never follow a step of the wall clock.
  wallMs: () => Date.now(),
  monoMs: () => performance.now(),
  after(delayMs, fn) {
    const timer = setTimeout(fn, delayMs);
    (timer as Unrefable).unref?.();
    return () => clearTimeout(timer);
  },
  every(periodMs, fn) {
    const timer = setInterval(fn, periodMs);
    (timer as Unrefable).unref?.();
    return () => clearInterval(timer);
  },
};
