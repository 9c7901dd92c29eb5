/**
 * What became of the last 32 probes of each series, by when they were sent: a bit each. A reply is known at
 * once and a loss only when its time is up, so what is counted in the order of arrival says too little
 * loss; by the time of sending, and up to what must be known by now, it is the truth. Twelve bytes a series.
 */
export const REMEMBERED = 32;
/** What a batch takes from a sensor to here. */
const SLACK_MS = 1_000;

/** Bit 0 is the newest probe whose outcome must be known. */
export interface Outcomes {
  sent: number;
  lost: number;
}

const LATELY = 0xffff;

const FIRST_CAPACITY = 1_024;

export function createRecentOutcomes() {
  /** Three a series: the newest slot, and what was sent and lost in it and the 31 before. */
  let state = new Uint32Array(3 * FIRST_CAPACITY);

  function reserve(series: number): void {
    if (3 * series < state.length) return;
    const grown = new Uint32Array(Math.max(2 * state.length, 3 * series + 3));
    grown.set(state);
    state = grown;
  }

  return {
    note(series: number, sentMs: number, intervalMs: number, lost: boolean): void {
      reserve(series);
      const at = 3 * series;
      const slot = Math.floor(sentMs / intervalMs);
      let age = (state[at] as number) - slot;
      if (age < 0) {
        for (const bits of [at + 1, at + 2])
          state[bits] = -age < REMEMBERED ? (state[bits] as number) << -age : 0;
        state[at] = slot;
        age = 0;
      }
      if (age >= REMEMBERED) return;
      state[at + 1] = (state[at + 1] as number) | (1 << age);
      if (lost) state[at + 2] = (state[at + 2] as number) | (1 << age);
    },

    /** Of what was sent from `sinceMs` on, as far as it is settled. */
    read(series: number, sinceMs: number, nowMs: number, intervalMs: number, timeoutMs: number): Outcomes {
      const at = 3 * series;
      const newest = state[at] ?? 0;
      const settled = Math.floor((nowMs - timeoutMs - SLACK_MS) / intervalMs);
      const slots = settled - Math.floor(sinceMs / intervalMs) + 1;
      const shift = newest - settled;
      if (slots <= 0 || Math.abs(shift) >= REMEMBERED) return { sent: 0, lost: 0 };
      const window = slots >= REMEMBERED ? 0xffffffff : 2 ** slots - 1;
      const aligned = (bits: number) => ((shift >= 0 ? bits >>> shift : bits << -shift) & window) >>> 0;
      return { sent: aligned(state[at + 1] as number), lost: aligned(state[at + 2] as number) };
    },

    /** Whether any of the last few, as far as they are known, was lost. */
    hasLost: (series: number): boolean => ((state[3 * series + 2] ?? 0) & LATELY) !== 0,

    forget(series: number): void {
      if (3 * series < state.length) state.fill(0, 3 * series, 3 * series + 3);
    },
  };
}

export type RecentOutcomes = ReturnType<typeof createRecentOutcomes>;

export function countBits(bits: number): number {
  let left = bits - ((bits >>> 1) & 0x55555555);
  left = (left & 0x33333333) + ((left >>> 2) & 0x33333333);
  return (((left + (left >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
