import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampleBatch, encodeSampleBatch } from '@maille/wire/link/samples';
import { createMinuteRows, NO_RTT } from '@maille/wire/rest/minute-rows';
import type { Series } from '@maille/wire/rest/targets';
import { batchesOfMinutes } from './past-hours.ts';
import { createPastMinutes } from './past-minutes.ts';
import { batchesOfSeries } from './past-target.ts';
import { isAnswered } from './sample-level.ts';
import { createSampleWindow, emptySummary } from './sample-window.ts';

const batch = createSampleBatch(2, 60_000);
batch.count = 2;
const encoded = Buffer.from(encodeSampleBatch(batch)).toString('base64');

test('a minute is fetched once, then it is there', async () => {
  const asked: number[] = [];
  const minutes = createPastMinutes(async (endsAtMs) => {
    asked.push(endsAtMs);
    return { batches: [{ agentNumber: 3, batch: encoded }] };
  });
  assert.equal(minutes.ready(1), undefined);
  const [a, b] = await Promise.all([minutes.piece(1), minutes.piece(1)]);
  assert.equal(a, b);
  assert.equal(minutes.ready(1)?.[0]?.batch.count, 2);
  assert.deepEqual(asked, [120_000]);
});

test('old minutes go, and a failure is tried again', async () => {
  let fail = true;
  let asked = 0;
  const minutes = createPastMinutes(async () => {
    asked++;
    if (fail) throw new Error('away');
    return { batches: [] };
  });
  await assert.rejects(minutes.piece(7), /away/);
  fail = false;
  await minutes.piece(7);
  assert.equal(asked, 2);
  for (let minute = 8; minute < 20; minute++) await minutes.piece(minute);
  assert.equal(minutes.ready(7), undefined);
  assert.deepEqual(minutes.ready(19), []);
});

test('minutes as ticks: lost where half was lost, with loss where any was, and none where nothing was sent', () => {
  const rows = createMinuteRows(4);
  const minute = 30_000_000;
  rows.minutes.set([minute, minute, minute, minute]);
  rows.targetIds.set([1, 2, 3, 4]);
  rows.sent.set([60, 60, 60, 0]);
  rows.replies.set([60, 59, 20, 0]);
  rows.p50s10ns.set([1e6, 1e6, 1e6, NO_RTT]);
  const window = createSampleWindow();
  window.advanceTo(minute * 1_000 + 999);
  for (const made of batchesOfMinutes(rows)) window.ingest(1, made);
  const about = [1, 2, 3, 4].map((id) => {
    const summary = emptySummary();
    window.summarize(window.indexOf(id), summary);
    return [isAnswered(summary.level), summary.sent, summary.lost];
  });
  assert.deepEqual(about, [
    [true, 1, 0],
    [true, 1, 1],
    [false, 1, 1],
    [false, 0, 0],
  ]);
});

test('one target’s series fill a window as the whole grid’s batches do', () => {
  const nothing = { resolution: 'raw', fromMs: 0, toMs: 1, agentNumber: 4 } as const;
  const precision = 'exact';
  const raw: NonNullable<Series['raw']> = {
    sentAtMs: [60_000.5, 61_000.5],
    outcome: [0, 1],
    code: [0, 0],
    rttNs: [2e6, null],
    precision,
  } as const;
  const [found] = batchesOfSeries(9, [
    { ...nothing, raw },
    { ...nothing, raw: { sentAtMs: [], outcome: [], code: [], rttNs: [], precision } },
  ]);
  assert.equal(found?.agentNumber, 4);
  assert.deepEqual([...(found?.batch.targetIds ?? [])], [9, 9]);
  assert.equal((found?.batch.baseMs ?? 0) + (found?.batch.offsetsUs[1] ?? 0) / 1_000, 61_000.5);
  assert.equal(found?.batch.rtts10ns[0], 200_000);
});
