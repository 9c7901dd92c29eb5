/**
 * A batch of samples: a struct of typed arrays from the sensor's socket to the browser's grid, encoded
 * the same on every wire, so that no stage makes an object a sample.
 *
 * Encoding, little-endian, each array 4-aligned (the batch itself must start at a multiple of 4):
 *   u32 magic 'MSB1' · u32 count · f64 baseMs
 *   u32[count] targetId · u32[count] offsetUs · u32[count] rtt10ns · u8[count] outcome · u8[count] code
 *   zero padding to a multiple of 4
 */
import { Problem } from '@maille/base/problem';

/** What became of one probe. `late` and `duplicate` come on top of the probe's own outcome. */
export const outcomes = [
  'reply',
  'timeout',
  'unreachable', // code: ICMP destination-unreachable code
  'ttl-exceeded', // code: ICMP time-exceeded code
  'late', // a reply after its timeout had been counted; rtt is true
  'duplicate', // a second reply to the same probe
  'local-error', // the send failed here; code: errno
  'refused', // TCP: the port said no; rtt is true
  'reset', // TCP: accepted, then broken off before it was used; rtt is that of the handshake
] as const;
export type Outcome = (typeof outcomes)[number];

export const OUTCOME_REPLY = 0;
export const OUTCOME_TIMEOUT = 1;
export const OUTCOME_UNREACHABLE = 2;
export const OUTCOME_TTL_EXCEEDED = 3;
export const OUTCOME_LATE = 4;
export const OUTCOME_DUPLICATE = 5;
export const OUTCOME_LOCAL_ERROR = 6;
export const OUTCOME_REFUSED = 7;
export const OUTCOME_RESET = 8;

/** Whether an outcome is a probe's own: exactly one a probe. */
export function isOwnOutcome(outcome: number): boolean {
  return outcome !== OUTCOME_LATE && outcome !== OUTCOME_DUPLICATE;
}

/** Whether the probe left the machine. One that did not is neither an answer nor a loss: it says nothing of the target. */
export function countsAsSent(outcome: number): boolean {
  return isOwnOutcome(outcome) && outcome !== OUTCOME_LOCAL_ERROR;
}

/** Code of a reply whose RTT may hold ARP or neighbour discovery (the first after a change): kept, not charted. */
export const CODE_REPLY_FIRST = 1;

/** RTT unit: 10 ns, so that 32 bits hold 42.9 s. */
export const RTT_UNIT_NS = 10;
export const MAX_RTT_NS = 0xffff_ffff * RTT_UNIT_NS;
export const MAX_BATCH_COUNT = 65_536;

export interface SampleBatch {
  count: number;
  /** Wall time that the offsets count from, milliseconds since the epoch. */
  baseMs: number;
  targetIds: Uint32Array;
  /** Send time, microseconds after `baseMs`. */
  offsetsUs: Uint32Array;
  /** Round-trip time in units of 10 ns; 0 where the outcome has none. */
  rtts10ns: Uint32Array;
  outcomes: Uint8Array;
  codes: Uint8Array;
}

const MAGIC = 0x3142534d; // 'MSB1' read little-endian
const HEADER_BYTES = 16;

export function sampleBatchBytes(count: number): number {
  return HEADER_BYTES + 12 * count + ((2 * count + 3) & ~3);
}

/** A batch of `capacity` samples to be filled; `count` starts at 0. */
export function createSampleBatch(capacity: number, baseMs: number): SampleBatch {
  return {
    count: 0,
    baseMs,
    targetIds: new Uint32Array(capacity),
    offsetsUs: new Uint32Array(capacity),
    rtts10ns: new Uint32Array(capacity),
    outcomes: new Uint8Array(capacity),
    codes: new Uint8Array(capacity),
  };
}

export function encodeSampleBatch(batch: SampleBatch, prefixBytes = 0): Uint8Array {
  if (prefixBytes % 4 !== 0)
    throw new Problem('internal', 'a sample batch must start at a multiple of 4 bytes');
  const { count } = batch;
  const out = new Uint8Array(prefixBytes + sampleBatchBytes(count));
  const view = new DataView(out.buffer);
  view.setUint32(prefixBytes, MAGIC, true);
  view.setUint32(prefixBytes + 4, count, true);
  view.setFloat64(prefixBytes + 8, batch.baseMs, true);
  // Every machine that Maille runs on is little-endian; a typed array is copied as it lies in memory.
  let at = prefixBytes + HEADER_BYTES;
  for (const column of [batch.targetIds, batch.offsetsUs, batch.rtts10ns]) {
    out.set(new Uint8Array(column.buffer, column.byteOffset, 4 * count), at);
    at += 4 * count;
  }
  out.set(batch.outcomes.subarray(0, count), at);
  out.set(batch.codes.subarray(0, count), at + count);
  return out;
}

/** Views into `bytes` where alignment allows, copies otherwise. Throws a Problem `invalid` on anything odd. */
export function decodeSampleBatch(bytes: Uint8Array): SampleBatch {
  if (bytes.length < HEADER_BYTES) throw new Problem('invalid', 'a sample batch is shorter than its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new Problem('invalid', 'not a sample batch');
  const count = view.getUint32(4, true);
  const baseMs = view.getFloat64(8, true);
  if (count > MAX_BATCH_COUNT)
    throw new Problem('too-large', `a sample batch holds ${count} samples; ${MAX_BATCH_COUNT} is the bound`);
  if (bytes.length !== sampleBatchBytes(count))
    throw new Problem('invalid', 'a sample batch has the wrong length for its count');
  if (!Number.isFinite(baseMs) || baseMs < 0)
    throw new Problem('invalid', 'a sample batch has an impossible time');
  let at = HEADER_BYTES;
  const column = () => {
    const start = bytes.byteOffset + at;
    at += 4 * count;
    return start % 4 === 0
      ? new Uint32Array(bytes.buffer, start, count)
      : // Not bytes.slice: a Buffer's gives a view of the same memory.
        new Uint32Array(Uint8Array.prototype.slice.call(bytes, at - 4 * count, at).buffer);
  };
  const targetIds = column();
  const offsetsUs = column();
  const rtts10ns = column();
  const batch: SampleBatch = {
    count,
    baseMs,
    targetIds,
    offsetsUs,
    rtts10ns,
    outcomes: bytes.subarray(at, at + count),
    codes: bytes.subarray(at + count, at + 2 * count),
  };
  for (let i = 0; i < count; i++) {
    if ((batch.outcomes[i] as number) >= outcomes.length)
      throw new Problem('invalid', 'a sample batch holds an unknown outcome');
  }
  return batch;
}
