/** Growing bytes with LEB128 numbers and bit runs: what the blocks of the embedded engine are made of. */
import { Problem } from '@maille/base/problem';

export interface ByteWriter {
  readonly length: number;
  byte(value: number): void;
  /** Unsigned, up to 2^53. */
  varint(value: number): void;
  bytes(value: Uint8Array): void;
  /** Up to 32 bits, lowest first. `align` ends a run of bits. */
  bits(value: number, count: number): void;
  align(): void;
  /** A copy of what was written, and an empty writer again. */
  take(): Uint8Array;
}

export function createByteWriter(capacity = 8_192): ByteWriter {
  let out = new Uint8Array(capacity);
  let length = 0;
  let pending = 0;
  let pendingBits = 0;

  const reserve = (more: number) => {
    if (length + more <= out.length) return;
    const grown = new Uint8Array(Math.max(2 * out.length, length + more));
    grown.set(out);
    out = grown;
  };
  const put = (value: number, count: number) => {
    pending |= value << pendingBits; // at most 7 + 16 bits
    pendingBits += count;
    reserve(3);
    while (pendingBits >= 8) {
      out[length++] = pending & 0xff;
      pending >>>= 8;
      pendingBits -= 8;
    }
  };

  return {
    get length() {
      return length;
    },
    byte(value) {
      reserve(1);
      out[length++] = value;
    },
    varint(value) {
      reserve(8);
      while (value >= 0x80) {
        out[length++] = (value % 0x80) | 0x80;
        value = Math.floor(value / 0x80);
      }
      out[length++] = value;
    },
    bytes(value) {
      reserve(value.length);
      out.set(value, length);
      length += value.length;
    },
    bits(value, count) {
      if (count > 16) {
        put(value & 0xffff, 16);
        put((value >>> 16) & ((1 << (count - 16)) - 1), count - 16);
      } else if (count > 0) put(value & ((1 << count) - 1), count);
    },
    align() {
      if (pendingBits > 0) {
        reserve(1);
        out[length++] = pending & 0xff;
      }
      pending = 0;
      pendingBits = 0;
    },
    take() {
      const taken = out.slice(0, length);
      length = 0;
      return taken;
    },
  };
}

export interface ByteReader {
  at: number;
  byte(): number;
  varint(): number;
}

/** Reading past the end throws a Problem. */
export function createByteReader(bytes: Uint8Array, start = 0): ByteReader {
  const reader: ByteReader = {
    at: start,
    byte() {
      if (reader.at >= bytes.length) throw new Problem('internal', 'a stored block ends too early');
      return bytes[reader.at++] as number;
    },
    varint() {
      let value = 0;
      let scale = 1;
      for (let i = 0; i < 8; i++) {
        const byte = reader.byte();
        value += (byte & 0x7f) * scale;
        if (byte < 0x80) return value;
        scale *= 0x80;
      }
      throw new Problem('internal', 'a stored number is too long');
    },
  };
  return reader;
}
