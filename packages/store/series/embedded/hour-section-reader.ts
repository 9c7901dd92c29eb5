/** Reads one target's section of an hour block (hour-block.ts): the hot loop of every look at closed days. */
import { Problem } from '@maille/base/problem';
import { type ByteReader, createByteReader } from './byte-io.ts';
import { FORETOLD_BITS, firstDue, foretoldAfter, nextDue, RUNS } from './foretelling.ts';
import { RANS_LOW, RAW_STEP_BITS } from './rans-writer.ts';
import { rttOfStep } from './rtt-steps.ts';
import { type BlockSamples, makeRoom } from './sample-block.ts';
import { isNegative, rawBitsOf, smallestOf } from './signed-classes.ts';
import {
  createReadableModel,
  MODEL_BITS,
  MODEL_TOTAL,
  NEAR_SHIFT,
  type ReadableModel,
  readModel,
} from './symbol-model.ts';

/** Appends the samples of the runs [fromRun, toRun) to `block`. */
export type ReadSection = (
  bytes: Uint8Array,
  start: number,
  block: BlockSamples,
  fromRun: number,
  toRun: number,
) => void;

interface Section {
  intervalMs: number;
  phaseMs: number;
  medianStep: number;
  learns: boolean;
  outcomes: ReadableModel;
  codes: ReadableModel;
  times: ReadableModel;
  rtts: ReadableModel;
}

const SLOT_MASK = MODEL_TOTAL - 1;

export function createSectionReader(): ReadSection {
  const section: Section = {
    intervalMs: 0,
    phaseMs: 0,
    medianStep: 0,
    learns: false,
    outcomes: createReadableModel(),
    codes: createReadableModel(),
    times: createReadableModel(),
    rtts: createReadableModel(),
  };
  const counts = new Uint32Array(RUNS);
  const lengths = new Uint32Array(RUNS);

  return (bytes, start, block, fromRun, toRun) => {
    const reader = createByteReader(bytes, start);
    section.intervalMs = reader.varint();
    section.phaseMs = reader.varint();
    section.medianStep = reader.varint();
    section.learns = reader.byte() === 1;
    for (const model of [section.outcomes, section.codes, section.times, section.rtts])
      readModel(reader, model);
    readHeads(reader, counts, lengths);
    let at = reader.at;
    for (let run = 0; run < toRun; run++) {
      const end = at + (lengths[run] as number);
      if (end > bytes.length) throw new Problem('internal', 'a stored hour ends too early');
      const count = counts[run] as number;
      if (run >= fromRun && count > 0) {
        if (block.count + count > block.lows.length) makeRoom(block, count);
        readRun(bytes, at, block, count, run, section);
        block.count += count;
      }
      at = end;
    }
  };
}

function readHeads(reader: ByteReader, counts: Uint32Array, lengths: Uint32Array): void {
  let count = 0;
  let length = 0;
  for (let run = 0; run < RUNS; run++) {
    count += signed(reader.varint());
    length += signed(reader.varint());
    counts[run] = count;
    lengths[run] = length;
  }
}

const signed = (zigzag: number): number => (zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2);

/**
 * The coder's steps are written out where they are used: as functions of their own they take twice as long,
 * and a minute of ten thousand targets is a million and a half of them.
 */
function readRun(
  bytes: Uint8Array,
  start: number,
  block: BlockSamples,
  count: number,
  run: number,
  { intervalMs, phaseMs, medianStep, learns, outcomes, codes, times, rtts }: Section,
): void {
  let at = start + 3;
  let state =
    ((bytes[start] as number) << 16) | ((bytes[start + 1] as number) << 8) | (bytes[start + 2] as number);
  let due = firstDue(run, intervalMs, phaseMs);
  let foretold = medianStep << FORETOLD_BITS;
  const last = block.count + count;
  for (let i = block.count; i < last; i++) {
    let outcome = outcomes.only;
    if (outcome < 0) {
      const slot = state & SLOT_MASK;
      outcome = outcomes.near[slot >> NEAR_SHIFT] as number;
      while ((outcomes.starts[outcome + 1] as number) <= slot) outcome++;
      state =
        (outcomes.parts[outcome] as number) * (state >>> MODEL_BITS) +
        slot -
        (outcomes.starts[outcome] as number);
      while (state < RANS_LOW) state = (state << 8) | (bytes[at++] as number);
    }
    let code = codes.only;
    if (code < 0) {
      const slot = state & SLOT_MASK;
      code = codes.near[slot >> NEAR_SHIFT] as number;
      while ((codes.starts[code + 1] as number) <= slot) code++;
      state = (codes.parts[code] as number) * (state >>> MODEL_BITS) + slot - (codes.starts[code] as number);
      while (state < RANS_LOW) state = (state << 8) | (bytes[at++] as number);
    }
    block.outcomes[i] = outcome >> 1;
    block.codes[i] = code;

    const fields = outcome & 1; // 0: a time alone; 1: a time and an RTT
    for (let field = 0; field <= fields; field++) {
      const model = field === 0 ? times : rtts;
      let symbol = model.only;
      if (symbol < 0) {
        const slot = state & SLOT_MASK;
        symbol = model.near[slot >> NEAR_SHIFT] as number;
        while ((model.starts[symbol + 1] as number) <= slot) symbol++;
        state =
          (model.parts[symbol] as number) * (state >>> MODEL_BITS) + slot - (model.starts[symbol] as number);
        while (state < RANS_LOW) state = (state << 8) | (bytes[at++] as number);
      }
      let size = smallestOf[symbol] as number;
      const bits = rawBitsOf[symbol] as number;
      for (let done = 0; done < bits; done += RAW_STEP_BITS) {
        const slot = state & SLOT_MASK;
        const shift = MODEL_BITS - Math.min(RAW_STEP_BITS, bits - done);
        size += (slot >> shift) << done;
        state = ((state >>> MODEL_BITS) << shift) + (slot & ((1 << shift) - 1));
        while (state < RANS_LOW) state = (state << 8) | (bytes[at++] as number);
      }
      const off = isNegative(symbol) ? -size : size;
      if (field === 0) {
        block.offsetsUs[i] = ((due >> FORETOLD_BITS) + off) * 1_000;
        due = nextDue(due, off, intervalMs);
      } else {
        const step = (learns ? foretold >> FORETOLD_BITS : medianStep) + off;
        block.rtts10ns[i] = rttOfStep(step);
        if (learns) foretold = foretoldAfter(foretold, step);
      }
    }
  }
}
