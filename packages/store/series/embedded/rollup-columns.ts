/**
 * The rollups of one target over an hour's minutes or a day's hours, as closed days keep them: column by
 * column, each Rice-coded (rice-code.ts) around its median or as the step up from the column before it.
 * Half of what the same rollups take row by row, and a reader of counts and medians stops after those.
 *
 *   varint rows · [bits: which rows of the period there are] · varint outcomes beside replies (bits) ·
 *   varint usual total · totals · each such outcome's counts · u8 none, all or some are charted · [bits] ·
 *   varint usual median · medians · p25 down · min down · p75 up · p95 up · p99 up · max up ·
 *   varint usual jitter · jitters plus one, or 0
 * RTTs are in units of 10 ns, or steps of 0.2 % (rtt-steps.ts) where they are rounded.
 */
import { Problem } from '@maille/base/problem';
import { countsAsSent, OUTCOME_REPLY, outcomes } from '@maille/wire/link/samples';
import type { Rollup } from '../rollup.ts';
import { type ByteReader, type ByteWriter, createByteReader } from './byte-io.ts';
import { addZigzag, readRice, writeRice, zigzagDifference } from './rice-code.ts';
import { rttOfStep, rttStep } from './rtt-steps.ts';

export type RttScale = 'units' | 'steps';

/** A minute of an hour, or an hour of a day. */
export interface RollupRow {
  at: number;
  rollup: Rollup;
}

export const quantileNames = ['min', 'p25', 'p50', 'p75', 'p95', 'p99', 'max'] as const;
export type RttColumn = (typeof quantileNames)[number] | 'jitter';

/** What the reader fills, anew each time; only the first `count` of each column are of now. */
export interface RollupColumns {
  count: number;
  /** Ascending. */
  at: Uint8Array;
  /** By the outcome's number. */
  outcomes: Uint32Array[];
  /** Units of 10 ns; NaN where there is none. */
  rtts: Record<RttColumn, Float64Array>;
}

const MAX_ROWS = 60;
const NONE = 0;
const ALL = 1;
const SOME = 2;

/** Whether all counts are there: rows from before outcomes were counted stay as they are. */
export const fitsColumns = ({ outcomes }: Rollup): boolean => outcomes !== undefined;

/** Rows ascending, `at` below `period`, which is 60 at most. */
export function writeRollupColumns(
  writer: ByteWriter,
  rows: RollupRow[],
  period: number,
  scale: RttScale,
): void {
  const scaled = scale === 'steps' ? rttStep : (value: number) => value;
  writer.varint(rows.length);
  if (rows.length < period) writer.bytes(bitsOf(period, (i) => rows.some(({ at }) => at === i)));

  const counts = outcomes.map((_, outcome) =>
    Uint32Array.from(rows, ({ rollup }) => rollup.outcomes?.[outcome] ?? 0),
  );
  let present = 0;
  counts.forEach((column, outcome) => {
    if (outcome !== OUTCOME_REPLY && column.some((count) => count > 0)) present |= 1 << outcome;
  });
  writer.varint(present);
  writeAroundMedian(
    writer,
    Uint32Array.from(rows, (_, i) => counts.reduce((sum, column) => sum + (column[i] as number), 0)),
  );
  for (const [outcome, column] of counts.entries()) if (present & (1 << outcome)) writeColumn(writer, column);

  const charted = rows.filter(({ rollup }) => !Number.isNaN(rollup.min)).map(({ rollup }) => rollup);
  writer.byte(charted.length === 0 ? NONE : charted.length === rows.length ? ALL : SOME);
  if (charted.length === 0) return;
  if (charted.length < rows.length)
    writer.bytes(bitsOf(rows.length, (i) => !Number.isNaN(rows[i]?.rollup.min)));
  const column = (name: RttColumn) => Uint32Array.from(charted, (rollup) => scaled(rollup[name]));
  const of = Object.fromEntries(quantileNames.map((name) => [name, column(name)])) as Record<
    RttColumn,
    Uint32Array
  >;
  writeAroundMedian(writer, of.p50);
  for (const { name, from, sign } of steps)
    writeColumn(
      writer,
      of[name].map((value, i) => sign * (value - (of[from][i] as number))),
    );
  writeAroundMedian(
    writer,
    Uint32Array.from(charted, ({ jitter }) => (Number.isNaN(jitter) ? 0 : scaled(jitter) + 1)),
  );
}

