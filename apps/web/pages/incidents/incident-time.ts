/** Where the time bar goes for an incident: from a little before it to a little after. */
import type { TimePosition } from '@maille/ui/time/time-position';
import type { Incident } from '@maille/wire/rest/incidents';

const BEFORE_MS = 5 * 60_000;
const AFTER_MS = 5 * 60_000;
/** A replay of days would not be watched: what began is what counts. */
const LONGEST_MS = 6 * 3_600_000;
/** A stopped look stands where it has shown itself, a running one before it began. */
const SHOWN_AFTER_MS = 30_000;

export function replayOf(
  { sinceMs, endedAtMs }: Pick<Incident, 'sinceMs' | 'endedAtMs'>,
  nowMs: number,
  playing: boolean,
): Extract<TimePosition, { mode: 'replay' }> {
  const fromMs = sinceMs - BEFORE_MS;
  const toMs = Math.min((endedAtMs ?? nowMs) + AFTER_MS, fromMs + LONGEST_MS, nowMs);
  const atMs = playing ? sinceMs - SHOWN_AFTER_MS : Math.min(sinceMs + SHOWN_AFTER_MS, toMs);
  return { mode: 'replay', fromMs, toMs, atMs, speed: 10, playing };
}
