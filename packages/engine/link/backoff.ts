/**
 * When to try again: full jitter (a uniform draw below a growing ceiling), so that a thousand agents
 * whose server restarts do not come back in one instant. The first tries are quick: most cuts are short.
 */
const QUICK_TRIES = 3;
const QUICK_CEILING_MS = 1_000;
const CEILING_MS = 30_000;
/** A draw of nearly zero would spin where a connection is refused at once. */
const FLOOR_MS = 50;
/** A rejected agent asks whether the administrator has thought again. */
const REJECTED_FLOOR_MS = 150_000;
const REJECTED_CEILING_MS = 300_000;

/** `failures`: tries since the last link that lasted; 0 for the first. `random` in [0, 1). */
export function reconnectDelayMs(failures: number, random: () => number): number {
  const doublings = Math.min(Math.max(0, failures - QUICK_TRIES + 1), 5);
  const ceilingMs = Math.min(CEILING_MS, QUICK_CEILING_MS * 2 ** doublings);
  return Math.max(FLOOR_MS, Math.floor(random() * ceilingMs));
}

export function rejectedDelayMs(random: () => number): number {
  return REJECTED_FLOOR_MS + Math.floor(random() * (REJECTED_CEILING_MS - REJECTED_FLOOR_MS));
}
