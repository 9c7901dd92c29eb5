/** What a series engine must answer, said as simply as can be: tests compare engines with it. */
import assert from 'node:assert/strict';
import { createSampleBatch, OUTCOME_REPLY, RTT_UNIT_NS, type SampleBatch } from '@maille/wire/link/samples';
import { isCharted, rollUp, rollupSeries } from './rollup.ts';
import {
  type AppendSource,
  type RawSeries,
  ROUNDED_RELATIVE_ERROR,
  type RollupSeries,
  type SeriesStore,
  type WindowStatistics,
} from './series-store.ts';
import { createSampleStatistics } from './window-statistics.ts';

export interface ModelSample {
  agentNumber: number;
  targetId: number;
  sentUs: number;
  rtt10ns: number;
  outcome: number;
  code: number;
}

export interface SeriesModel {
  samples: ModelSample[];
  append(source: AppendSource, batch: SampleBatch): 'stored' | 'duplicate';
  raw(targetId: number, fromMs: number, toMs: number, agentNumber?: number): RawSeries[];
  rollup(
    targetId: number,
    resolution: 'minute' | 'hour',
    fromMs: number,
    toMs: number,
    agentNumber?: number,
  ): RollupSeries[];
  /** From samples, exact. */
  statistics(
    targetIds: readonly number[],
    fromMs: number,
    toMs: number,
    agentNumber?: number,
  ): WindowStatistics;
}

export function createSeriesModel(): SeriesModel {
  const samples: ModelSample[] = [];
  const frames = new Set<string>();

  const agentsOf = (targetId: number, fromUs: number, toUs: number, agentNumber?: number) => {
    const agents = new Map<number, ModelSample[]>();
    for (const sample of samples) {
      if (sample.targetId !== targetId || sample.sentUs < fromUs || sample.sentUs >= toUs) continue;
      if (agentNumber !== undefined && sample.agentNumber !== agentNumber) continue;
      agents.set(sample.agentNumber, [...(agents.get(sample.agentNumber) ?? []), sample]);
    }
    for (const list of agents.values()) list.sort((a, b) => a.sentUs - b.sentUs);
    return [...agents].sort(([a], [b]) => a - b);
  };

  return {
    samples,
    append(source, batch) {
      const frame = `${source.agentNumber}/${source.epoch}/${source.sequence}`;
      if (frames.has(frame)) return 'duplicate';
      frames.add(frame);
      for (let i = 0; i < batch.count; i++) {
        samples.push({
          agentNumber: source.agentNumber,
          targetId: batch.targetIds[i] as number,
          sentUs: Math.round(batch.baseMs * 1_000) + (batch.offsetsUs[i] as number),
          rtt10ns: batch.rtts10ns[i] as number,
          outcome: batch.outcomes[i] as number,
          code: batch.codes[i] as number,
        });
      }
      return 'stored';
    },
    raw: (targetId, fromMs, toMs, agentNumber) =>
      agentsOf(targetId, fromMs * 1_000, toMs * 1_000, agentNumber).map(([agent, list]) => ({
        agentNumber: agent,
        count: list.length,
        sentAtMs: Float64Array.from(list, ({ sentUs }) => sentUs / 1_000),
        outcomes: Uint8Array.from(list, ({ outcome }) => outcome),
        codes: Uint8Array.from(list, ({ code }) => code),
        rttsNs: Float64Array.from(list, ({ rtt10ns }) => rtt10ns * RTT_UNIT_NS),
        precision: 'exact',
      })),
    rollup(targetId, resolution, fromMs, toMs, agentNumber) {
      const bucketUs = resolution === 'minute' ? 60_000_000 : 3_600_000_000;
      const from = Math.floor((fromMs * 1_000) / bucketUs) * bucketUs;
      const to = Math.ceil((toMs * 1_000) / bucketUs) * bucketUs;
      return agentsOf(targetId, from, to, agentNumber).map(([agent, list]) => {
        const buckets = new Map<number, ModelSample[]>();
        for (const sample of list) {
          const bucket = Math.floor(sample.sentUs / bucketUs);
          buckets.set(bucket, [...(buckets.get(bucket) ?? []), sample]);
        }
        return rollupSeries(
          agent,
          [...buckets].map(([bucket, some]) => ({
            startMs: (bucket * bucketUs) / 1_000,
            rollup: rollUp(columnsOf(some), 0, some.length),
          })),
        );
      });
    },
    statistics(targetIds, fromMs, toMs, agentNumber) {
      const statistics = createSampleStatistics();
      for (const targetId of targetIds) {
        for (const [, list] of agentsOf(targetId, fromMs * 1_000, toMs * 1_000, agentNumber))
          statistics.add(columnsOf(list), list.length);
      }
      return statistics.result(fromMs, toMs, 0);
    },
  };
}

