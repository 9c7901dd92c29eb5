/**
 * One appended batch as a journal holds it, little-endian, a multiple of 4 bytes:
 *   u32 magic 'MJR1' · u32 length of the whole · u32 CRC-32 of what follows ·
 *   u32 agentNumber · u8[8] epoch · u32 sequence low · u32 sequence high · batch (wire/link/samples.ts)
 */
import { crc32 } from 'node:zlib';
import { fromHex, toHex } from '@maille/base/bytes';
import { Problem } from '@maille/base/problem';
import { decodeSampleBatch, encodeSampleBatch, type SampleBatch } from '@maille/wire/link/samples';
import type { AppendSource } from '../series-store.ts';

const MAGIC = 0x31524a4d; // 'MJR1'
const CHECKED_FROM = 12;
const HEADER_BYTES = 32;

export interface JournalRecord {
  source: AppendSource;
  batch: SampleBatch;
}

export function encodeRecord(source: AppendSource, batch: SampleBatch): Uint8Array {
  const epoch = fromHex(source.epoch);
  if (epoch?.length !== 8) throw new Problem('invalid', 'a spool epoch is 16 hexadecimal digits');
  const { sequence, agentNumber } = source;
  if (!Number.isSafeInteger(sequence) || sequence < 0)
    throw new Problem('invalid', 'a sample frame has an impossible sequence');
  if (!Number.isInteger(agentNumber) || agentNumber < 1 || agentNumber > 0xffff)
    throw new Problem('invalid', 'an agent number is between 1 and 65,535');
  const out = encodeSampleBatch(batch, HEADER_BYTES);
  const view = new DataView(out.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, out.length, true);
  view.setUint32(12, agentNumber, true);
  out.set(epoch, 16);
  view.setUint32(24, sequence >>> 0, true);
  view.setUint32(28, Math.floor(sequence / 2 ** 32), true);
  view.setUint32(8, crc32(out.subarray(CHECKED_FROM)), true);
  return out;
}

/** A view into a record just encoded. */
export function batchOfRecord(record: Uint8Array): SampleBatch {
  return decodeSampleBatch(record.subarray(HEADER_BYTES));
}

/** The batch is a view into `bytes`. Undefined where no whole record begins. */
function recordAt(bytes: Uint8Array, at: number): { record: JournalRecord; length: number } | undefined {
  if (bytes.length - at < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
  if (view.getUint32(0, true) !== MAGIC) return undefined;
  const length = view.getUint32(4, true);
  if (length < HEADER_BYTES || length > view.byteLength) return undefined;
  const whole = bytes.subarray(at, at + length);
  if (crc32(whole.subarray(CHECKED_FROM)) !== view.getUint32(8, true)) return undefined;
  const source = {
    agentNumber: view.getUint32(12, true),
    epoch: toHex(whole.subarray(16, 24)),
    sequence: view.getUint32(24, true) + view.getUint32(28, true) * 2 ** 32,
  };
  return { record: { source, batch: decodeSampleBatch(whole.subarray(HEADER_BYTES)) }, length };
}

/**
 * Every whole record from `start` on. What is torn or overwritten is stepped over to the next record that
 * is whole: a power cut may leave a hole in the middle as well as a torn end.
 */
export function readRecords(
  bytes: Uint8Array,
  start: number,
): { records: JournalRecord[]; lostBytes: number } {
  const records: JournalRecord[] = [];
  let lostBytes = 0;
  for (let at = start; at < bytes.length; ) {
    const found = recordAt(bytes, at);
    if (found) {
      records.push(found.record);
      at += found.length;
    } else {
      const step = Math.min(4, bytes.length - at);
      lostBytes += step;
      at += step;
    }
  }
  return { records, lostBytes };
}
