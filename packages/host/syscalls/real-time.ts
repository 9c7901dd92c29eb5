/** The kernel's wall clock, to the nanosecond, on the scale of packet stamps. */
import { clockGettime } from './libc.ts';

const CLOCK_REALTIME = 0;
const timespec = new Uint32Array(new ArrayBuffer(16));

/** Nanoseconds since `epochSeconds`. */
export function realTimeNs(epochSeconds: number): number {
  clockGettime(CLOCK_REALTIME, timespec);
  return timespecNs(timespec, 0, epochSeconds);
}

/** A `struct timespec` at word `at`, as nanoseconds since `epochSeconds`. */
export function timespecNs(words: Uint32Array, at: number, epochSeconds: number): number {
  const seconds = (words[at] as number) + (words[at + 1] as number) * 0x1_0000_0000;
  return (seconds - epochSeconds) * 1e9 + (words[at + 2] as number);
}
