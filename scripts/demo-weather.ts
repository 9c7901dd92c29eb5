/**
 * A network with weather, for pictures: each /24 has its own distance and calm, some addresses are silent
 * for ever. One prefix has a storm that comes and goes; with `stormFromMs` the calm lasts until then, the
 * storm stays, and one address elsewhere falls silent.
 */
const STORM_PERIOD_MS = 97_000;
/** None so near that what a busy machine adds would count. */
const DISTANCES_MS = [14, 11, 18, 23, 27, 32, 44, 78, 140, 16, 21, 180];

/** The same number between 0 and 1 for the same address, always. */
function luck(third: number, fourth: number): number {
  const mixed = Math.imul(third * 257 + fourth + 1, 0x9e37_79b1) >>> 0;
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x1_0000_0000;
}

/** How long the answer of 10.x.third.fourth takes; undefined: there is none. */
export function weatherAt(
  third: number,
  fourth: number,
  atMs: number,
  stormFromMs?: number,
): number | undefined {
  const own = luck(third, fourth);
  if (own < 0.006) return undefined;
  const base = DISTANCES_MS[third % DISTANCES_MS.length] as number;
  let delayMs = base * (0.85 + 0.3 * own) + Math.random() * Math.random() * (0.6 + base * 0.15);
  let loss = own > 0.985 ? 0.25 : 0.0008;
  const phase = (atMs % STORM_PERIOD_MS) / STORM_PERIOD_MS;
  const stormy = stormFromMs === undefined ? phase > 0.35 && phase < 0.8 : atMs >= stormFromMs;
  if (stormy && third === 5 && fourth % 32 < 20) {
    delayMs += 60 + 240 * Math.random();
    loss = 0.12;
  }
  if (stormFromMs !== undefined && atMs >= stormFromMs && third === 2 && fourth === 33) return undefined;
  return Math.random() < loss ? undefined : delayMs;
}
