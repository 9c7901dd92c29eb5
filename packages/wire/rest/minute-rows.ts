/**
 * The minutes of many targets, packed: a page that replays a day at 600× reads a hundred thousand of them a
 * second. Little-endian:
 *   u32 count · u32[count] minute since the epoch · u32[count] targetId · u32[count] median RTT, 10 ns
 *   (all ones: nothing answered) · u16[count] sent · u16[count] replies
 */
import { Problem } from '@maille/base/problem';

export interface MinuteRows {
  count: number;
  minutes: Uint32Array;
  targetIds: Uint32Array;
  /** NO_RTT where nothing answered. */
  p50s10ns: Uint32Array;
  sent: Uint16Array;
  replies: Uint16Array;
}

export const NO_RTT = 0xffff_ffff;
export const MAX_MINUTE_ROWS = 2_000_000;
const HEADER_BYTES = 4;
const ROW_BYTES = 16;

export function createMinuteRows(count: number): MinuteRows {
  return {
    count,
    minutes: new Uint32Array(count),
    targetIds: new Uint32Array(count),
    p50s10ns: new Uint32Array(count),
    sent: new Uint16Array(count),
    replies: new Uint16Array(count),
  };
}

export function encodeMinuteRows(rows: MinuteRows): Uint8Array {
  const out = new Uint8Array(HEADER_BYTES + ROW_BYTES * rows.count);
  new DataView(out.buffer).setUint32(0, rows.count, true);
  let at = HEADER_BYTES;
  for (const column of [rows.minutes, rows.targetIds, rows.p50s10ns, rows.sent, rows.replies]) {
    const bytes = new Uint8Array(column.buffer, column.byteOffset, column.BYTES_PER_ELEMENT * rows.count);
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}

export function decodeMinuteRows(bytes: Uint8Array): MinuteRows {
  if (bytes.length < HEADER_BYTES) throw new Problem('invalid', 'minutes are shorter than their header');
  const count = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  if (count > MAX_MINUTE_ROWS || bytes.length !== HEADER_BYTES + ROW_BYTES * count)
    throw new Problem('invalid', 'minutes have the wrong length for their count');
  // A copy: what comes from a decoder is aligned to nothing.
  const body = Uint8Array.prototype.slice.call(bytes, HEADER_BYTES).buffer;
  return {
    count,
    minutes: new Uint32Array(body, 0, count),
    targetIds: new Uint32Array(body, 4 * count, count),
    p50s10ns: new Uint32Array(body, 8 * count, count),
    sent: new Uint16Array(body, 12 * count, count),
    replies: new Uint16Array(body, 14 * count, count),
  };
}
