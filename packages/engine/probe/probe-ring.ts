/**
 * Every probe of the last while, in a ring of typed arrays addressed by the probe's serial: what is in
 * flight, and what was decided but may still be answered late or twice. Deadlines hang in a timing wheel
 * of linked lists through the ring: setting one and letting one go by cost a few stores each.
 *
 * A place is given again only when its deadline has gone by, so the ring grows until it spans the longest
 * timeout at the current rate; what it spans beyond that is how long late answers are recognised.
 */
import { growFloat64, growUint8, growUint32 } from './grow-arrays.ts';

/** The probe has its own outcome. */
export const PROBE_DECIDED = 1;
/** A reply has been seen: any further one is a duplicate. */
export const PROBE_ANSWERED = 2;
/** `sentNs` is the kernel's. */
export const PROBE_STAMPED = 4;
const LINKED = 8; // its deadline has not gone by

const TICK_MS = 8;
const BUCKETS = 4_096; // 32.7 s: over the longest timeout
const MAX_CAPACITY = 1 << 22; // 100,000 targets at 1 Hz with 30 s of timeout need 3.1 million

export interface ProbeRing {
  /** Probes without an outcome. */
  readonly inFlight: number;
  readonly capacity: number;
  /** Asks for room for this many probes; the ring never shrinks. */
  reserve(count: number): void;
  /** Starts a probe; its serial, or 0 when the ring is full of probes whose deadlines are to come. */
  begin(slot: number, sentMonoMs: number, sentNs: number, timeoutMs: number): number;
  /** The index of a serial for the arrays below; -1 when no such probe is remembered. */
  find(serial: number): number;
  /** The latest probe whose serial ends in these 16 bits; 0 when there is none. */
  serialOfSequence(sequence: number): number;
  slotOf(index: number): number;
  sentMonoMsOf(index: number): number;
  sentNsOf(index: number): number;
  timeoutMsOf(index: number): number;
  flagsOf(index: number): number;
  stamp(index: number, sentNs: number): void;
  setAnswered(index: number): void;
  /** Gives the probe its outcome. */
  decide(index: number): void;
  /** Hands every undecided probe whose deadline was before `monoMs` to `timedOut`, which decides it. */
  expire(monoMs: number, timedOut: (index: number) => void): void;
}

/** `firstSerial` is random, so that ICMP sequences do not tell how long the sensor has run. */
export function createProbeRing(firstSerial: number, startMonoMs: number): ProbeRing {
  let capacity = 1_024;
  let slots = new Uint32Array(capacity);
  let serials = new Uint32Array(capacity);
  let nexts = new Uint32Array(capacity);
  let sentMonoMs = new Float64Array(capacity);
  let sentNs = new Float64Array(capacity);
  let timeouts = new Uint32Array(capacity);
  let flags = new Uint8Array(capacity);
  const buckets = new Uint32Array(BUCKETS); // serial of each list's head; 0 is none
  let nextSerial = firstSerial >>> 0 || 1;
  let tick = Math.floor(startMonoMs / TICK_MS); // the first that has not gone by
  let inFlight = 0;

  const indexOf = (serial: number) => serial & (capacity - 1);

  const grow = () => {
    const old = { capacity, slots, serials, nexts, sentMonoMs, sentNs, timeouts, flags };
    capacity *= 2;
    slots = growUint32(new Uint32Array(0), capacity);
    serials = growUint32(new Uint32Array(0), capacity);
    nexts = growUint32(new Uint32Array(0), capacity);
    sentMonoMs = growFloat64(new Float64Array(0), capacity);
    sentNs = growFloat64(new Float64Array(0), capacity);
    timeouts = growUint32(new Uint32Array(0), capacity);
    flags = growUint8(new Uint8Array(0), capacity);
    for (let from = 0; from < old.capacity; from++) {
      const serial = old.serials[from] as number;
      if (serial === 0) continue;
      const to = indexOf(serial);
      serials[to] = serial;
      slots[to] = old.slots[from] as number;
      nexts[to] = old.nexts[from] as number;
      sentMonoMs[to] = old.sentMonoMs[from] as number;
      sentNs[to] = old.sentNs[from] as number;
      timeouts[to] = old.timeouts[from] as number;
      flags[to] = old.flags[from] as number;
    }
  };

  const link = (index: number) => {
    const deadlineMs = (sentMonoMs[index] as number) + (timeouts[index] as number);
    const bucket = Math.max(tick, Math.floor(deadlineMs / TICK_MS)) & (BUCKETS - 1);
    nexts[index] = buckets[bucket] as number;
    buckets[bucket] = serials[index] as number;
  };

  return {
    get inFlight() {
      return inFlight;
    },
    get capacity() {
      return capacity;
    },
    reserve(count) {
      while (capacity < count && capacity < MAX_CAPACITY) grow();
    },
    begin(slot, monoMs, ns, timeoutMs) {
      while (((flags[indexOf(nextSerial)] as number) & LINKED) !== 0) {
        if (capacity >= MAX_CAPACITY) return 0;
        grow();
      }
      const serial = nextSerial;
      nextSerial = (nextSerial + 1) >>> 0 || 1; // 0 means none
      const index = indexOf(serial);
      serials[index] = serial;
      slots[index] = slot;
      sentMonoMs[index] = monoMs;
      sentNs[index] = ns;
      timeouts[index] = timeoutMs;
      flags[index] = LINKED;
      inFlight++;
      link(index);
      return serial;
    },
    find(serial) {
      const index = indexOf(serial);
      return serial !== 0 && serials[index] === serial ? index : -1;
    },
    serialOfSequence(sequence) {
      const latest = (nextSerial - 1) >>> 0;
      const serial = (latest - ((latest - sequence) & 0xffff)) >>> 0;
      return serials[indexOf(serial)] === serial ? serial : 0;
    },
    slotOf: (index) => slots[index] as number,
    sentMonoMsOf: (index) => sentMonoMs[index] as number,
    sentNsOf: (index) => sentNs[index] as number,
    timeoutMsOf: (index) => timeouts[index] as number,
    flagsOf: (index) => flags[index] as number,
    stamp(index, ns) {
      sentNs[index] = ns;
      flags[index] = (flags[index] as number) | PROBE_STAMPED;
    },
    setAnswered(index) {
      flags[index] = (flags[index] as number) | PROBE_ANSWERED;
    },
    decide(index) {
      if (((flags[index] as number) & PROBE_DECIDED) !== 0) return;
      flags[index] = (flags[index] as number) | PROBE_DECIDED;
      inFlight--;
    },
    expire(monoMs, timedOut) {
      const until = Math.floor(monoMs / TICK_MS); // this tick is still going on
      // After a long sleep of the machine one turn of the wheel sees everything.
      if (until - tick > BUCKETS) tick = until - BUCKETS;
      for (; tick < until; tick++) {
        const bucket = tick & (BUCKETS - 1);
        let serial = buckets[bucket] as number;
        buckets[bucket] = 0;
        while (serial !== 0) {
          const index = indexOf(serial);
          serial = nexts[index] as number;
          const deadlineMs = (sentMonoMs[index] as number) + (timeouts[index] as number);
          if (deadlineMs >= (tick + 1) * TICK_MS) {
            link(index); // a turn of the wheel too early: nobody had called for a while
            continue;
          }
          flags[index] = (flags[index] as number) & ~LINKED;
          if (((flags[index] as number) & PROBE_DECIDED) === 0) timedOut(index);
        }
      }
    },
  };
}