const columnsOf = (list: ModelSample[]) => ({
  rtts10ns: list.map(({ rtt10ns }) => rtt10ns),
  outcomes: list.map(({ outcome }) => outcome),
  codes: list.map(({ code }) => code),
});

export type SampleRow = [targetId: number, sentMs: number, rttNs?: number, outcome?: number, code?: number];

/** A batch from rows; times are kept to the microsecond. */
export function batchOf(rows: SampleRow[]): SampleBatch {
  const baseMs = Math.floor(Math.min(...rows.map(([, sentMs]) => sentMs), Number.MAX_SAFE_INTEGER));
  const batch = createSampleBatch(rows.length, rows.length === 0 ? 0 : baseMs);
  for (const [targetId, sentMs, rttNs = 0, outcome = OUTCOME_REPLY, code = 0] of rows) {
    const i = batch.count++;
    batch.targetIds[i] = targetId;
    batch.offsetsUs[i] = Math.round((sentMs - baseMs) * 1_000);
    batch.rtts10ns[i] = rttNs / RTT_UNIT_NS;
    batch.outcomes[i] = outcome;
    batch.codes[i] = code;
  }
  return batch;
}

/**
 * Everything that can be asked between two times, compared. What says that it is rounded may be off as far as
 * the contract has it; hours are exact unless samples came after the day was closed (`lateInClosed`).
 */
export async function assertAsModel(
  store: SeriesStore,
  model: SeriesModel,
  targetIds: Iterable<number>,
  fromMs: number,
  toMs: number,
  { lateInClosed = false } = {},
): Promise<void> {
  for (const targetId of targetIds) {
    assertSamples(await store.readRaw(targetId, fromMs, toMs), model.raw(targetId, fromMs, toMs));
    for (const resolution of ['minute', 'hour'] as const) {
      const found = await store.readRollup(targetId, resolution, fromMs, toMs);
      const expected = model.rollup(targetId, resolution, fromMs, toMs);
      const what = `${resolution} rollups of target ${targetId}`;
      assertRollups(found, expected, what, lateInClosed);
    }
  }
}

export function assertSamples(found: RawSeries[], expected: RawSeries[]): void {
  if (found.every(({ precision }) => precision === 'exact')) {
    assert.deepEqual(found, expected);
    return;
  }
  assert.deepEqual(
    found.map(({ agentNumber, count }) => [agentNumber, count]),
    expected.map(({ agentNumber, count }) => [agentNumber, count]),
  );
  found.forEach((one, at) => {
    // Within a millisecond the order of times is not known any more, and what came late may lie before.
    const rows = (series: RawSeries) =>
      Array.from(series.sentAtMs, (sentMs, i) => ({
        sentMs: Math.floor(sentMs),
        verdict: (series.outcomes[i] as number) * 256 + (series.codes[i] as number),
        rttNs: series.rttsNs[i] as number,
      })).sort((a, b) => a.sentMs - b.sentMs || a.verdict - b.verdict || a.rttNs - b.rttNs);
    const right = rows(expected[at] as RawSeries);
    rows(one).forEach((row, i) => {
      const { sentMs, verdict, rttNs } = right[i] as (typeof right)[number];
      assert.deepEqual([row.sentMs, row.verdict], [sentMs, verdict]);
      assertNear(row.rttNs, rttNs, rttNs, 'an RTT');
    });
  });
}

export const assertNear = (found: number, expected: number, scaleNs: number, what: string): void => {
  const bound = ROUNDED_RELATIVE_ERROR * scaleNs * 1.000_001 + RTT_UNIT_NS;
  const near = Number.isNaN(expected) ? Number.isNaN(found) : Math.abs(found - expected) <= bound;
  assert.ok(near, `${what}: ${found}, not ${expected}`);
};

