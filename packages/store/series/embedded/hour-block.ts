/**
 * The samples of up to 16 neighbouring targets, seen by one agent, sent within one hour, as closed days
 * keep them: times floored to the millisecond, RTTs within 0.1 % (rtt-steps.ts); outcomes, codes, counts
 * and order as they were. One target is read without its neighbours, a few minutes without the hour.
 *
 * Its outside is that of target-sections.ts. A section: varint interval · varint phase · varint median step · u8 how RTTs are foretold · models of
 * outcome, code, time, RTT · {signed varints: samples, and bytes, more than of the run before} … · runs.
 * A run holds three minutes, entropy-coded (rans-writer.ts): each sample's outcome, code, what its time is
 * off from the target's rhythm, what its RTT's step is off from the foretold one. A run needs nothing of
 * the one before it.
 */
import { type ByteWriter, createByteWriter } from './byte-io.ts';
import { FORETOLD_BITS, firstDue, foretoldAfter, nextDue, RUN_MS, RUNS } from './foretelling.ts';
import { createSectionReader } from './hour-section-reader.ts';
import { createRansWriter, type RansWriter } from './rans-writer.ts';
import { rttStep } from './rtt-steps.ts';
import { type BlockSamples, createBlockSamples, eachTarget } from './sample-block.ts';
import { rawBitsOf, smallestOf, symbolOf } from './signed-classes.ts';
import { modelOf, type SymbolModel, writeModel } from './symbol-model.ts';
import { createSectionsWriter, openSections } from './target-sections.ts';

const VERSION = 2;

export interface HourBlockWriter {
  /** The samples [from, to) of `block`, all of one target, in the order of time; offsets from the hour on. */
  add(block: BlockSamples, from: number, to: number): void;
  finish(): Uint8Array;
}

/** Target by target, so that the caller may pause in between. */
export function createHourBlockWriter(): HourBlockWriter {
  const sections = createSectionsWriter(VERSION, 65_536);
  const rans = createRansWriter();
  return {
    add: (block, from, to) =>
      sections.add(block.lows[from] as number, to - from, (writer) =>
        writeSection(writer, rans, block, from, to),
      ),
    finish: sections.finish,
  };
}

export function encodeHourBlock(block: BlockSamples): Uint8Array {
  const writer = createHourBlockWriter();
  eachTarget(block, (_, from, to) => writer.add(block, from, to));
  return writer.finish();
}

export interface HourPart {
  /** One target by its low bits; all unless told. */
  low?: number | undefined;
  /** Minutes of the hour, [from, to): nothing of them is missing, and a few more may come. */
  fromMinute?: number;
  toMinute?: number;
}

/** Offsets are microseconds after the hour began. Throws a Problem when the block is damaged. */
export function decodeHourBlock(
  bytes: Uint8Array,
  { low, fromMinute = 0, toMinute = 60 }: HourPart = {},
): BlockSamples {
  const sections = openSections(bytes, VERSION, 'a stored hour', low);
  const total = sections.reduce((sum, { samples }) => sum + samples, 0);
  const readSection = createSectionReader();
  const fromRun = Math.floor((fromMinute * 60_000) / RUN_MS);
  const toRun = Math.ceil((toMinute * 60_000) / RUN_MS);
  // About as many as there are in this part of the hour; the reader makes more room where that is too few.
  const block = createBlockSamples(Math.ceil((total * Math.max(0, toRun - fromRun)) / RUNS) + 16);
  for (const section of sections) {
    const from = block.count;
    readSection(bytes, section.at, block, fromRun, toRun);
    block.lows.fill(section.low, from, block.count);
  }
  return block;
}

/** What the coder is told of a sample. */
interface Symbols {
  outcomes: Uint8Array;
  times: Int32Array;
  rtts: Int32Array;
}

