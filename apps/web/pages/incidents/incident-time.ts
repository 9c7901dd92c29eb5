/** Where the time bar goes for an incident, and what its chart shows: from a little before it to a little after. */
import type { TimePosition } from '@maille/ui/time/time-position';
import type { Incident } from '@maille/wire/rest/incidents';

const BEFORE_MS = 5 * 60_000;
const AFTER_MS = 5 * 60_000;
/** A replay of days would not be watched: what began is what counts. */
const LONGEST_MS = 6 * 3_600_000;
/** A stopped look stands where it has shown itself, a running one before it began. */
const SHOWN_AFTER_MS = 30_000;

type Times = Pick<Incident, 'sinceMs' | 'endedAtMs'>;

/** Long ones show more of what was before: what is usual is judged by eye against it. */
export function chartWindowOf(
  { sinceMs, endedAtMs }: Times,
  nowMs: number,
): { fromMs: number; toMs: number } {
  const lastedMs = Math.max(0, (endedAtMs ?? nowMs) - sinceMs);
  const aroundMs = Math.max(BEFORE_MS, lastedMs / 4);
  return { fromMs: sinceMs - aroundMs, toMs: Math.min((endedAtMs ?? nowMs) + aroundMs, nowMs) };
}

export function replayOf(
  { sinceMs, endedAtMs }: Times,
  nowMs: number,
  playing: boolean,
): Extract<TimePosition, { mode: 'replay' }> {
  const fromMs = sinceMs - BEFORE_MS;
  const toMs = Math.min((endedAtMs ?? nowMs) + AFTER_MS, fromMs + LONGEST_MS, nowMs);
  const atMs = playing ? sinceMs - SHOWN_AFTER_MS : Math.min(sinceMs + SHOWN_AFTER_MS, toMs);
  return { mode: 'replay', fromMs, toMs, atMs, speed: 10, playing };
}
