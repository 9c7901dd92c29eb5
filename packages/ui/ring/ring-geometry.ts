/**
 * The ring, Maille's face: sixty ticks clockwise from 12 o'clock, one a second of the minute. A tick grows
 * outwards from an inner circle, as long as its RTT on a log scale; a lost echo is a gap with a mark on
 * the rim. The same numbers serve the large ring (drawn as vectors) and the small ones (drawn as pixels).
 */
import { isAnswered, isLost, shareOfLevel } from '../samples/sample-level.ts';

/** Shares of the outer radius. */
export const INNER = 0.42;
export const OUTER = 0.86;
/** Where a lost echo is marked: between here and the edge. */
export const RIM = 0.9;
export const TICKS = 60;
/** The shortest tick still shows. */
const SHORTEST_TICK = 0.22;
const OLDEST_SHOWN = 0.34;

/** Length of a tick, 0 to 1 of the way from inner to outer circle; 0: no tick. */
export const tickLengthOfLevel: Float32Array = Float32Array.from({ length: 256 }, (_, level) =>
  isAnswered(level) ? tickLength(shareOfLevel[level] as number) : 0,
);

export function tickLength(share: number): number {
  return SHORTEST_TICK + (1 - SHORTEST_TICK) * share;
}

/** Radians from 12 o'clock, clockwise, where the tick of a second begins. */
export const tickStart = (second: number) => (second * 2 * Math.PI) / TICKS;

/** How much of its colour a tick keeps: the newest all, the oldest a third. */
export function fadeOfAge(ageSeconds: number): number {
  return 1 - ((1 - OLDEST_SHOWN) * ageSeconds) / (TICKS - 1);
}

/** Which second of the minute lies under a point; undefined outside of the ring. */
export function tickAt(dx: number, dy: number, radius: number): number | undefined {
  const distance = Math.hypot(dx, dy) / radius;
  if (distance < INNER * 0.8 || distance > 1.08) return undefined;
  const angle = (Math.atan2(dx, -dy) + 2 * Math.PI) % (2 * Math.PI);
  return Math.floor((angle / (2 * Math.PI)) * TICKS) % TICKS;
}

/** For words beside the drawing: what a minute comes to. */
export function minuteCounts(minute: Uint8Array): { sent: number; lost: number } {
  let sent = 0;
  let lost = 0;
  for (const level of minute) {
    if (isLost(level)) lost++;
    if (isLost(level) || isAnswered(level)) sent++;
  }
  return { sent, lost };
}
