/** Reading across targets: every sample of a short window, and the minutes of every prefix. */
import { Problem } from '@maille/base/problem';
import { logHistogramQuantile } from '@maille/base/statistics/log-histogram';
import { createSampleBatch, MAX_BATCH_COUNT, RTT_UNIT_NS, type SampleBatch } from '@maille/wire/link/samples';
import type { Precision, PrefixStrip } from '../series-store.ts';
import { type MinuteRow, readMinuteRows } from './block-rows.ts';
import {
  closedBlocksOf,
  hourOf,
  hourOrWarn,
  MINUTES_AN_HOUR,
  minuteOrWarn,
  readClosedRow,
} from './closed-rows.ts';
import { MINUTE_US } from './minute-groups.ts';
import { BLOCK_TARGETS, type BlockSamples } from './sample-block.ts';
import { MINUTE_MS, MINUTES_A_DAY } from './series-files.ts';
import { decodeStripRow, emptyStripRow, mergeStripRow, type StripRow } from './strip-row.ts';
import type { ReadParts } from './target-samples.ts';
import { createTimeSlice } from './time-slice.ts';

const MAX_WINDOW_MS = 3_600_000;
const MAX_STRIP_MINUTES = 44_640; // 31 days
const FIRST_CAPACITY = 1_024;

export type WindowBatches = { agentNumber: number; batch: SampleBatch; precision: Precision }[];

export async function readWindow(parts: ReadParts, fromMs: number, toMs: number): Promise<WindowBatches> {
  if (!(toMs - fromMs <= MAX_WINDOW_MS))
    throw new Problem('too-large', 'a window of samples is at most an hour long', { field: '/toMs' });
  const { recent, files, log, open } = parts;
  const slice = createTimeSlice();
  const fromUs = Math.ceil(fromMs * 1_000);
  const toUs = Math.ceil(toMs * 1_000);
  const builder = createWindowBuilder(fromMs);

  const addAll = (startUs: number, agent: number, block: number, samples: BlockSamples | undefined) => {
    if (!samples) return;
    const firstId = block * BLOCK_TARGETS;
    const shiftUs = startUs - builder.baseUs;
    for (let i = 0; i < samples.count; i++) {
      const sentUs = startUs + (samples.offsetsUs[i] as number);
      if (sentUs < fromUs || sentUs >= toUs) continue;
      const batch = builder.next(agent);
      const at = batch.count++;
      batch.targetIds[at] = firstId + (samples.lows[i] as number);
      batch.offsetsUs[at] = shiftUs + (samples.offsetsUs[i] as number);
      batch.rtts10ns[at] = samples.rtts10ns[i] as number;
      batch.outcomes[at] = samples.outcomes[i] as number;
      batch.codes[at] = samples.codes[i] as number;
    }
  };
  const fromMinute = Math.floor(fromUs / MINUTE_US);
  const toMinute = Math.ceil(toUs / MINUTE_US);
  const toFileMinute = Math.min(toMinute, recent.completeFrom);

  for (let hour = hourOf(fromMinute); hour * MINUTES_AN_HOUR < toFileMinute; hour++) {
    const day = Math.floor(hour / 24);
    const closed = files.use('raw', day, (file) => closedBlocksOf(file, hour)) ?? [];
    if (closed.length > 0) builder.rounded = true;
    const firstMinute = hour * MINUTES_AN_HOUR;
    const part = {
      fromMinute: Math.max(0, fromMinute - firstMinute),
      toMinute: Math.min(MINUTES_AN_HOUR, toFileMinute - firstMinute),
    };
    for (const { agent, block } of closed) {
      const data = files.use('raw', day, (file) => readClosedRow(file, hour, agent, block));
      const samples = data && hourOrWarn(data, log, { hour, agent, block }, part);
      addAll(firstMinute * MINUTE_US, agent, block, samples);
      if (slice.due()) await slice.pause();
    }
  }
  for (let minute = fromMinute; minute < toMinute; minute++) {
    const rows: MinuteRow[] = [];
    if (minute >= recent.completeFrom)
      recent.eachOf(minute, (agent, block, data) => void rows.push({ agent, block, data }));
    else {
      const day = Math.floor(minute / MINUTES_A_DAY);
      rows.push(...(files.use('raw', day, (file) => readMinuteRows(file, minute)) ?? []));
    }
    for (const { agent, block, data } of rows) {
      addAll(minute * MINUTE_US, agent, block, minuteOrWarn(data, log, { minute, agent, block }));
      if (slice.due()) await slice.pause();
    }
  }
  await open.each(
    fromUs,
    toUs,
    undefined,
    (record, i, sentUs) => {
      const batch = builder.next(record.source.agentNumber);
      const at = batch.count++;
      batch.targetIds[at] = record.batch.targetIds[i] as number;
      batch.offsetsUs[at] = sentUs - builder.baseUs;
      batch.rtts10ns[at] = record.batch.rtts10ns[i] as number;
      batch.outcomes[at] = record.batch.outcomes[i] as number;
      batch.codes[at] = record.batch.codes[i] as number;
    },
    slice,
  );
  return builder.finish();
}

