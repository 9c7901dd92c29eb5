/**
 * A block: the samples of up to 16 neighbouring targets (ids alike but for their low four bits), seen by
 * one agent, sent within one minute. Small enough that a page of the store holds several and that one
 * target is read without much of its neighbours; large enough that a row's own cost vanishes.
 *
 * Its outside is that of target-sections.ts. A target's section holds exact values: outcome and code as exceptions from the most frequent pair, send
 * times as Rice codes around the median interval, RTTs around their median (see rice-code.ts).
 */
import { OUTCOME_LOCAL_ERROR, OUTCOME_TIMEOUT, OUTCOME_UNREACHABLE } from '@maille/wire/link/samples';
import { type ByteReader, type ByteWriter, createByteReader } from './byte-io.ts';
import { addZigzag, readRice, writeRice, zigzagDifference } from './rice-code.ts';
import { createSectionsWriter, openSections } from './target-sections.ts';

export const BLOCK_TARGETS = 16;
export const blockOf = (targetId: number): number => Math.floor(targetId / BLOCK_TARGETS);
export const lowOf = (targetId: number): number => targetId % BLOCK_TARGETS;

/** Ordered by target, then by send time. */
export interface BlockSamples {
  count: number;
  lows: Uint8Array;
  /** Microseconds after the minute began. */
  offsetsUs: Uint32Array;
  rtts10ns: Uint32Array;
  outcomes: Uint8Array;
  codes: Uint8Array;
}

const VERSION = 1;
const RTT_NONE = 0;
const RTT_OF_ANSWERS = 1;
const RTT_OF_ALL = 2;

/** The columns share a buffer: there are thousands of blocks, and each buffer is an allocation of its own. */
export function createBlockSamples(capacity: number): BlockSamples {
  const buffer = new ArrayBuffer(11 * capacity);
  return {
    count: 0,
    offsetsUs: new Uint32Array(buffer, 0, capacity),
    rtts10ns: new Uint32Array(buffer, 4 * capacity, capacity),
    lows: new Uint8Array(buffer, 8 * capacity, capacity),
    outcomes: new Uint8Array(buffer, 9 * capacity, capacity),
    codes: new Uint8Array(buffer, 10 * capacity, capacity),
  };
}

/** Room for at least `more` samples, and for as many again as there are. */
export function makeRoom(block: BlockSamples, more: number): void {
  const larger = createBlockSamples(2 * block.count + more);
  larger.lows.set(block.lows);
  larger.offsetsUs.set(block.offsetsUs);
  larger.rtts10ns.set(block.rtts10ns);
  larger.outcomes.set(block.outcomes);
  larger.codes.set(block.codes);
  Object.assign(block, larger, { count: block.count });
}

/** Calls `visit` with the bounds of each target's run. */
export function eachTarget(
  block: BlockSamples,
  visit: (low: number, from: number, to: number) => void,
): void {
  for (let from = 0; from < block.count; ) {
    const low = block.lows[from] as number;
    let to = from + 1;
    while (to < block.count && block.lows[to] === low) to++;
    visit(low, from, to);
    from = to;
  }
}

export function encodeBlock(block: BlockSamples): Uint8Array {
  const sections = createSectionsWriter(VERSION, 4 * block.count + 512);
  const scratch = new Uint32Array(2 * block.count);
  eachTarget(block, (low, from, to) =>
    sections.add(low, to - from, (writer) => writeSection(writer, block, from, to, scratch)),
  );
  return sections.finish();
}

/** All targets, or the one with these low bits. Throws a Problem when the block is damaged. */
export function decodeBlock(bytes: Uint8Array, onlyLow?: number): BlockSamples {
  const sections = openSections(bytes, VERSION, 'a stored block', onlyLow);
  const block = createBlockSamples(sections.reduce((sum, { samples }) => sum + samples, 0));
  for (const { low, samples, at } of sections) {
    const from = block.count;
    block.count += samples;
    block.lows.fill(low, from, block.count);
    readSection(bytes, at, block, from, block.count);
  }
  return block;
}

