/**
 * When each target is due. Every target has a phase of its own, a fraction of its interval given by its
 * slot: consecutive multiples of the golden ratio fill an interval evenly at any count (three-distance
 * theorem), so no two targets need know of each other, and adding, changing or removing one moves no
 * other. Due times stay on the target's own grid for ever: nothing drifts.
 *
 * An indexed binary heap in typed arrays: 17 steps at 100,000 targets, no garbage.
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
  let heap = new Uint32Array(64);
  let positions = new Int32Array(64).fill(-1); // by slot
  let dueMs = new Float64Array(64); // by slot
  let intervals = new Uint32Array(64); // by slot
  let count = 0;
  let ratePerSecond = 0;

  const reserve = (slot: number) => {
    if (count >= heap.length) heap = growUint32(heap, count + 1);
    if (slot < positions.length) return;
    positions = growInt32(positions, slot + 1, -1);
    dueMs = growFloat64(dueMs, slot + 1);
    intervals = growUint32(intervals, slot + 1);
  };
  const place = (slot: number, at: number) => {
    heap[at] = slot;
    positions[slot] = at;
  };
  const siftUp = (slot: number, from: number) => {
    const due = dueMs[slot] as number;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as number;
      if ((dueMs[above] as number) <= due) break;
      place(above, at);
      at = parent;
    }
    place(slot, at);
  };
  const siftDown = (slot: number, from: number) => {
    const due = dueMs[slot] as number;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= count) break;
      if (
        child + 1 < count &&
        (dueMs[heap[child + 1] as number] as number) < (dueMs[heap[child] as number] as number)
      )
        child++;
      const below = heap[child] as number;
      if ((dueMs[below] as number) >= due) break;
      place(below, at);
      at = child;
    }
    place(slot, at);
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
      const phase = (slot * GOLDEN_RATIO) % 1;
      const first = nowMs + phase * Math.min(spreadMs, intervalMs);
      // Beginning on the grid itself where the grid comes soon anyway: one send then, not two in a row.
      const onGrid = nextOnGrid(phase * intervalMs, intervalMs, nowMs);
      intervals[slot] = intervalMs;
      dueMs[slot] = Math.min(first, onGrid);
      ratePerSecond += 1_000 / intervalMs;
      siftUp(slot, count++);
    },
    remove(slot) {
      const at = slot < positions.length ? (positions[slot] as number) : -1;
      if (at < 0) return;
      positions[slot] = -1;
      ratePerSecond -= 1_000 / (intervals[slot] as number);
      count--;
      if (at === count) return;
      const last = heap[count] as number;
      siftDown(last, at);
      siftUp(last, positions[last] as number);
    },
    nextDueMs: () => (count === 0 ? Number.POSITIVE_INFINITY : (dueMs[heap[0] as number] as number)),
    takeDue(nowMs) {
      if (count === 0) return -1;
      const slot = heap[0] as number;
      if ((dueMs[slot] as number) > nowMs) return -1;
      const intervalMs = intervals[slot] as number;
      const phaseMs = ((slot * GOLDEN_RATIO) % 1) * intervalMs;
      // Half an interval on, so that rounding never gives the same turn twice.
      const from = Math.max(nowMs, (dueMs[slot] as number) + intervalMs / 2);
      dueMs[slot] = nextOnGrid(phaseMs, intervalMs, from);
      siftDown(slot, 0);
      return slot;
    },
  };
}

/** The first point of phase + k * interval after `afterMs`. */
function nextOnGrid(phaseMs: number, intervalMs: number, afterMs: number): number {
  return phaseMs + (Math.floor((afterMs - phaseMs) / intervalMs) + 1) * intervalMs;
}
