/**
 * Sends to all addresses in turn at one rate over all of them, evenly, as fast as a thousand a second to
 * each: the prober's own schedule keeps intervals of whole milliseconds, and a grid for every target.
 */
import type { SendSchedule } from '../probe/send-schedule.ts';

/** Turns missed for longer than this are not made up for: a burst would be a rate that nobody asked for. */
const MAX_BEHIND_MS = 50;

export interface PacedSchedule extends SendSchedule {
  /** From now on; 0 sends nothing. */
  setRate(perSecond: number, nowMs: number): void;
}

export function createPacedSchedule(): PacedSchedule {
  const slots: number[] = [];
  let at = 0;
  let rate = 0;
  let dueMs = Number.POSITIVE_INFINITY;
  return {
    get count() {
      return slots.length;
    },
    get ratePerSecond() {
      return rate;
    },
    add: (slot) => void slots.push(slot),
    remove(slot) {
      const found = slots.indexOf(slot);
      if (found >= 0) slots.splice(found, 1);
    },
    setRate(perSecond, nowMs) {
      if (perSecond === rate) return;
      rate = perSecond;
      dueMs = rate > 0 ? nowMs : Number.POSITIVE_INFINITY;
    },
    nextDueMs: () => (slots.length === 0 ? Number.POSITIVE_INFINITY : dueMs),
    takeDue(nowMs) {
      if (slots.length === 0 || dueMs > nowMs) return -1;
      dueMs = Math.max(dueMs, nowMs - MAX_BEHIND_MS) + 1_000 / rate;
      at = (at + 1) % slots.length;
      return slots[at] as number;
    },
  };
}
