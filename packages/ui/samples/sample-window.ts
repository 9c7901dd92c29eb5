/**
 * The browser's store of the last minute: for every target, agent and second, one level (a byte) and the
 * exact RTT, in typed arrays, filled straight from the wire's batches. A target's seconds lie side by side:
 * its minute is read ten times as often as a second is forgotten.
 *
 * A probe runs once a second at its own phase; were its second taken by the wall clock, a target whose
 * phase is near the turn of the second would show two samples in one second and none in the next. So each
 * target's seconds are counted from its own phase.
 */
import {
  OUTCOME_DUPLICATE,
  OUTCOME_LATE,
  OUTCOME_LOCAL_ERROR,
  OUTCOME_REPLY,
  RTT_UNIT_NS,
  type SampleBatch,
} from '@maille/wire/link/samples';
import { type BaselineColumns, setBaseline } from './deviation.ts';
import { LEVEL_LATE, LEVEL_NONE, LEVEL_NOT_SENT, LEVEL_TIMEOUT, levelOfOutcome } from './sample-level.ts';
import {
  AHEAD_SECONDS,
  addDeviationSteps,
  createPlane,
  enlargedPlane,
  medianDeviation,
  PHASE_UNKNOWN,
  type Plane,
  SLOTS,
  WINDOW_SECONDS,
} from './sample-plane.ts';

/** Of a batch that was made of minutes: the median is of those that answered, and some did not. */
export const CODE_SOME_LOST = 255;
const MAX_PHASE_DRIFT_MS = 250;

/** What one target's minute comes to. */
export interface TargetSummary {
  /** The newest level; LEVEL_NONE: no sample in the window. */
  level: number;
  /** Exact, of the newest sample; 0 where it has none. */
  rttNs: number;
  /** Seconds since that sample was sent. */
  ageSeconds: number;
  sent: number;
  lost: number;
  /** Of the median of the newest answers from what is usual (deviation.ts); NaN: not known yet. */
  deviation: number;
  /** Why the newest could not be sent; 0 where it could. */
  errno: number;
}

export const emptySummary = (): TargetSummary => ({
  level: LEVEL_NONE,
  rttNs: 0,
  ageSeconds: 0,
  sent: 0,
  lost: 0,
  deviation: Number.NaN,
  errno: 0,
});

export interface SampleWindow {
  /** The newest second shown, of the Unix epoch. */
  readonly nowSecond: number;
  readonly agents: readonly number[];
  readonly count: number;
  /** Grows with every change, so that a drawing knows whether it is up to date. */
  readonly version: number;
  /** Samples that found no place in the window. */
  outside(): number;
  /** Index of a target in `levels…`; it gets one when it is new. */
  indexOf(targetId: number): number;
  advanceTo(nowMs: number): void;
  /** Samples sent in (fromMs, toMs], all of them unless told. */
  ingest(agentNumber: number, batch: SampleBatch, fromMs?: number, toMs?: number): void;
  /** Newest first is `ageSeconds` 0. `agent` undefined: the worst of all agents. */
  levelAt(index: number, ageSeconds: number, agent?: number): number;
  rttAt(index: number, ageSeconds: number, agent?: number): number;
  /** Fills `into` with 60 levels by second of the minute (0 at 12 o'clock). */
  minute(index: number, into: Uint8Array, agent?: number): void;
  /** Fills `into` with the steps of deviation of the same sixty seconds; 0: not answered, or nothing is usual yet. */
  deviations(index: number, into: Uint8Array, agent?: number): void;
  /** What is usual from now on; undefined: nothing is known. */
  setBaselines(columns: BaselineColumns | undefined): void;
  summarize(index: number, into: TargetSummary, agent?: number): void;
  /** Targets that changed since the last call; `all` after a second passed. */
  takeChanges(): { all: boolean; indexes: readonly number[] };
  clear(): void;
}

