/**
 * The rollups of up to 16 neighbouring targets for one minute or one hour:
 *   u8 version · {u8 low bits · varint present · varint count … · varint jitter + 1 or 0 · [quantiles]} …
 * `present` has a bit for each outcome that has a count. The quantiles, ascending by nature, are the minimum
 * and then the steps between them; a leading 0 stands for none. Version 1 had `varint sent · varint replies`
 * in place of the counts. Damage is found by the row's CRC-32, the last four bytes.
 */
import { crc32 } from 'node:zlib';
import { Problem } from '@maille/base/problem';
import { countsAsSent, OUTCOME_REPLY, outcomes } from '@maille/wire/link/samples';
import type { Rollup } from '../rollup.ts';
import { type ByteReader, type ByteWriter, createByteReader, createByteWriter } from './byte-io.ts';

const VERSION = 2;
const VERSION_WITHOUT_OUTCOMES = 1;
const CRC_BYTES = 4;
const quantileNames = ['min', 'p25', 'p50', 'p75', 'p95', 'p99', 'max'] as const;

/** By the low bits of the target's id. */
export type BlockRollups = Map<number, Rollup>;

export function encodeRollups(rollups: BlockRollups): Uint8Array {
  const writer = createByteWriter(rollups.size * 40 + 16);
  writer.byte(VERSION);
  for (const [low, rollup] of rollups) {
    writer.byte(low);
    writeCounts(writer, rollup);
    writer.varint(Number.isNaN(rollup.jitter) ? 0 : rollup.jitter + 1);
    if (Number.isNaN(rollup.min)) writer.varint(0);
    else {
      let below = -1;
      for (const name of quantileNames) {
        writer.varint(rollup[name] - below);
        below = rollup[name];
      }
    }
  }
  const crc = new Uint8Array(CRC_BYTES);
  const body = writer.take();
  new DataView(crc.buffer).setUint32(0, crc32(body), true);
  writer.bytes(body);
  writer.bytes(crc);
  return writer.take();
}

/** All targets, or the one with these low bits. Throws a Problem when the row is damaged. */
export function decodeRollups(bytes: Uint8Array, onlyLow?: number): BlockRollups {
  const end = bytes.length - CRC_BYTES;
  const body = bytes.subarray(0, Math.max(0, end));
  if (end < 1 || new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true) !== crc32(body))
    throw new Problem('internal', 'stored rollups are damaged: their checksum does not fit');
  const reader = createByteReader(body);
  const version = reader.byte();
  if (version !== VERSION && version !== VERSION_WITHOUT_OUTCOMES)
    throw new Problem('internal', 'stored rollups have an unknown version');
  const rollups: BlockRollups = new Map();
  while (reader.at < body.length) {
    const low = reader.byte();
    if (onlyLow !== undefined && low !== onlyLow) {
      skipRollup(reader, version);
      continue;
    }
    const counts = version === VERSION ? readCounts(reader) : readOldCounts(reader);
    const rollup: Rollup = {
      ...counts,
      jitter: reader.varint() - 1,
      min: Number.NaN,
      p25: Number.NaN,
      p50: Number.NaN,
      p75: Number.NaN,
      p95: Number.NaN,
      p99: Number.NaN,
      max: Number.NaN,
    };
    if (rollup.jitter < 0) rollup.jitter = Number.NaN;
    const first = reader.varint();
    if (first > 0) {
      let value = first - 1;
      for (const name of quantileNames) {
        if (name !== 'min') value += reader.varint();
        rollup[name] = value;
      }
    }
    rollups.set(low, rollup);
  }
  return rollups;
}

/** Past a target that is not asked for, without making anything of it: a year has a hundred thousand of them. */
function skipRollup(reader: ByteReader, version: number): void {
  let counts = 2;
  if (version === VERSION) {
    counts = 0;
    for (let present = reader.varint(); present > 0; present >>= 1) counts += present & 1;
  }
  for (let left = counts + 1; left > 0; left--) reader.varint();
  if (reader.varint() === 0) return;
  for (let left = quantileNames.length - 1; left > 0; left--) reader.varint();
}

function writeCounts(writer: ByteWriter, { outcomes = [] }: Rollup): void {
  let present = 0;
  outcomes.forEach((count, outcome) => {
    if (count > 0) present |= 1 << outcome;
  });
  writer.varint(present);
  for (const count of outcomes) if (count > 0) writer.varint(count);
}

function readCounts(reader: ByteReader) {
  const present = reader.varint();
  const counts = outcomes.map((_, outcome) => ((present >> outcome) & 1 ? reader.varint() : 0));
  let sent = 0;
  counts.forEach((count, outcome) => {
    if (countsAsSent(outcome)) sent += count;
  });
  return { sent, replies: counts[OUTCOME_REPLY] as number, outcomes: counts };
}

const readOldCounts = (reader: ByteReader) => ({
  sent: reader.varint(),
  replies: reader.varint(),
  outcomes: undefined,
});
