/**
 * One file of the spool, and its twin in memory for when the disk is full.
 *
 * File, little-endian: a head of 56 bytes
 *   u32 magic 'MSP1' · u32 CRC-32 of what follows in the head · u8[16] boot id · u8[24] life of the sensor
 *   (22 characters, zero padded) · u64 sequence of the sensor
 * then records:
 *   u32 length of what follows the CRC · u32 CRC-32 of it · u8[24] life · u64 sensor sequence · link frame
 * The head repeats what was taken from the sensor before this file began, so that it outlives the files
 * before it.
 */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { crc32 } from 'node:zlib';
import { fromHex, toHex } from '@maille/base/bytes';
import { SAMPLE_FRAME_HEADER_BYTES } from '@maille/wire/link/sample-frame';
import { MAX_SENSOR_FRAME_BYTES } from '@maille/wire/sensor/messages';

const MAGIC = 0x3150534d; // 'MSP1'
export const HEAD_BYTES = 56;
const LIFE_BYTES = 24;
/** Length and CRC. */
const RECORD_HEAD_BYTES = 8;
/** What stands before the frame: life and sensor sequence. */
const ORIGIN_BYTES = LIFE_BYTES + 8;
/** A frame of no samples. */
const MIN_FRAME_BYTES = SAMPLE_FRAME_HEADER_BYTES + 16;

/** What was taken last from the sensor: its life and its sequence. */
export interface SensorPosition {
  life: string;
  sequence: number;
}

export interface SpoolRecord {
  origin: SensorPosition;
  frame: Uint8Array;
}

export interface SegmentFile {
  readonly bytes: number;
  /** Throws what the disk says; then the file is as it was before, or `broken`. */
  append(record: SpoolRecord): void;
  readonly broken: boolean;
  /** Everything from this byte on. */
  read(fromByte: number): Uint8Array;
  /** No more appends; `sync` when something in it still waits, so that a power cut does not take it. */
  seal(sync: boolean): void;
  /** As seal, and waits for the disk: at the end of the process. */
  close(): void;
  remove(): void;
}

export interface SegmentHead {
  bootId: string;
  origin: SensorPosition;
}

function putOrigin(view: DataView, out: Uint8Array, at: number, origin: SensorPosition): void {
  out.set(new TextEncoder().encode(origin.life).subarray(0, LIFE_BYTES), at);
  view.setBigUint64(at + LIFE_BYTES, BigInt(origin.sequence), true);
}

function getOrigin(view: DataView, bytes: Uint8Array, at: number): SensorPosition {
  const life = new TextDecoder().decode(bytes.subarray(at, at + LIFE_BYTES)).replaceAll('\0', '');
  return { life, sequence: Number(view.getBigUint64(at + LIFE_BYTES, true)) };
}

export function encodeHead(bootId: string, origin: SensorPosition): Uint8Array {
  const out = new Uint8Array(HEAD_BYTES);
  const view = new DataView(out.buffer);
  view.setUint32(0, MAGIC, true);
  out.set((fromHex(bootId) ?? new Uint8Array(0)).subarray(0, 16), 8);
  putOrigin(view, out, 24, origin);
  view.setUint32(4, crc32(out.subarray(8)), true);
  return out;
}

export function encodeRecord(record: SpoolRecord): Uint8Array {
  const length = ORIGIN_BYTES + record.frame.length;
  const out = new Uint8Array(RECORD_HEAD_BYTES + length);
  const view = new DataView(out.buffer);
  putOrigin(view, out, RECORD_HEAD_BYTES, record.origin);
  out.set(record.frame, RECORD_HEAD_BYTES + ORIGIN_BYTES);
  view.setUint32(0, length, true);
  view.setUint32(4, crc32(out.subarray(RECORD_HEAD_BYTES)), true);
  return out;
}

/** Undefined when the head is not whole. */
export function parseHead(bytes: Uint8Array): SegmentHead | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) return undefined;
  if (view.getUint32(4, true) !== crc32(bytes.subarray(8, HEAD_BYTES))) return undefined;
  return { bootId: toHex(bytes.subarray(8, 24)), origin: getOrigin(view, bytes, 24) };
}

