/**
 * The binary frame of the link: which batch of which spool this is, then the batch. The spool numbers
 * its frames from 1 without gaps; an epoch (8 random bytes) is a spool's own, so that a spool made anew
 * starts over without being taken for a repetition. (agent, epoch, sequence) is stored once, however
 * often it is sent.
 *
 *   u32 magic 'MSF1' · u8[8] epoch · u32 sequence low · u32 sequence high · u32 flags (bit 0: from the backlog) · batch
 */
import { fromHex, toHex } from '@maille/base/bytes';
import { Problem } from '@maille/base/problem';
import { decodeSampleBatch, encodeSampleBatch, type SampleBatch } from './samples.ts';

const MAGIC = 0x3146534d; // 'MSF1'
export const SAMPLE_FRAME_HEADER_BYTES = 24;

export interface SampleFrame {
  /** 16 hexadecimal digits. */
  epoch: string;
  sequence: number;
  /** Whether it waited on disk while the link was down: stored, but no news for the live grid. */
  backlog: boolean;
  batch: SampleBatch;
}

export function encodeSampleFrame(frame: SampleFrame): Uint8Array {
  const out = encodeSampleBatch(frame.batch, SAMPLE_FRAME_HEADER_BYTES);
  const epoch = fromHex(frame.epoch);
  if (epoch?.length !== 8) throw new Problem('internal', 'a spool epoch is 16 hexadecimal digits');
  const view = new DataView(out.buffer);
  view.setUint32(0, MAGIC, true);
  out.set(epoch, 4);
  view.setUint32(12, frame.sequence >>> 0, true);
  view.setUint32(16, Math.floor(frame.sequence / 2 ** 32), true);
  view.setUint32(20, frame.backlog ? 1 : 0, true);
  return out;
}

/** Sets the backlog flag of an encoded frame in place: a spool keeps frames encoded. */
export function markBacklog(encoded: Uint8Array): void {
  encoded[20] = 1;
}

/** Whose frame this is and how many samples it says it holds, without looking at them. */
export function peekSampleFrame(encoded: Uint8Array): { epoch: string; sequence: number; count: number } {
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  return {
    epoch: toHex(encoded.subarray(4, 12)),
    sequence: view.getUint32(12, true) + view.getUint32(16, true) * 2 ** 32,
    count: view.getUint32(SAMPLE_FRAME_HEADER_BYTES + 4, true),
  };
}

export function decodeSampleFrame(bytes: Uint8Array): SampleFrame {
  if (bytes.length < SAMPLE_FRAME_HEADER_BYTES)
    throw new Problem('invalid', 'a sample frame is shorter than its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new Problem('invalid', 'not a sample frame');
  const sequence = view.getUint32(12, true) + view.getUint32(16, true) * 2 ** 32;
  const flags = view.getUint32(20, true);
  if (!Number.isSafeInteger(sequence) || sequence < 1)
    throw new Problem('invalid', 'a sample frame has an impossible sequence');
  if (flags > 1) throw new Problem('invalid', 'a sample frame has unknown flags');
  return {
    epoch: toHex(bytes.subarray(4, 12)),
    sequence,
    backlog: flags === 1,
    batch: decodeSampleBatch(bytes.subarray(SAMPLE_FRAME_HEADER_BYTES)),
  };
}
