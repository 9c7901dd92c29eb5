/**
 * Whether something goes and comes too often to be told each time, as Nagios has it: of the last 21 states
 * the share of changes, newer ones weighing more (0.8 to 1.2); flapping from 30 % on, until below 15 %.
 */
const STATES = 21;
const FLAPS_FROM = 0.3;
const FLAPS_UNTIL = 0.15;

export interface FlapHistory {
  /** Told at even intervals. */
  add(bad: boolean): void;
  readonly flapping: boolean;
  /** Nothing was bad for as long as is remembered. */
  readonly calm: boolean;
}

export function createFlapHistory(): FlapHistory {
  let bits = 0;
  let flapping = false;
  return {
    add(bad) {
      bits = ((bits << 1) | (bad ? 1 : 0)) & ((1 << STATES) - 1);
      const share = changeShare(bits);
      flapping = flapping ? share >= FLAPS_UNTIL : share >= FLAPS_FROM;
    },
    get flapping() {
      return flapping;
    },
    get calm() {
      return bits === 0;
    },
  };
}

function changeShare(bits: number): number {
  let sum = 0;
  // Bit 0 is the newest.
  for (let i = 0; i < STATES - 1; i++)
    if (((bits >> i) & 1) !== ((bits >> (i + 1)) & 1)) sum += 1.2 - (0.4 * i) / (STATES - 2);
  return sum / (STATES - 1);
}