function writeSection(
  writer: ByteWriter,
  rans: RansWriter,
  block: BlockSamples,
  from: number,
  to: number,
): void {
  const count = to - from;
  const timesMs = new Uint32Array(count);
  const steps = new Uint32Array(count);
  const symbols: Symbols = {
    outcomes: new Uint8Array(count),
    times: new Int32Array(count),
    rtts: new Int32Array(count),
  };
  const answered = new Uint32Array(count);
  let answers = 0;
  for (let i = 0; i < count; i++) {
    timesMs[i] = Math.floor((block.offsetsUs[from + i] as number) / 1_000);
    const step = rttStep(block.rtts10ns[from + i] as number);
    steps[i] = step;
    symbols.outcomes[i] = 2 * (block.outcomes[from + i] as number) + (step > 0 ? 1 : 0);
    if (step > 0) answered[answers++] = step;
  }
  const intervalMs = Math.max(
    1,
    medianOf(timesMs.subarray(1).map((time, i) => time - (timesMs[i] as number))),
  );
  const phaseMs = medianOf(timesMs.map((time) => time % intervalMs));
  const medianStep = medianOf(answered.subarray(0, answers));
  const learns = fillRtts(symbols.rtts, steps, timesMs, medianStep);
  fillTimes(symbols.times, timesMs, intervalMs, phaseMs);

  writer.varint(intervalMs);
  writer.varint(phaseMs);
  writer.varint(medianStep);
  writer.byte(learns ? 1 : 0);
  const codes = block.codes.subarray(from, to);
  const models = {
    outcome: counted(symbols.outcomes, (value) => value),
    code: counted(codes, (value) => value),
    time: counted(symbols.times, symbolOf),
    rtt: counted(symbols.rtts, symbolOf, steps),
  };
  for (const model of Object.values(models)) writeModel(writer, model);

  const heads = createByteWriter(64);
  const runs = createByteWriter(2 * count + 64);
  let samplesBefore = 0;
  let bytesBefore = 0;
  for (let run = 0, i = 0; run < RUNS; run++) {
    const first = i;
    for (; i < count && (timesMs[i] as number) < (run + 1) * RUN_MS; i++) {
      rans.symbol(models.outcome, symbols.outcomes[i] as number);
      rans.symbol(models.code, codes[i] as number);
      putSigned(rans, models.time, symbols.times[i] as number);
      if ((steps[i] as number) > 0) putSigned(rans, models.rtt, symbols.rtts[i] as number);
    }
    const coded = i > first ? rans.take() : new Uint8Array(0);
    runs.bytes(coded);
    signedVarint(heads, i - first - samplesBefore);
    signedVarint(heads, coded.length - bytesBefore);
    samplesBefore = i - first;
    bytesBefore = coded.length;
  }
  writer.bytes(heads.take());
  writer.bytes(runs.take());
}

function putSigned(rans: RansWriter, model: SymbolModel, value: number): void {
  const symbol = symbolOf(value);
  rans.symbol(model, symbol);
  const bits = rawBitsOf[symbol] as number;
  if (bits > 0) rans.raw(Math.abs(value) - (smallestOf[symbol] as number), bits);
}

/** Off the median, or off a mean that runs along: whichever is the smaller surprise. True: the mean. */
function fillRtts(rtts: Int32Array, steps: Uint32Array, timesMs: Uint32Array, median: number): boolean {
  const learned = new Int32Array(rtts.length);
  let fixedSum = 0;
  let learnedSum = 0;
  let foretold = median << FORETOLD_BITS;
  let run = 0;
  for (let i = 0; i < rtts.length; i++) {
    const now = Math.floor((timesMs[i] as number) / RUN_MS);
    if (now !== run) foretold = median << FORETOLD_BITS;
    run = now;
    const step = steps[i] as number;
    if (step === 0) continue;
    const off = step - (foretold >> FORETOLD_BITS);
    learned[i] = off;
    rtts[i] = step - median;
    fixedSum += Math.log2(1 + Math.abs(step - median));
    learnedSum += Math.log2(1 + Math.abs(off));
    foretold = foretoldAfter(foretold, step);
  }
  if (fixedSum <= learnedSum) return false;
  rtts.set(learned);
  return true;
}

function fillTimes(times: Int32Array, timesMs: Uint32Array, intervalMs: number, phaseMs: number): void {
  let due = 0;
  let run = -1;
  for (let i = 0; i < times.length; i++) {
    const time = timesMs[i] as number;
    const now = Math.floor(time / RUN_MS);
    if (now !== run) due = firstDue(now, intervalMs, phaseMs);
    run = now;
    const off = time - (due >> FORETOLD_BITS);
    times[i] = off;
    due = nextDue(due, off, intervalMs);
  }
}

function counted(
  values: ArrayLike<number>,
  toSymbol: (value: number) => number,
  onlyWhere?: Uint32Array,
): SymbolModel {
  const counts = new Uint32Array(256);
  let any = false;
  for (let i = 0; i < values.length; i++) {
    if (onlyWhere && onlyWhere[i] === 0) continue;
    const symbol = toSymbol(values[i] as number);
    counts[symbol] = (counts[symbol] as number) + 1;
    any = true;
  }
  if (!any) counts[0] = 1;
  return modelOf(counts);
}

function signedVarint(writer: ByteWriter, value: number): void {
  writer.varint(value < 0 ? -2 * value - 1 : 2 * value);
}

function medianOf(values: Uint32Array): number {
  return values.length === 0 ? 0 : (values.slice().sort()[values.length >> 1] as number);
}
