/**
 * Which minutes the strip under a grid shows: those of the time bar. A time too short to see what is around it
 * is widened; one of more than a day would be too fine to read, and a day of it is shown: the end, or the part
 * in which a replay stands.
 */
import { type TimePosition, windowOf } from '@maille/ui/time/time-position';

const MINUTE_MS = 60_000;
export const SHORTEST_STRIP_MS = 10 * MINUTE_MS;
export const LONGEST_STRIP_MS = 24 * 60 * MINUTE_MS;

export interface StripWindow {
  /** Whole minutes. */
  fromMs: number;
  toMs: number;
  /** It is less than the time bar says. */
  isPart: boolean;
}

export function stripWindow(position: TimePosition, nowMs: number): StripWindow {
  const lastMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  const asked = windowOf(position, lastMs);
  let fromMs = Math.floor(asked.fromMs / MINUTE_MS) * MINUTE_MS;
  let toMs = Math.min(lastMs, Math.ceil(asked.toMs / MINUTE_MS) * MINUTE_MS);
  const isPart = toMs - fromMs > LONGEST_STRIP_MS;
  if (isPart && position.mode === 'replay') {
    // In steps of half of it: it must not slide while it is looked at.
    const step = LONGEST_STRIP_MS / 2;
    const before = fromMs + Math.floor((position.atMs - fromMs) / step) * step;
    fromMs = Math.max(fromMs, Math.min(before, toMs - LONGEST_STRIP_MS));
    toMs = fromMs + LONGEST_STRIP_MS;
  } else if (isPart) fromMs = toMs - LONGEST_STRIP_MS;
  const lacking = SHORTEST_STRIP_MS - (toMs - fromMs);
  if (lacking > 0) {
    toMs = Math.min(lastMs, toMs + Math.ceil(lacking / 2 / MINUTE_MS) * MINUTE_MS);
    fromMs = toMs - SHORTEST_STRIP_MS;
  }
  return { fromMs, toMs, isPart };
}
