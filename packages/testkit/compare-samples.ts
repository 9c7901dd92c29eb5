/** What was on the wire against what was stored: each echo request once, and what happened to those that are missing. */
export interface Interval {
  fromMs: number;
  toMs: number;
}

export interface Comparison {
  onWire: number;
  stored: number;
  /** On the wire, not stored, while a sensor died that nobody had heard of them from. */
  lostWithSensor: number;
  /** On the wire, not stored, and nothing excuses it. */
  lost: number;
  /** Stored, and no echo request of its own is on the wire: stored twice, or never sent. */
  doubled: number;
  firstUnexplained: string[];
}

/** Send time in the store and tcpdump's differ by the path through the kernel; probes of a target by a second. */
const TOLERANCE_MS = 100;

export function compareSamples(
  wire: Map<string, number[]>,
  stored: Map<string, number[]>,
  window: Interval,
  excuses: Interval[],
): Comparison {
  const result: Comparison = {
    onWire: 0,
    stored: 0,
    lostWithSensor: 0,
    lost: 0,
    doubled: 0,
    firstUnexplained: [],
  };
  const unexplained = (what: string) => {
    if (result.firstUnexplained.length < 10) result.firstUnexplained.push(what);
  };
  const inside = (timeMs: number) => timeMs >= window.fromMs && timeMs < window.toMs;

  for (const address of new Set([...wire.keys(), ...stored.keys()])) {
    // A margin beyond the window, so that a pair is not parted by its edge.
    const sent = wire.get(address) ?? [];
    const kept = (stored.get(address) ?? []).toSorted((a, b) => a - b);
    let at = 0;
    const count = (timeMs: number) => {
      result.onWire++;
      if (excuses.some(({ fromMs, toMs }) => timeMs >= fromMs && timeMs <= toMs)) result.lostWithSensor++;
      else {
        result.lost++;
        unexplained(`lost ${address} at ${timeMs}`);
      }
    };
    for (const timeMs of sent) {
      while (at < kept.length && (kept[at] as number) < timeMs - TOLERANCE_MS) {
        if (inside(kept[at] as number)) {
          result.doubled++;
          unexplained(`stored without a probe ${address} at ${kept[at]}`);
        }
        at++;
      }
      if (at < kept.length && (kept[at] as number) <= timeMs + TOLERANCE_MS) {
        at++;
        if (inside(timeMs)) {
          result.onWire++;
          result.stored++;
        }
      } else if (inside(timeMs)) count(timeMs);
    }
    for (; at < kept.length; at++) {
      if (!inside(kept[at] as number)) continue;
      result.doubled++;
      unexplained(`stored without a probe ${address} at ${kept[at]}`);
    }
  }
  return result;
}