function createWindowBuilder(fromMs: number) {
  const baseMs = Math.floor(fromMs);
  const full: { agentNumber: number; batch: SampleBatch }[] = [];
  const filling = new Map<number, SampleBatch>();
  return {
    baseUs: baseMs * 1_000,
    rounded: false,
    /** The agent's batch, with room for one more. */
    next(agent: number): SampleBatch {
      const batch = filling.get(agent);
      if (batch && batch.count < batch.targetIds.length) return batch;
      if (batch && batch.count === MAX_BATCH_COUNT) {
        full.push({ agentNumber: agent, batch });
        filling.delete(agent);
      }
      const fresh = filling.has(agent)
        ? enlarged(batch as SampleBatch)
        : createSampleBatch(FIRST_CAPACITY, baseMs);
      filling.set(agent, fresh);
      return fresh;
    },
    finish(): WindowBatches {
      const precision = this.rounded ? 'rounded' : 'exact';
      const last = [...filling].map(([agentNumber, batch]) => ({ agentNumber, batch }));
      return [...full, ...last]
        .map((one): WindowBatches[number] => ({ ...one, precision }))
        .sort((a, b) => a.agentNumber - b.agentNumber);
    },
  };
}

function enlarged(batch: SampleBatch): SampleBatch {
  const larger = createSampleBatch(Math.min(MAX_BATCH_COUNT, 4 * batch.count), batch.baseMs);
  larger.count = batch.count;
  larger.targetIds.set(batch.targetIds);
  larger.offsetsUs.set(batch.offsetsUs);
  larger.rtts10ns.set(batch.rtts10ns);
  larger.outcomes.set(batch.outcomes);
  larger.codes.set(batch.codes);
  return larger;
}

export async function readStrip(
  parts: ReadParts,
  fromMs: number,
  toMs: number,
): Promise<{ startMs: Float64Array; prefixes: PrefixStrip[] }> {
  const from = Math.floor(fromMs / MINUTE_MS);
  const to = Math.max(from, Math.ceil(toMs / MINUTE_MS));
  if (!(to - from <= MAX_STRIP_MINUTES))
    throw new Problem('too-large', 'a strip of minutes is at most 31 days long', { field: '/toMs' });
  const slice = createTimeSlice();
  const prefixes = new Map<string, Map<number, StripRow>>();
  const add = (minute: number, prefix: string, row: StripRow) => {
    const rows = prefixes.get(prefix) ?? new Map<number, StripRow>();
    prefixes.set(prefix, rows);
    const known = rows.get(minute) ?? emptyStripRow();
    rows.set(minute, known);
    mergeStripRow(known, row);
  };

  for (let day = Math.floor(from / MINUTES_A_DAY); day * MINUTES_A_DAY < to; day++) {
    const sql = 'select minute, prefix, data from strip where minute >= ? and minute < ?';
    const rows = parts.files.use(
      'rollup',
      day,
      (file) =>
        file.read(sql).all(from, to) as unknown as { minute: number; prefix: string; data: Uint8Array }[],
    );
    for (const { minute, prefix, data } of rows ?? []) {
      try {
        add(minute, prefix, decodeStripRow(data));
      } catch (error) {
        parts.log.error(
          { err: error, minute, prefix },
          'a stored minute of a prefix is damaged and left out',
        );
      }
      if (slice.due()) await slice.pause();
    }
  }
  await parts.open.eachStrip(from, to, add, slice);

  const count = to - from;
  return {
    startMs: Float64Array.from({ length: count }, (_, i) => (from + i) * MINUTE_MS),
    prefixes: [...prefixes]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([prefix, minutes]) => stripColumns(prefix, from, count, minutes)),
  };
}

function stripColumns(
  prefix: string,
  from: number,
  count: number,
  minutes: Map<number, StripRow>,
): PrefixStrip {
  const strip: PrefixStrip = {
    prefix,
    sent: new Uint32Array(count),
    replies: new Uint32Array(count),
    p50Ns: new Float64Array(count).fill(Number.NaN),
  };
  for (const [minute, row] of minutes) {
    strip.sent[minute - from] = row.sent;
    strip.replies[minute - from] = row.replies;
    strip.p50Ns[minute - from] = logHistogramQuantile(row.rtts, 0.5) * RTT_UNIT_NS;
  }
  return strip;
}
