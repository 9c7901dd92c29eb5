/**
 * How often each symbol of an alphabet comes, as an entropy coder uses it: parts of 4,096, fixed for a run
 * of samples and stored before it. A part is kept as one of 31 classes of equal ratio (5 bits): a little
 * off costs a two-hundredth of a bit a symbol, and the model of an hour is some 30 bytes.
 *   u8 first symbol · u8 symbols · {5 bits class, 0 for never} …
 */
import { Problem } from '@maille/base/problem';
import type { ByteReader, ByteWriter } from './byte-io.ts';

export const MODEL_BITS = 12;
export const MODEL_TOTAL = 1 << MODEL_BITS;
const CLASS_BITS = 5;
// 2^((class − 1)·12/30), whole; part of the format.
const weights = [
  0, 1, 1, 2, 2, 3, 4, 5, 7, 9, 12, 16, 21, 28, 37, 49, 64, 84, 111, 147, 194, 256, 338, 446, 588, 776, 1024,
  1351, 1783, 2353, 3104, 4096,
];

export interface SymbolModel {
  first: number;
  classes: Uint8Array;
  /** By symbol. */
  parts: Uint16Array;
  starts: Uint16Array;
  /** The only symbol, which then costs nothing; −1 where there are several. */
  only: number;
}

/** `counts` by symbol, at most 256 of them, not all zero. */
export function modelOf(counts: Uint32Array): SymbolModel {
  let first = 0;
  let end = counts.length;
  while (counts[first] === 0) first++;
  while (counts[end - 1] === 0) end--;
  let most = 0;
  for (let i = first; i < end; i++) most = Math.max(most, counts[i] as number);
  const classes = new Uint8Array(end - first);
  for (let i = first; i < end; i++) {
    const count = counts[i] as number;
    if (count === 0) continue;
    const weight = (count / most) * MODEL_TOTAL;
    classes[i - first] = weight <= 1 ? 1 : 1 + Math.round((Math.log2(weight) * 30) / MODEL_BITS);
  }
  const parts = new Uint16Array(end);
  const starts = new Uint16Array(end);
  return { first, classes, parts, starts, only: spread(first, classes, parts, starts) };
}

/** Gives each class its parts of 4,096, the same when written and when read. The result: the only symbol, or −1. */
function spread(first: number, classes: Uint8Array, parts: Uint16Array, starts: Uint16Array): number {
  let sum = 0;
  let present = 0;
  let largest = 0;
  for (let i = 0; i < classes.length; i++) {
    if (classes[i] === 0) continue;
    present++;
    sum += weights[classes[i] as number] as number;
    if ((classes[i] as number) > (classes[largest] as number)) largest = i;
  }
  if (present === 0) throw new Problem('internal', 'a stored model has no symbols');
  // Everybody gets 1 first, so that rounding leaves nobody without.
  const room = MODEL_TOTAL - present;
  let left = MODEL_TOTAL;
  for (let i = 0; i < classes.length; i++) {
    const weight = weights[classes[i] as number] as number;
    const part = weight === 0 ? 0 : 1 + Math.floor((weight * room) / sum);
    parts[first + i] = part;
    left -= part;
  }
  parts[first + largest] = (parts[first + largest] as number) + left;
  let start = 0;
  for (let i = first; i < first + classes.length; i++) {
    starts[i] = start;
    start += parts[i] as number;
  }
  return present === 1 ? first + largest : -1;
}

export function writeModel(writer: ByteWriter, { first, classes }: SymbolModel): void {
  writer.byte(first);
  writer.byte(classes.length - 1);
  for (const one of classes) writer.bits(one, CLASS_BITS);
  writer.align();
}

/** A model as its reader uses it: filled anew for each section, so that reading makes no garbage. */
export interface ReadableModel {
  parts: Uint16Array;
  /** By symbol; one more than there can be symbols. */
  starts: Uint16Array;
  /** By a part's high bits: a symbol not above the one looked for, from which it is a step or two. */
  near: Uint8Array;
  only: number;
}

export const NEAR_SHIFT = 4;

export const createReadableModel = (): ReadableModel => ({
  parts: new Uint16Array(257),
  starts: new Uint16Array(258),
  near: new Uint8Array(MODEL_TOTAL >> NEAR_SHIFT),
  only: -1,
});

export function readModel(reader: ByteReader, into: ReadableModel): void {
  const first = reader.byte();
  const classes = new Uint8Array(reader.byte() + 1);
  if (first + classes.length > 256) throw new Problem('internal', 'a stored model has too many symbols');
  let pending = 0;
  let held = 0;
  for (let i = 0; i < classes.length; i++) {
    if (held < CLASS_BITS) {
      pending |= reader.byte() << held;
      held += 8;
    }
    classes[i] = pending & 31;
    pending >>>= CLASS_BITS;
    held -= CLASS_BITS;
  }
  const { parts, starts, near } = into;
  into.only = spread(first, classes, parts, starts);
  const end = first + classes.length;
  starts.fill(MODEL_TOTAL, end);
  for (let slot = 0, symbol = first; slot < near.length; slot++) {
    while ((starts[symbol + 1] as number) <= slot << NEAR_SHIFT) symbol++;
    near[slot] = symbol;
  }
}