/** In the order in which they are stored: from the median down, then up. */
const steps = [
  { name: 'p25', from: 'p50', sign: -1 },
  { name: 'min', from: 'p25', sign: -1 },
  { name: 'p75', from: 'p50', sign: 1 },
  { name: 'p95', from: 'p75', sign: 1 },
  { name: 'p99', from: 'p95', sign: 1 },
  { name: 'max', from: 'p99', sign: 1 },
] as const;

export interface RollupColumnsReader {
  /**
   * What begins at `start`; the result lasts until the next one. With `medians`, of the RTT columns only
   * that one is filled.
   */
  read(
    bytes: Uint8Array,
    start: number,
    period: number,
    scale: RttScale,
    part?: 'all' | 'medians',
  ): RollupColumns;
}

export function createRollupColumnsReader(): RollupColumnsReader {
  const values = new Uint32Array(MAX_ROWS);
  const charted = new Uint8Array(MAX_ROWS); // rows with RTTs
  const columns: RollupColumns = {
    count: 0,
    at: new Uint8Array(MAX_ROWS),
    outcomes: outcomes.map(() => new Uint32Array(MAX_ROWS)),
    rtts: Object.fromEntries(
      [...quantileNames, 'jitter'].map((name) => [name, new Float64Array(MAX_ROWS)]),
    ) as Record<RttColumn, Float64Array>,
  };
  // The columns as they are stored; `rtts` holds what they stand for.
  const stored = Object.fromEntries(quantileNames.map((name) => [name, new Uint32Array(MAX_ROWS)])) as Record<
    (typeof quantileNames)[number],
    Uint32Array
  >;

  const readColumn = (bytes: Uint8Array, reader: ByteReader, count: number) => {
    reader.at = readRice(bytes, reader.at, values, count);
  };
  const readAroundMedian = (bytes: Uint8Array, reader: ByteReader, count: number) => {
    const median = reader.varint();
    readColumn(bytes, reader, count);
    for (let i = 0; i < count; i++) values[i] = addZigzag(median, values[i] as number);
  };
  const fill = (column: Float64Array, from: Uint32Array, answered: number, scale: RttScale) => {
    if (answered < columns.count) column.fill(Number.NaN, 0, columns.count);
    for (let i = 0; i < answered; i++) {
      const value = from[i] as number;
      column[charted[i] as number] = scale === 'steps' ? rttOfStep(value) : value;
    }
  };

  return {
    read(bytes, start, period, scale, part = 'all') {
      const reader = createByteReader(bytes, start);
      const count = reader.varint();
      if (count > period) throw new Problem('internal', 'stored rollups have too many rows');
      columns.count = count;
      if (count === period) for (let i = 0; i < count; i++) columns.at[i] = i;
      else readBits(reader, period, columns.at, count);

      const present = reader.varint();
      readAroundMedian(bytes, reader, count);
      const replies = columns.outcomes[OUTCOME_REPLY] as Uint32Array;
      for (let i = 0; i < count; i++) replies[i] = values[i] as number;
      for (let outcome = 0; outcome < outcomes.length; outcome++) {
        if (outcome === OUTCOME_REPLY) continue;
        const column = columns.outcomes[outcome] as Uint32Array;
        if ((present & (1 << outcome)) === 0) {
          column.fill(0, 0, count);
          continue;
        }
        readColumn(bytes, reader, count);
        for (let i = 0; i < count; i++) {
          column[i] = values[i] as number;
          replies[i] = (replies[i] as number) - (values[i] as number);
        }
      }

      const mode = reader.byte();
      let answered = count;
      if (mode === ALL) for (let i = 0; i < count; i++) charted[i] = i;
      else answered = mode === SOME ? readBits(reader, count, charted) : 0;
      const { rtts } = columns;
      if (answered > 0) readAroundMedian(bytes, reader, answered);
      stored.p50.set(values);
      fill(rtts.p50, stored.p50, answered, scale);
      if (part === 'medians') return columns;
      for (const { name, from, sign } of steps) {
        if (answered > 0) readColumn(bytes, reader, answered);
        const [into, known] = [stored[name], stored[from]];
        for (let i = 0; i < answered; i++) into[i] = (known[i] as number) + sign * (values[i] as number);
        fill(rtts[name], into, answered, scale);
      }
      if (answered > 0) readAroundMedian(bytes, reader, answered);
      rtts.jitter.fill(Number.NaN, 0, count);
      for (let i = 0; i < answered; i++) {
        const value = values[i] as number;
        if (value > 0)
          rtts.jitter[charted[i] as number] = scale === 'steps' ? rttOfStep(value - 1) : value - 1;
      }
      return columns;
    },
  };
}

