/**
 * Interarrival jitter as RFC 3550 (section 6.4.1) estimates it, J += (|D| − J) / 16, over round-trip
 * times: the difference of two transits is the difference of two round trips, no clock but ours is in it.
 * J starts at the first |D| instead of zero, so that a short series is not shown calmer than it was.
 */
export interface Jitter {
  add(rtt: number): void;
  /** NaN before the second value. */
  value(): number;
}

export function createJitter(): Jitter {
  let previous = Number.NaN;
  let jitter = Number.NaN;
  return {
    add(rtt) {
      const difference = Math.abs(rtt - previous);
      previous = rtt;
      if (Number.isNaN(difference)) return;
      jitter = Number.isNaN(jitter) ? difference : jitter + (difference - jitter) / 16;
    },
    value: () => jitter,
  };
}