export function assertRollups(
  found: RollupSeries[],
  expected: RollupSeries[],
  what: string,
  lateInClosed = false,
): void {
  if (!lateInClosed && found.every(({ precision }) => precision === 'exact')) {
    assert.deepEqual(found, expected, what);
    return;
  }
  const exact = ({ agentNumber, count, startMs, sent, replies, outcomes }: RollupSeries) => ({
    agentNumber,
    count,
    startMs,
    sent,
    replies,
    outcomes,
  });
  assert.deepEqual(found.map(exact), expected.map(exact), what);
  expected.forEach((right, at) => {
    for (const name of ['minNs', 'p25Ns', 'p50Ns', 'p75Ns', 'p95Ns', 'p99Ns', 'maxNs', 'jitterNs'] as const)
      right[name].forEach((value, i) => {
        // Jitter is of differences: each of two RTTs may be off. What came late is rounded with samples that are.
        const times = (name === 'jitterNs' ? 2 : 1) * (lateInClosed ? 2 : 1);
        const scaleNs = times * (name === 'jitterNs' ? (right.maxNs[i] as number) : value);
        assertNear(found[at]?.[name][i] as number, value, scaleNs, `${what}, ${name}`);
      });
  });
}

/** The figures of a window against those of the samples themselves. */
export function assertStatistics(found: WindowStatistics, expected: WindowStatistics): void {
  if (found.relativeError === 0) {
    assert.deepEqual(found, expected);
    return;
  }
  assert.deepEqual(
    [found.sent, found.replies, found.outcomes],
    [expected.sent, expected.replies, expected.outcomes],
  );
  for (const name of ['minNs', 'p25Ns', 'p50Ns', 'p75Ns', 'p95Ns', 'p99Ns', 'maxNs', 'jitterNs'] as const) {
    const scaleNs = name === 'jitterNs' ? 2 * expected.maxNs : expected[name];
    assertNear(found[name], expected[name], scaleNs, name);
  }
}

/** Every sample of a window against those that were put in. */
export async function assertWindow(
  store: SeriesStore,
  samples: ModelSample[],
  fromMs: number,
  toMs: number,
): Promise<void> {
  const found: ModelSample[] = [];
  let rounded = false;
  for (const { agentNumber, batch, precision } of await store.readWindow(fromMs, toMs)) {
    rounded ||= precision === 'rounded';
    for (let i = 0; i < batch.count; i++) {
      found.push({
        agentNumber,
        targetId: batch.targetIds[i] as number,
        sentUs: Math.round(batch.baseMs * 1_000) + (batch.offsetsUs[i] as number),
        rtt10ns: batch.rtts10ns[i] as number,
        outcome: batch.outcomes[i] as number,
        code: batch.codes[i] as number,
      });
    }
  }
  const expected = samples.filter(({ sentUs }) => sentUs >= fromMs * 1_000 && sentUs < toMs * 1_000);
  if (!rounded) {
    assert.deepEqual(inOneOrder(found), inOneOrder(expected));
    return;
  }
  const floored = (one: ModelSample) => ({ ...one, sentUs: Math.floor(one.sentUs / 1_000) * 1_000 });
  const right = inOneOrder(expected.map(floored));
  assert.equal(found.length, right.length);
  inOneOrder(found.map(floored)).forEach((one, i) => {
    const { rtt10ns, ...rest } = right[i] as ModelSample;
    assert.deepEqual({ ...one, rtt10ns: 0 }, { ...rest, rtt10ns: 0 });
    assertNear(one.rtt10ns * RTT_UNIT_NS, rtt10ns * RTT_UNIT_NS, rtt10ns * RTT_UNIT_NS, 'an RTT');
  });
}

function inOneOrder(samples: ModelSample[]): ModelSample[] {
  const key = (s: ModelSample) => [s.agentNumber, s.targetId, s.sentUs, s.outcome, s.code, s.rtt10ns];
  return [...samples].sort((a, b) => {
    const left = key(a);
    const right = key(b);
    const at = left.findIndex((value, i) => value !== right[i]);
    return at < 0 ? 0 : (left[at] as number) - (right[at] as number);
  });
}

/** The one or two RTTs between which this quantile lies, whichever way it is taken. */
export function aroundNs(samples: ModelSample[], q: number): [low: number, high: number] {
  const rtts = samples
    .filter(({ outcome, code }) => isCharted(outcome, code))
    .map(({ rtt10ns }) => rtt10ns * RTT_UNIT_NS)
    .sort((a, b) => a - b);
  const rank = q * (rtts.length - 1);
  return [rtts[Math.floor(rank)] as number, rtts[Math.ceil(rank)] as number];
}
