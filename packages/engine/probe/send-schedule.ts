/**
 * When each target is due. Every target has a phase of its own, a fraction of its interval given by its
 * slot: consecutive multiples of the golden ratio fill an interval evenly at any count (three-distance
 * theorem), so no two targets need know of each other, and adding, changing or removing one moves no
 * other. Due times stay on the target's own grid for ever: nothing drifts.
 *
 * A timing wheel in typed arrays, no garbage: a list of slots for each millisecond of the next four seconds,
 * linked both ways. What is due later than that hangs in the list of its time all the same, and is passed
 * over until its time has come. A slot costs the same however many there are.
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
  /** Takes one of the earliest millisecond's slots and moves it on; -1 when none is due. Turns missed meanwhile are skipped. */
  takeDue(nowMs: number): number;
}

/** Milliseconds that the wheel spans; a power of two. */
const SPAN_MS = 4_096;
const MASK = SPAN_MS - 1;
const NONE = -1;

export function createSendSchedule(): SendSchedule {
  const heads = new Int32Array(SPAN_MS).fill(NONE); // by millisecond
  let dues = new Float64Array(64); // from here on by slot
  let intervals = new Uint32Array(64); // 0: not in the schedule
  let after = new Int32Array(64);
  let before = new Int32Array(64);
  let count = 0;
  let ratePerSecond = 0;
  /** What was due before this millisecond has been taken. */
  let reachedMs = 0;

  const reserve = (slot: number) => {
    if (slot < dues.length) return;
    dues = growFloat64(dues, slot + 1);
    intervals = growUint32(intervals, slot + 1);
    after = growInt32(after, slot + 1, NONE);
    before = growInt32(before, slot + 1, NONE);
  };
  const link = (slot: number, dueMs: number) => {
    const at = Math.max(reachedMs, Math.floor(dueMs)) & MASK;
    const head = heads[at] as number;
    dues[slot] = dueMs;
    after[slot] = head;
    before[slot] = ~at; // the first of a list knows which
    if (head !== NONE) before[head] = slot;
    heads[at] = slot;
  };
  const unlink = (slot: number) => {
    const next = after[slot] as number;
    const previous = before[slot] as number;
    if (previous < 0) heads[~previous] = next;
    else after[previous] = next;
    if (next !== NONE) before[next] = previous;
  };
  /** The first slot of that millisecond's list which is due. */
  const findDue = (ms: number, nowMs: number): number => {
    let slot = heads[ms & MASK] as number;
    while (slot !== NONE && (dues[slot] as number) > nowMs) slot = after[slot] as number;
    return slot;
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
      if (count++ === 0) reachedMs = Math.floor(nowMs);
      const phase = phaseOf(slot);
      const first = nowMs + phase * Math.min(spreadMs, intervalMs);
      // Beginning on the grid itself where the grid comes soon anyway: one send then, not two in a row.
      const onGrid = nextOnGrid(phase * intervalMs, intervalMs, nowMs);
      intervals[slot] = intervalMs;
      ratePerSecond += 1_000 / intervalMs;
      link(slot, Math.min(first, onGrid));
    },
    remove(slot) {
      const intervalMs = intervals[slot] ?? 0;
      if (intervalMs === 0) return;
      intervals[slot] = 0;
      ratePerSecond -= 1_000 / intervalMs;
      count--;
      unlink(slot);
    },
    nextDueMs() {
      let earliest = Number.POSITIVE_INFINITY;
      for (let ms = reachedMs; count > 0 && ms < reachedMs + SPAN_MS; ms++) {
        for (let slot = heads[ms & MASK] as number; slot !== NONE; slot = after[slot] as number) {
          earliest = Math.min(earliest, dues[slot] as number);
        }
        if (earliest < ms + 1) break; // what is in later lists is due later
      }
      return earliest;
    },
    takeDue(nowMs) {
      if (count === 0) return -1;
      const lastMs = Math.floor(nowMs);
      reachedMs = Math.max(reachedMs, lastMs - MASK); // once around is every list
      let slot = findDue(reachedMs, nowMs);
      while (slot === NONE && reachedMs < lastMs) slot = findDue(++reachedMs, nowMs);
      if (slot === NONE) return -1;
      const intervalMs = intervals[slot] as number;
      unlink(slot);
      // Half an interval on, so that rounding never gives the same turn twice.
      const from = Math.max(nowMs, (dues[slot] as number) + intervalMs / 2);
      link(slot, nextOnGrid(phaseOf(slot) * intervalMs, intervalMs, from));
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