/** Drops the rows that are not of [from, to). */
export function keepRows(columns: RollupColumns, from: number, to: number): void {
  const { at, count } = columns;
  let first = 0;
  let end = count;
  while (first < end && (at[first] as number) < from) first++;
  while (end > first && (at[end - 1] as number) >= to) end--;
  columns.count = end - first;
  if (first === 0) return;
  for (const column of [at, ...columns.outcomes, ...Object.values(columns.rtts)])
    column.copyWithin(0, first, end);
}

const sentOutcomes = [...outcomes.keys()].filter(countsAsSent);

export function countsAt({ outcomes: counts }: RollupColumns, i: number): Pick<Rollup, 'sent' | 'replies'> {
  let sent = 0;
  for (const outcome of sentOutcomes) sent += counts[outcome]?.[i] as number;
  return { sent, replies: counts[OUTCOME_REPLY]?.[i] as number };
}

export function rollupAt(columns: RollupColumns, i: number): Rollup {
  const rtt = (name: RttColumn) => columns.rtts[name][i] as number;
  return {
    ...countsAt(columns, i),
    outcomes: columns.outcomes.map((column) => column[i] as number),
    min: rtt('min'),
    p25: rtt('p25'),
    p50: rtt('p50'),
    p75: rtt('p75'),
    p95: rtt('p95'),
    p99: rtt('p99'),
    max: rtt('max'),
    jitter: rtt('jitter'),
  };
}

function writeColumn(writer: ByteWriter, column: Uint32Array): void {
  writeRice(writer, column, column.length);
  writer.align();
}

function writeAroundMedian(writer: ByteWriter, column: Uint32Array): void {
  const median = column.length === 0 ? 0 : (column.slice().sort()[column.length >> 1] as number);
  writer.varint(median);
  writeColumn(
    writer,
    column.map((value) => zigzagDifference(value, median)),
  );
}

function bitsOf(count: number, isSet: (i: number) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8));
  for (let i = 0; i < count; i++) if (isSet(i)) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
  return bits;
}

/** Puts the numbers of the bits that are set; the result is how many. */
function readBits(reader: ByteReader, count: number, into: Uint8Array, expected?: number): number {
  let found = 0;
  for (let first = 0; first < count; first += 8) {
    const byte = reader.byte();
    for (let bit = 0; bit < 8 && first + bit < count; bit++)
      if (byte & (1 << bit)) into[found++] = first + bit;
  }
  if (expected !== undefined && found !== expected)
    throw new Problem('internal', 'stored rollups are not as many as they say');
  return found;
}
