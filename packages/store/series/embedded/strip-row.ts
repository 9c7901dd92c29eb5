/**
 * One minute of one prefix, over all of its targets and agents: sent, replies, and the RTTs as a histogram
 * that adds up, so that a journal adds its part without reading the others.
 *   varint sent · varint replies · {varint step to the next bin · varint count} … · u32 CRC-32
 */
import { crc32 } from 'node:zlib';
import { Problem } from '@maille/base/problem';
import {
  addToLogHistogram,
  type LogHistogram,
  mergeLogHistogram,
} from '@maille/base/statistics/log-histogram';
import { countsAsSent, OUTCOME_REPLY } from '@maille/wire/link/samples';
import { isCharted } from '../rollup.ts';
import { createByteReader, createByteWriter } from './byte-io.ts';

export interface StripRow {
  sent: number;
  replies: number;
  /** Of RTTs in units of 10 ns. */
  rtts: LogHistogram;
}

export const emptyStripRow = (): StripRow => ({ sent: 0, replies: 0, rtts: new Map() });

export function addToStripRow(row: StripRow, outcome: number, code: number, rtt10ns: number): void {
  if (countsAsSent(outcome)) row.sent++;
  if (outcome === OUTCOME_REPLY) row.replies++;
  if (isCharted(outcome, code)) addToLogHistogram(row.rtts, rtt10ns);
}

export function mergeStripRow(into: StripRow, from: StripRow): void {
  into.sent += from.sent;
  into.replies += from.replies;
  mergeLogHistogram(into.rtts, from.rtts);
}

export function encodeStripRow(row: StripRow): Uint8Array {
  const writer = createByteWriter(64 + 4 * row.rtts.size);
  writer.varint(row.sent);
  writer.varint(row.replies);
  let last = 0;
  for (const [bin, count] of [...row.rtts].sort((a, b) => a[0] - b[0])) {
    writer.varint(bin - last);
    writer.varint(count);
    last = bin;
  }
  const body = writer.take();
  const out = new Uint8Array(body.length + 4);
  out.set(body);
  new DataView(out.buffer).setUint32(body.length, crc32(body), true);
  return out;
}

export function decodeStripRow(bytes: Uint8Array): StripRow {
  const body = bytes.subarray(0, Math.max(0, bytes.length - 4));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 6 || view.getUint32(body.length, true) !== crc32(body))
    throw new Problem('internal', 'a stored minute of a prefix is damaged: its checksum does not fit');
  const reader = createByteReader(body);
  const row: StripRow = { sent: reader.varint(), replies: reader.varint(), rtts: new Map() };
  let bin = 0;
  while (reader.at < body.length) {
    bin += reader.varint();
    row.rtts.set(bin, reader.varint());
  }
  return row;
}
