import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Series } from '@maille/wire/rest/targets';
import { chartColumns, lossBuckets } from './chart-data.ts';
import { movedSeries } from './chart-line.ts';
import { logRange, logSplits } from './log-splits.ts';
import { seriesCsv } from './series-csv.ts';

const T = Date.UTC(2026, 10, 21, 12);
const raw: Series = {
  resolution: 'raw',
  fromMs: T,
  toMs: T + 60_000,
  agentNumber: 1,
  raw: {
    sentAtMs: [T, T + 1_000, T + 2_000, T + 3_000, T + 20_000, T + 21_000],
    //        reply, timeout, first reply, late, reply, our own error
    outcome: [0, 1, 0, 4, 0, 6],
    code: [0, 0, 1, 0, 0, 101],
    rttNs: [2e6, null, 9e6, 2e9, 3e6, null],
    precision: 'exact',
  },
};
const rollup: Series = {
  resolution: 'minute',
  fromMs: T,
  toMs: T + 600_000,
  agentNumber: 2,
  rollup: {
    startMs: [T, T + 60_000, T + 300_000],
    sent: [60, 60, 60],
    replies: [60, 30, 0],
    outcomes: { reply: [60, 30, 0], timeout: [0, 30, 60] },
    minNs: [1e6, 2e6, null],
    p25Ns: [2e6, 3e6, null],
    p50Ns: [3e6, 4e6, null],
    p75Ns: [4e6, 5e6, null],
    p95Ns: [5e6, 6e6, null],
    p99Ns: [6e6, 7e6, null],
    maxNs: [7e6, 8e6, null],
    jitterNs: [1e5, 1e5, null],
    precision: 'exact',
  },
};

test('samples: loss is a hole and a mark, our own errors are neither, the first RTT is not drawn', () => {
  const { times, rtt, loss } = chartColumns(raw);
  assert.deepEqual(
    times,
    [0, 1, 2, 3, 20].map((s) => T / 1_000 + s),
  );
  assert.deepEqual(rtt.p50Ns, [2, null, null, null, 3]);
  assert.deepEqual(loss, [0, 1, 0, null, 0]);
});

test('rollups: minutes that are not there are holes, silent ones are loss', () => {
  const { times, rtt, loss } = chartColumns(rollup);
  assert.deepEqual(
    times,
    [0, 60, 120, 300].map((s) => T / 1_000 + s),
  );
  assert.deepEqual(rtt.p50Ns, [3, 4, null, null]);
  assert.deepEqual(loss, [0, 0.5, null, 1]);
});

test('a series from before lies under the present one: its times are moved, nothing else', () => {
  const moved = movedSeries(rollup, 60_000);
  assert.deepEqual(moved.rollup?.startMs, [T + 60_000, T + 120_000, T + 360_000]);
  assert.equal(moved.fromMs, T + 60_000);
  assert.deepEqual({ ...moved.rollup, startMs: [] }, { ...rollup.rollup, startMs: [] });
  assert.deepEqual(movedSeries(raw, -1_000).raw?.sentAtMs[0], T - 1_000);
});

test('loss by the minute', () => {
  assert.deepEqual(lossBuckets(raw), { times: [T / 1_000], percent: [25], stepSeconds: 60 });
  assert.deepEqual(lossBuckets(rollup).percent, [0, 50, 100]);
});

test('marks of a log axis are few, round and inside', () => {
  assert.deepEqual(logSplits(0.8, 30, 8), [1, 2, 5, 10, 20]);
  assert.deepEqual(logSplits(0.001, 1_000, 8), [0.001, 0.01, 0.1, 1, 10, 100, 1_000]);
  const [low, high] = logRange(5, 5);
  assert.ok(low < 5 && high > 5 && Math.abs(high / low - 3) < 1e-9);
  assert.deepEqual(logRange(null, null), [0.1, 100]);
});

test('CSV: units in the headings, no value is empty, other people’s names are no formulas', () => {
  const lines = seriesCsv([raw], () => '=cmd|"x"').split('\r\n');
  assert.equal(lines[0], 'time,agent,outcome,code,rtt_ns');
  assert.equal(lines[1], `2026-11-21T12:00:00.000Z,"'=cmd|""x""",reply,0,2000000`);
  assert.equal(lines[2], `2026-11-21T12:00:01.000Z,"'=cmd|""x""",timeout,0,`);
  assert.match(seriesCsv([rollup], String), /^time,agent,sent,replies,min_ns,p25_ns/);
});
