/**
 * When each target is due. Every target has a phase of its own, a fraction of its interval given by its
 * slot: consecutive multiples of the golden ratio fill an interval evenly at any count (three-distance
 * theorem), so no two targets need know of each other, and adding, changing or removing one moves no
 * other. Due times stay on the target's own grid for ever: nothing drifts.
 *
 * An indexed heap in typed arrays, no garbage. Four children a node and the times beside the slots: what
 * one step down looks at lies in one line of the processor's cache, and there are half as many steps.
 */
import { growFloat64, growInt32, growUint32 } from './grow-arrays.ts';

const GOLDEN_RATIO = 0.618_033_988_749_895;

export interface SendSchedule {
  readonly count: number;
  /** Probes a second that the schedule asks for. */
  readonly ratePerSecond: number;
  /** Begins a slot: first within `spreadMs`, so that somebody who adds a target soon sees it, then on its grid. */
  add(slot: number, intervalMs: number, nowMs: number, spreadMs: number): void;
  remove(slot: number): void;
  /** The due time of the earliest slot; Infinity without any. */
  nextDueMs(): number;
  /** Takes the earliest slot and moves it on; -1 when none is due. Turns missed meanwhile are skipped. */
  takeDue(nowMs: number): number;
}

export function createSendSchedule(): SendSchedule {
  let heapDueMs = new Float64Array(64);
  let heapSlots = new Uint32Array(64);
  let positions = new Int32Array(64).fill(-1); // by slot
  let intervals = new Uint32Array(64); // by slot
  let count = 0;
  let ratePerSecond = 0;

  const reserve = (slot: number) => {
    if (count >= heapSlots.length) {
      heapSlots = growUint32(heapSlots, count + 1);
      heapDueMs = growFloat64(heapDueMs, count + 1);
    }
    if (slot < positions.length) return;
    positions = growInt32(positions, slot + 1, -1);
    intervals = growUint32(intervals, slot + 1);
  };
  const place = (slot: number, dueMs: number, at: number) => {
    heapSlots[at] = slot;
    heapDueMs[at] = dueMs;
    positions[slot] = at;
  };
  const siftUp = (slot: number, dueMs: number, from: number) => {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const aboveMs = heapDueMs[parent] as number;
      if (aboveMs <= dueMs) break;
      place(heapSlots[parent] as number, aboveMs, at);
      at = parent;
    }
    place(slot, dueMs, at);
  };
  const siftDown = (slot: number, dueMs: number, from: number) => {
    let at = from;
    for (;;) {
      const first = 4 * at + 1;
      if (first >= count) break;
      const end = Math.min(first + 4, count);
      let child = first;
      let childMs = heapDueMs[first] as number;
      for (let other = first + 1; other < end; other++) {
        const otherMs = heapDueMs[other] as number;
        if (otherMs >= childMs) continue;
        child = other;
        childMs = otherMs;
      }
      if (childMs >= dueMs) break;
      place(heapSlots[child] as number, childMs, at);
      at = child;
    }
    place(slot, dueMs, at);
  };

  return {
    get count() {
      return count;
    },
    get ratePerSecond() {
      return ratePerSecond;
    },
    add(slot, intervalMs, nowMs, spreadMs) {
      reserve(slot);
      const phase = phaseOf(slot);
      const first = nowMs + phase * Math.min(spreadMs, intervalMs);
      // Beginning on the grid itself where the grid comes soon anyway: one send then, not two in a row.
      const onGrid = nextOnGrid(phase * intervalMs, intervalMs, nowMs);
      intervals[slot] = intervalMs;
      ratePerSecond += 1_000 / intervalMs;
      siftUp(slot, Math.min(first, onGrid), count++);
    },
    remove(slot) {
      const at = slot < positions.length ? (positions[slot] as number) : -1;
      if (at < 0) return;
      positions[slot] = -1;
      ratePerSecond -= 1_000 / (intervals[slot] as number);
      count--;
      if (at === count) return;
      const last = heapSlots[count] as number;
      const lastDueMs = heapDueMs[count] as number;
      siftDown(last, lastDueMs, at);
      siftUp(last, lastDueMs, positions[last] as number);
    },
    nextDueMs: () => (count === 0 ? Number.POSITIVE_INFINITY : (heapDueMs[0] as number)),
    takeDue(nowMs) {
      if (count === 0) return -1;
      const dueMs = heapDueMs[0] as number;
      if (dueMs > nowMs) return -1;
      const slot = heapSlots[0] as number;
      const intervalMs = intervals[slot] as number;
      const phaseMs = phaseOf(slot) * intervalMs;
      // Half an interval on, so that rounding never gives the same turn twice.
      const from = Math.max(nowMs, dueMs + intervalMs / 2);
      siftDown(slot, nextOnGrid(phaseMs, intervalMs, from), 0);
      return slot;
    },
  };
}

/** The first point of phase + k * interval after `afterMs`. */
function nextOnGrid(phaseMs: number, intervalMs: number, afterMs: number): number {
  return phaseMs + (Math.floor((afterMs - phaseMs) / intervalMs) + 1) * intervalMs;
}

/** The part after the point; `% 1` says the same, in ten times the time. */
function phaseOf(slot: number): number {
  const multiple = slot * GOLDEN_RATIO;
  return multiple - Math.floor(multiple);
}