/** `scratch` has room for two numbers a sample. */
function writeSection(
  writer: ByteWriter,
  block: BlockSamples,
  from: number,
  to: number,
  scratch: Uint32Array,
): void {
  writeVerdicts(writer, block, from, to);

  const values = scratch.subarray(0, to - from);
  const sorted = scratch.subarray(to - from, 2 * (to - from));
  writer.varint(block.offsetsUs[from] as number);
  if (to - from > 1) {
    for (let i = from + 1; i < to; i++)
      values[i - from - 1] = (block.offsetsUs[i] as number) - (block.offsetsUs[i - 1] as number);
    writeAroundMedian(writer, values, to - from - 1, sorted);
  }

  const mode = rttMode(block, from, to);
  writer.byte(mode);
  if (mode === RTT_NONE) return;
  let count = 0;
  for (let i = from; i < to; i++) {
    if (mode === RTT_OF_ALL || answers(block.outcomes[i] as number))
      values[count++] = block.rtts10ns[i] as number;
  }
  writeAroundMedian(writer, values, count, sorted);
}

/** The first `count` of `values`, which are written over. */
function writeAroundMedian(
  writer: ByteWriter,
  values: Uint32Array,
  count: number,
  sorted: Uint32Array,
): void {
  for (let i = 0; i < count; i++) sorted[i] = values[i] as number;
  const median = sorted.subarray(0, count).sort()[count >> 1] as number;
  writer.varint(median);
  for (let i = 0; i < count; i++) values[i] = zigzagDifference(values[i] as number, median);
  writeRice(writer, values, count);
  writer.align();
}

function readSection(bytes: Uint8Array, at: number, block: BlockSamples, from: number, to: number): void {
  const reader = createByteReader(bytes, at);
  readVerdicts(reader, block, from, to);

  const codes = new Uint32Array(to - from);
  let time = reader.varint();
  block.offsetsUs[from] = time;
  if (to - from > 1) {
    const interval = reader.varint();
    reader.at = readRice(bytes, reader.at, codes, to - from - 1);
    for (let i = 0; i < to - from - 1; i++) {
      time += addZigzag(interval, codes[i] as number);
      block.offsetsUs[from + 1 + i] = time;
    }
  }

  const mode = reader.byte();
  if (mode === RTT_NONE) return;
  let count = 0;
  for (let i = from; i < to; i++) {
    if (mode === RTT_OF_ALL || answers(block.outcomes[i] as number)) count++;
  }
  const guess = reader.varint();
  reader.at = readRice(bytes, reader.at, codes, count);
  for (let i = from, next = 0; i < to; i++) {
    if (mode === RTT_OF_ALL || answers(block.outcomes[i] as number))
      block.rtts10ns[i] = addZigzag(guess, codes[next++] as number);
  }
}

function writeVerdicts(writer: ByteWriter, block: BlockSamples, from: number, to: number): void {
  // Boyer and Moore's vote: right whenever one pair has more than half, which is when it matters.
  let usual = 0;
  let votes = 0;
  for (let i = from; i < to; i++) {
    const verdict = verdictAt(block, i);
    if (votes === 0) usual = verdict;
    votes += verdict === usual ? 1 : -1;
  }
  const odd: number[] = [];
  for (let i = from; i < to; i++) if (verdictAt(block, i) !== usual) odd.push(i);
  writer.byte(usual >> 8);
  writer.byte(usual & 0xff);
  writer.varint(odd.length);
  let last = from;
  for (const i of odd) {
    writer.varint(i - last);
    writer.byte(block.outcomes[i] as number);
    writer.byte(block.codes[i] as number);
    last = i;
  }
}

function readVerdicts(reader: ByteReader, block: BlockSamples, from: number, to: number): void {
  block.outcomes.fill(reader.byte(), from, to);
  block.codes.fill(reader.byte(), from, to);
  let at = from;
  for (let left = reader.varint(); left > 0; left--) {
    at += reader.varint();
    block.outcomes[at] = reader.byte();
    block.codes[at] = reader.byte();
  }
}

const verdictAt = (block: BlockSamples, i: number): number =>
  ((block.outcomes[i] as number) << 8) | (block.codes[i] as number);

const answers = (outcome: number): boolean =>
  outcome !== OUTCOME_TIMEOUT && outcome !== OUTCOME_UNREACHABLE && outcome !== OUTCOME_LOCAL_ERROR;

function rttMode(block: BlockSamples, from: number, to: number): number {
  let mode = RTT_NONE;
  for (let i = from; i < to; i++) {
    if (block.rtts10ns[i] === 0) continue;
    if (!answers(block.outcomes[i] as number)) return RTT_OF_ALL;
    mode = RTT_OF_ANSWERS;
  }
  return mode;
}
