/**
 * Rice codes (Golomb 1966, Rice 1979): a number as its high part in unary and its low k bits. Close to
 * the entropy of noise around a guess, which is what RTTs and send times are once the guess is taken
 * away; general compressors find nothing more in them. What is far off is written plainly after an escape.
 */
import { Problem } from '@maille/base/problem';
import type { ByteWriter } from './byte-io.ts';

const ESCAPE = 24;

/** The difference of two unsigned 32-bit numbers, modulo 2^32, as an unsigned number that is small near zero. */
export function zigzagDifference(value: number, guess: number): number {
  const difference = (value - guess) | 0;
  return ((difference << 1) ^ (difference >> 31)) >>> 0;
}

export function addZigzag(guess: number, zigzag: number): number {
  return (guess + ((zigzag >>> 1) ^ -(zigzag & 1))) >>> 0;
}

/** `values` (the first `count`) are unsigned 32-bit numbers. */
export function writeRice(writer: ByteWriter, values: Uint32Array, count: number): void {
  const k = bestParameter(values, count);
  writer.bits(k, 5);
  for (let i = 0; i < count; i++) {
    const value = values[i] as number;
    const high = value >>> k;
    if (high < ESCAPE) {
      writer.bits(2 ** high - 1, high + 1);
      writer.bits(value, k);
    } else {
      writer.bits(2 ** ESCAPE - 1, ESCAPE);
      writer.bits(value, 32);
    }
  }
}

/**
 * Reads `count` values that begin at a byte; the result is the byte after the last one. No functions of its own
 * in it: what they shared would be kept in memory rather than in registers, at two to three times the cost.
 */
export function readRice(bytes: Uint8Array, start: number, values: Uint32Array, count: number): number {
  let at = start;
  let pending = 0; // bits not yet used, lowest first
  let held = 0;
  // Past the end there are zeros (undefined << n), which the last check finds.
  for (; held <= 24; held += 8) pending |= (bytes[at++] as number) << held;
  const k = pending & 31;
  pending >>>= 5;
  held -= 5;
  const scale = 2 ** k;
  const shortBits = Math.min(16, k);
  const longBits = k - shortBits;
  for (let i = 0; i < count; i++) {
    for (; held <= 24; held += 8) pending |= (bytes[at++] as number) << held;
    // The unary part: ones up to the first zero, found at once by its lowest set complement.
    const zeros = ~pending;
    const high = zeros === 0 ? ESCAPE : Math.min(ESCAPE, 31 - Math.clz32(zeros & -zeros));
    const escaped = high === ESCAPE;
    const used = escaped ? ESCAPE : high + 1;
    pending >>>= used;
    held -= used;

    const first = escaped ? 16 : shortBits;
    for (; held < first; held += 8) pending |= (bytes[at++] as number) << held;
    let value = pending & ((1 << first) - 1);
    pending >>>= first;
    held -= first;
    const second = escaped ? 16 : longBits;
    if (second > 0) {
      for (; held < second; held += 8) pending |= (bytes[at++] as number) << held;
      value += (pending & ((1 << second) - 1)) * 0x1_0000;
      pending >>>= second;
      held -= second;
    }
    values[i] = escaped ? value : high * scale + value;
  }
  const end = at - (held >> 3);
  if (end > bytes.length) throw new Problem('internal', 'a stored block ends too early');
  return end;
}

function bestParameter(values: Uint32Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.min(values[i] as number, 2 ** 28);
  const guess = Math.max(0, Math.floor(Math.log2(sum / Math.max(1, count) + 1)));
  let best = 0;
  let bestBits = Number.POSITIVE_INFINITY;
  // A few far values pull the mean up, so the search goes further down than up.
  for (let k = Math.max(0, guess - 4); k <= Math.min(30, guess + 1); k++) {
    let bits = 0;
    for (let i = 0; i < count; i++) {
      const high = (values[i] as number) >>> k;
      bits += high < ESCAPE ? high + 1 + k : ESCAPE + 32;
    }
    if (bits < bestBits) {
      bestBits = bits;
      best = k;
    }
  }
  return best;
}