export function createSampleWindow(initialCapacity = 1_024): SampleWindow {
  let capacity = initialCapacity;
  const indexes = new Map<number, number>();
  const planes = new Map<number, Plane>();
  let agents: number[] = [];
  let nowSecond = 0;
  let version = 0;
  let outside = 0;
  let someLossy = false;
  let allChanged = true;
  let changed = new Uint8Array(capacity);
  let changes: number[] = [];

  function grow() {
    capacity *= 2;
    // In place: whoever fills a plane holds it while it grows.
    for (const plane of planes.values()) Object.assign(plane, enlargedPlane(plane, capacity));
    const grown = new Uint8Array(capacity);
    grown.set(changed);
    changed = grown;
  }

  function indexOf(targetId: number): number {
    let index = indexes.get(targetId);
    if (index === undefined) {
      index = indexes.size;
      if (index >= capacity) grow();
      indexes.set(targetId, index);
    }
    return index;
  }

  function planeOf(agentNumber: number): Plane {
    let plane = planes.get(agentNumber);
    if (!plane) {
      plane = createPlane(capacity);
      planes.set(agentNumber, plane);
      agents = [...planes.keys()].sort((a, b) => a - b);
    }
    return plane;
  }

  /** The second of a sample on its target's own beat. */
  function secondOf(plane: Plane, index: number, sentMs: number): number {
    const phase = plane.phasesMs[index] as number;
    if (phase !== PHASE_UNKNOWN) {
      const second = Math.round((sentMs - phase) / 1_000);
      if (Math.abs(sentMs - phase - second * 1_000) <= MAX_PHASE_DRIFT_MS) return second;
    }
    plane.phasesMs[index] = Math.floor(sentMs % 1_000);
    return Math.floor(sentMs / 1_000);
  }

  function put(plane: Plane, index: number, slot: number, level: number, rtt10ns: number) {
    const at = index * SLOTS + slot;
    const before = plane.levels[at] as number;
    // A late reply comes on top of its timeout. Otherwise two in one second: the worse one stays.
    const stays = level === LEVEL_LATE ? before !== LEVEL_TIMEOUT && before !== LEVEL_NONE : level < before;
    if (stays) return;
    plane.levels[at] = level;
    plane.rtts10ns[at] = rtt10ns;
    if (changed[index] === 0) {
      changed[index] = 1;
      changes.push(index);
    }
  }

  /** Whether any agent asked for lost some in a tick that answered. */
  function isLossy(index: number, ageSeconds: number, agent: number | undefined): boolean {
    const at = index * SLOTS + slotAt(ageSeconds);
    for (const [number, { lossy }] of planes)
      if ((agent === undefined || agent === number) && lossy[at] === 1) return true;
    return false;
  }

  const slotAt = (ageSeconds: number) => (nowSecond - ageSeconds) % SLOTS;

  function levelAt(index: number, ageSeconds: number, agent?: number): number {
    if (ageSeconds < 0 || ageSeconds >= WINDOW_SECONDS || nowSecond < ageSeconds) return LEVEL_NONE;
    const at = index * SLOTS + slotAt(ageSeconds);
    if (agent !== undefined) return planes.get(agent)?.levels[at] ?? LEVEL_NONE;
    let worst = LEVEL_NONE;
    for (const plane of planes.values()) worst = Math.max(worst, plane.levels[at] as number);
    return worst;
  }

  const gathered = new Uint8Array(WINDOW_SECONDS);

  /** The sixty levels of a target by age, the worst of the agents asked for: ten thousand times a second. */
  function gather(index: number, agent: number | undefined): Uint8Array {
    gathered.fill(LEVEL_NONE);
    const known = Math.min(WINDOW_SECONDS, nowSecond + 1);
    const first = index * SLOTS;
    for (const [number, { levels }] of planes) {
      if (agent !== undefined && agent !== number) continue;
      let slot = nowSecond % SLOTS;
      for (let age = 0; age < known; age++) {
        const level = levels[first + slot] as number;
        if (level > (gathered[age] as number)) gathered[age] = level;
        slot = slot === 0 ? SLOTS - 1 : slot - 1;
      }
    }
    return gathered;
  }

  /** The largest of the agents asked for; each against its own baseline. */
  function deviation(index: number, agent: number | undefined): number {
    let largest = Number.NaN;
    for (const [number, plane] of planes) {
      if (agent !== undefined && agent !== number) continue;
      const found = medianDeviation(plane, index, nowSecond);
      if (!(largest >= found) && !Number.isNaN(found)) largest = found;
    }
    return largest;
  }

  /** The largest of the column at that age, of the planes where it is an errno, or of those where it is an RTT. */
  function largestAt(index: number, ageSeconds: number, agent: number | undefined, notSent: boolean): number {
    if (ageSeconds < 0 || ageSeconds >= WINDOW_SECONDS || nowSecond < ageSeconds) return 0;
    const at = index * SLOTS + slotAt(ageSeconds);
    let largest = 0;
    for (const [number, { levels, rtts10ns }] of planes) {
      if (agent !== undefined && agent !== number) continue;
      if ((levels[at] === LEVEL_NOT_SENT) === notSent) largest = Math.max(largest, rtts10ns[at] as number);
    }
    return largest;
  }
  const rttAt = (index: number, ageSeconds: number, agent?: number) =>
    largestAt(index, ageSeconds, agent, false) * RTT_UNIT_NS;

  return {
    get nowSecond() {
      return nowSecond;
    },
    get agents() {
      return agents;
    },
    get count() {
      return indexes.size;
    },
    get version() {
      return version;
    },
    outside: () => outside,
    indexOf,
    advanceTo(nowMs) {
      const second = Math.floor(nowMs / 1_000);
      if (second <= nowSecond) return;
      // What will be written next is the second that is AHEAD_SECONDS before us: clear up to there.
      const from = Math.max(nowSecond + AHEAD_SECONDS + 1, second + AHEAD_SECONDS + 1 - SLOTS);
      for (let s = from; s <= second + AHEAD_SECONDS; s++) {
        const slot = s % SLOTS;
        for (const { levels, rtts10ns, lossy } of planes.values()) {
          for (let at = slot; at < indexes.size * SLOTS; at += SLOTS) {
            levels[at] = LEVEL_NONE;
            rtts10ns[at] = 0;
            lossy[at] = 0;
          }
        }
      }
      nowSecond = second;
      allChanged = true;
      version++;
    },
    ingest(agentNumber, batch, fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY) {
      const plane = planeOf(agentNumber);
      const { baseMs, targetIds, offsetsUs, rtts10ns, outcomes, codes } = batch;
      for (let i = 0; i < batch.count; i++) {
        const outcome = outcomes[i] as number;
        if (outcome === OUTCOME_DUPLICATE) continue;
        const sentMs = baseMs + (offsetsUs[i] as number) / 1_000;
        if (sentMs <= fromMs || sentMs > toMs) continue;
        const index = indexOf(targetIds[i] as number);
        const second = secondOf(plane, index, sentMs);
        if (second > nowSecond + AHEAD_SECONDS || second <= nowSecond - WINDOW_SECONDS) {
          outside++;
          continue;
        }
        if (codes[i] === CODE_SOME_LOST && outcome === OUTCOME_REPLY) {
          plane.lossy[index * SLOTS + (second % SLOTS)] = 1;
          someLossy = true;
        }
        const rtt = outcome === OUTCOME_LATE ? 0 : (rtts10ns[i] as number);
        const level = levelOfOutcome(outcome, rtt * RTT_UNIT_NS);
        put(
          plane,
          index,
          second % SLOTS,
          level,
          outcome === OUTCOME_LOCAL_ERROR ? (codes[i] as number) : rtt,
        );
      }
      version++;
    },
    levelAt,
    rttAt,
    minute(index, into, agent) {
      const shown = gather(index, agent);
      let second = nowSecond % WINDOW_SECONDS;
      for (let age = 0; age < WINDOW_SECONDS; age++) {
        into[second] = shown[age] as number;
        second = second === 0 ? WINDOW_SECONDS - 1 : second - 1;
      }
    },
    deviations(index, into, agent) {
      into.fill(0);
      for (const [number, plane] of planes)
        if (agent === undefined || agent === number) addDeviationSteps(plane, index, nowSecond, into);
    },
    setBaselines(columns) {
      for (const { usual } of planes.values()) usual.place.fill(Number.NaN);
      for (let i = 0; i < (columns?.targetIds.length ?? 0); i++) {
        const { targetIds, agentNumbers, rttNs, spread } = columns as BaselineColumns;
        const index = indexOf(targetIds[i] as number);
        const { usual } = planeOf(agentNumbers[i] as number);
        setBaseline(usual, index, rttNs[i] as number, spread[i] as number);
      }
      allChanged = true;
      version++;
    },
    summarize(index, into, agent) {
      const shown = gather(index, agent);
      let newest = WINDOW_SECONDS;
      let sent = 0;
      let lost = 0;
      for (let age = WINDOW_SECONDS - 1; age >= 0; age--) {
        const level = shown[age] as number;
        if (level === LEVEL_NONE) continue;
        newest = age;
        if (level === LEVEL_NOT_SENT) continue;
        sent++;
        if (level >= LEVEL_LATE || (someLossy && isLossy(index, age, agent))) lost++;
      }
      into.level = newest < WINDOW_SECONDS ? (shown[newest] as number) : LEVEL_NONE;
      into.rttNs = newest < WINDOW_SECONDS ? rttAt(index, newest, agent) : 0;
      into.errno = into.level === LEVEL_NOT_SENT ? largestAt(index, newest, agent, true) : 0;
      into.ageSeconds = newest;
      into.sent = sent;
      into.lost = lost;
      into.deviation = deviation(index, agent);
    },
    takeChanges() {
      const taken = { all: allChanged, indexes: changes };
      for (const index of changes) changed[index] = 0;
      changes = [];
      allChanged = false;
      return taken;
    },
    clear() {
      for (const plane of planes.values()) {
        plane.levels.fill(0);
        plane.rtts10ns.fill(0);
        plane.lossy.fill(0);
        plane.phasesMs.fill(PHASE_UNKNOWN);
      }
      nowSecond = 0;
      outside = 0;
      allChanged = true;
      version++;
    },
  };
}