/** The records from `at` on, up to the first that is not whole; `end` is where that one begins. */
export function parseRecords(bytes: Uint8Array, at: number): { records: SpoolRecord[]; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: SpoolRecord[] = [];
  while (bytes.length - at >= RECORD_HEAD_BYTES + ORIGIN_BYTES + MIN_FRAME_BYTES) {
    const length = view.getUint32(at, true);
    if (length < ORIGIN_BYTES + MIN_FRAME_BYTES || length > MAX_SENSOR_FRAME_BYTES) break;
    const body = bytes.subarray(at + RECORD_HEAD_BYTES, at + RECORD_HEAD_BYTES + length);
    if (body.length !== length || view.getUint32(at + 4, true) !== crc32(body)) break;
    records.push({
      origin: getOrigin(view, bytes, at + RECORD_HEAD_BYTES),
      frame: body.subarray(ORIGIN_BYTES),
    });
    at += RECORD_HEAD_BYTES + length;
  }
  return { records, end: at };
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at);
}

function readFrom(file: string, fromByte: number): Uint8Array {
  if (fromByte === 0) return readFileSync(file);
  const fd = openSync(file, 'r');
  try {
    const bytes = new Uint8Array(Math.max(0, fstatSync(fd).size - fromByte));
    let at = 0;
    while (at < bytes.length) {
      const got = readSync(fd, bytes, at, bytes.length - at, fromByte + at);
      if (got === 0) break;
      at += got;
    }
    return bytes.subarray(0, at);
  } finally {
    closeSync(fd);
  }
}

/** Makes a file; throws what the disk says, and then leaves none. */
export function createSegmentFile(file: string, bootId: string, origin: SensorPosition): SegmentFile {
  const fd = openSync(file, 'ax+', 0o600);
  try {
    writeWhole(fd, encodeHead(bootId, origin));
  } catch (error) {
    closeSync(fd);
    rmSync(file, { force: true });
    throw error;
  }
  let bytes = HEAD_BYTES;
  let open = true;
  let broken = false;
  const close = (sync: boolean) => {
    if (!open) return;
    open = false;
    try {
      if (sync) fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
  };
  return {
    get bytes() {
      return bytes;
    },
    get broken() {
      return broken;
    },
    append(record) {
      const encoded = encodeRecord(record);
      try {
        writeWhole(fd, encoded);
        bytes += encoded.length;
      } catch (error) {
        // A full disk takes a part of a record: what follows it could not be read.
        try {
          ftruncateSync(fd, bytes);
        } catch {
          broken = true;
        }
        throw error;
      }
    },
    read: (fromByte) => readFrom(file, fromByte),
    seal(sync) {
      if (!sync) close(false);
      if (!open) return;
      open = false;
      // Not waited for: a slow disk must not hold up the samples that come.
      fdatasync(fd, () => closeSync(fd));
    },
    close: () => close(true),
    remove() {
      close(false);
      rmSync(file, { force: true });
    },
  };
}

/** A file of an earlier run: read and removed, never appended to. */
export function openSegmentFile(file: string, bytes: number): SegmentFile {
  return {
    bytes,
    broken: false,
    append: () => {
      throw new Error('an earlier segment is not written to');
    },
    read: (fromByte) => readFrom(file, fromByte),
    seal() {},
    close() {},
    remove: () => rmSync(file, { force: true }),
  };
}

/** Where frames wait while the disk takes none. */
export function createMemorySegment(bootId: string, origin: SensorPosition): SegmentFile {
  let parts: Uint8Array[] = [encodeHead(bootId, origin)];
  let bytes = HEAD_BYTES;
  return {
    get bytes() {
      return bytes;
    },
    broken: false,
    append(record) {
      const encoded = encodeRecord(record);
      parts.push(encoded);
      bytes += encoded.length;
    },
    read(fromByte) {
      if (parts.length > 1) parts = [Buffer.concat(parts)];
      return (parts[0] ?? new Uint8Array(0)).subarray(fromByte);
    },
    seal() {},
    close() {},
    remove() {
      parts = [];
      bytes = 0;
    },
  };
}
