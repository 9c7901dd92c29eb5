/** One agent's part of the window: the levels of every target side by side, and what is usual for each. */
import {
  ANSWERS_A_CELL,
  type BaselinePlane,
  createBaselinePlane,
  deviationOf,
  stepOfDeviation,
} from './deviation.ts';
import { isAnswered } from './sample-level.ts';

export const WINDOW_SECONDS = 60;
/** Agents' clocks may run ahead of ours by this much before their samples are left out (and counted). */
export const AHEAD_SECONDS = 5;
export const SLOTS = WINDOW_SECONDS + AHEAD_SECONDS + 1;
export const PHASE_UNKNOWN = 0xffff;

export interface Plane {
  levels: Uint8Array;
  /** Of what could not be sent: the errno. */
  rtts10ns: Uint32Array;
  /** 1 where a tick answered and lost some, as only a tick of a minute can. */
  lossy: Uint8Array;
  phasesMs: Uint16Array;
  usual: BaselinePlane;
}

export const createPlane = (capacity: number): Plane => ({
  levels: new Uint8Array(capacity * SLOTS),
  rtts10ns: new Uint32Array(capacity * SLOTS),
  lossy: new Uint8Array(capacity * SLOTS),
  phasesMs: new Uint16Array(capacity).fill(PHASE_UNKNOWN),
  usual: createBaselinePlane(capacity),
});

/** The same with room for more targets. */
export function enlargedPlane(plane: Plane, capacity: number): Plane {
  const larger = createPlane(capacity);
  larger.levels.set(plane.levels);
  larger.rtts10ns.set(plane.rtts10ns);
  larger.lossy.set(plane.lossy);
  larger.phasesMs.set(plane.phasesMs);
  larger.usual.place.set(plane.usual.place);
  larger.usual.perLevel.set(plane.usual.perLevel);
  larger.usual.ns.set(plane.usual.ns);
  return larger;
}

const answers = new Uint8Array(ANSWERS_A_CELL);

/** Of the median of the newest answers; NaN where nothing answered, or nothing is usual yet. */
export function medianDeviation({ levels, usual }: Plane, index: number, nowSecond: number): number {
  if (Number.isNaN(usual.place[index])) return Number.NaN;
  const known = Math.min(WINDOW_SECONDS, nowSecond + 1);
  let count = 0;
  let slot = nowSecond % SLOTS;
  for (let age = 0; age < known && count < ANSWERS_A_CELL; age++) {
    const level = levels[index * SLOTS + slot] as number;
    slot = slot === 0 ? SLOTS - 1 : slot - 1;
    if (!isAnswered(level)) continue;
    // Sorted in as it comes: five values need no more.
    let at = count++;
    while (at > 0 && (answers[at - 1] as number) > level) {
      answers[at] = answers[at - 1] as number;
      at--;
    }
    answers[at] = level;
  }
  return count === 0 ? Number.NaN : deviationOf(usual, index, answers[(count - 1) >> 1] as number);
}

/** Raises `into` (by second of the minute) to the steps of deviation that this agent saw. */
export function addDeviationSteps(
  { levels, usual }: Plane,
  index: number,
  nowSecond: number,
  into: Uint8Array,
): void {
  if (Number.isNaN(usual.place[index])) return;
  const known = Math.min(WINDOW_SECONDS, nowSecond + 1);
  let slot = nowSecond % SLOTS;
  let second = nowSecond % WINDOW_SECONDS;
  for (let age = 0; age < known; age++) {
    const level = levels[index * SLOTS + slot] as number;
    if (isAnswered(level)) {
      const step = stepOfDeviation(deviationOf(usual, index, level));
      if (step > (into[second] as number)) into[second] = step;
    }
    slot = slot === 0 ? SLOTS - 1 : slot - 1;
    second = second === 0 ? WINDOW_SECONDS - 1 : second - 1;
  }
}
