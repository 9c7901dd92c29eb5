/**
 * Which sequence numbers of one process life were seen: the highest, and the 32 below it (RFC 4303
 * does it so). Anything older counts as seen.
 */
const WIDTH = 32;

export interface ReplayWindow {
  seen(sequence: number): boolean;
  add(sequence: number): void;
}

export function createReplayWindow(): ReplayWindow {
  let highest = 0;
  let bits = 0; // bit n: highest - 1 - n was seen
  return {
    seen(sequence) {
      if (sequence > highest) return false;
      const back = highest - sequence;
      return back === 0 || back > WIDTH || (bits & (1 << (back - 1))) !== 0;
    },
    add(sequence) {
      if (sequence > highest) {
        const ahead = sequence - highest;
        const kept = ahead >= WIDTH ? 0 : bits << ahead;
        bits = ahead > WIDTH ? 0 : kept | (1 << (ahead - 1));
        highest = sequence;
      } else if (sequence < highest && highest - sequence <= WIDTH) {
        bits |= 1 << (highest - sequence - 1);
      }
    },
  };
}
