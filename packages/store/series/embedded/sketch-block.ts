/**
 * The sketches of up to 16 neighbouring targets for one hour, apart from the rollups so that a year of
 * those is read without them:
 *   u8 version · {u8 low bits · varint bytes · body} … · u32 CRC-32
 * A body: u8 1 where rounded · varint sum · varint number of |D| · {varint step to the next bin · varint count} …
 */
import { crc32 } from 'node:zlib';
import { Problem } from '@maille/base/problem';
import type { RollupSketch } from '../rollup.ts';
import { createByteReader, createByteWriter } from './byte-io.ts';

const VERSION = 1;
const CRC_BYTES = 4;

/** By the low bits of the target's id. */
export type BlockSketches = Map<number, RollupSketch>;

export function encodeSketches(sketches: BlockSketches): Uint8Array {
  const writer = createByteWriter(sketches.size * 128 + 16);
  const body = createByteWriter(256);
  writer.byte(VERSION);
  for (const [low, { rtts, stepSum, steps, rounded }] of sketches) {
    body.byte(rounded ? 1 : 0);
    body.varint(stepSum);
    body.varint(steps);
    let last = 0;
    for (const [bin, count] of [...rtts].sort((a, b) => a[0] - b[0])) {
      body.varint(bin - last);
      body.varint(count);
      last = bin;
    }
    writer.byte(low);
    writer.varint(body.length);
    writer.bytes(body.take());
  }
  const whole = writer.take();
  const out = new Uint8Array(whole.length + CRC_BYTES);
  out.set(whole);
  new DataView(out.buffer).setUint32(whole.length, crc32(whole), true);
  return out;
}

/** Those of the targets with these low bits. */
export function decodeSketches(bytes: Uint8Array, lows: ReadonlySet<number>): BlockSketches {
  const end = bytes.length - CRC_BYTES;
  const whole = bytes.subarray(0, Math.max(0, end));
  if (end < 1 || new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true) !== crc32(whole))
    throw new Problem('internal', 'stored sketches are damaged: their checksum does not fit');
  const reader = createByteReader(whole);
  if (reader.byte() !== VERSION) throw new Problem('internal', 'stored sketches have an unknown version');
  const sketches: BlockSketches = new Map();
  while (reader.at < whole.length) {
    const low = reader.byte();
    const next = reader.varint() + reader.at;
    if (lows.has(low)) {
      const rounded = reader.byte() === 1;
      const sketch: RollupSketch = {
        rounded,
        stepSum: reader.varint(),
        steps: reader.varint(),
        rtts: new Map(),
      };
      let bin = 0;
      while (reader.at < next) {
        bin += reader.varint();
        sketch.rtts.set(bin, reader.varint());
      }
      sketches.set(low, sketch);
    }
    reader.at = next;
  }
  return sketches;
}
