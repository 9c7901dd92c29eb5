/**
 * The outside that blocks of minutes and of hours share: a checksum, a directory of targets, then a section
 * each, so that one target is read without the others' sections.
 *
 *   u8 version · u32 CRC-32 of the rest · u8 targets · {u8 low bits · varint samples · varint bytes} … · sections
 */
import { crc32 } from 'node:zlib';
import { Problem } from '@maille/base/problem';
import { type ByteWriter, createByteReader, createByteWriter } from './byte-io.ts';

const HEADER_BYTES = 5;
const DIRECTORY_BYTES = 128;

export interface SectionsWriter {
  /** `write` appends the section of the target with these low bits, which holds so many samples. */
  add(low: number, samples: number, write: (writer: ByteWriter) => void): void;
  finish(): Uint8Array;
}

export function createSectionsWriter(version: number, expectedBytes: number): SectionsWriter {
  const directory = createByteWriter(DIRECTORY_BYTES);
  const sections = createByteWriter(expectedBytes);
  let targets = 0;
  return {
    add(low, samples, write) {
      const start = sections.length;
      write(sections);
      directory.byte(low);
      directory.varint(samples);
      directory.varint(sections.length - start);
      targets++;
    },
    finish() {
      const head = directory.take();
      const body = sections.take();
      const out = new Uint8Array(HEADER_BYTES + 1 + head.length + body.length);
      out[0] = version;
      out[HEADER_BYTES] = targets;
      out.set(head, HEADER_BYTES + 1);
      out.set(body, HEADER_BYTES + 1 + head.length);
      new DataView(out.buffer).setUint32(1, crc32(out.subarray(HEADER_BYTES)), true);
      return out;
    },
  };
}

export interface TargetSection {
  low: number;
  samples: number;
  /** Where in the bytes it begins. */
  at: number;
}

/** Sections of all targets, or of the one with these low bits. Throws a Problem, with `what` in it, on damage. */
export function openSections(
  bytes: Uint8Array,
  version: number,
  what: string,
  onlyLow?: number,
): TargetSection[] {
  if (bytes.length < HEADER_BYTES + 1 || bytes[0] !== version)
    throw new Problem('internal', `${what} has an unknown version`);
  const sum = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1, true);
  if (crc32(bytes.subarray(HEADER_BYTES)) !== sum)
    throw new Problem('internal', `${what} is damaged: its checksum does not fit`);
  const directory = createByteReader(bytes, HEADER_BYTES);
  const found: TargetSection[] = [];
  let at = 0;
  for (let left = directory.byte(); left > 0; left--) {
    const low = directory.byte();
    const samples = directory.varint();
    if (onlyLow === undefined || low === onlyLow) found.push({ low, samples, at });
    at += directory.varint();
  }
  for (const section of found) section.at += directory.at;
  return found;
}
