import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampleBatch, OUTCOME_REPLY, OUTCOME_TIMEOUT } from '@maille/wire/link/samples';
import {
  createBaselinePlane,
  DEVIATION_STEPS,
  deviationOf,
  deviationOfRtt,
  NOTABLE_FROM,
  SEVERE_FROM,
  setBaseline,
  stepOfDeviation,
} from './deviation.ts';
import { levelOfRtt } from './sample-level.ts';
import { createSampleWindow, emptySummary } from './sample-window.ts';

const MS = 1e6;

test('half as much again is severe where an address is steady, and calm where it never was', () => {
  assert.ok(deviationOfRtt(30 * MS, 20 * MS, 0.06) > SEVERE_FROM);
  assert.ok(deviationOfRtt(30 * MS, 20 * MS, 0.4) < NOTABLE_FROM);
  assert.ok(deviationOfRtt(12 * MS, 20 * MS, 0.06) < 0, 'faster is no alarm');
});

test('next door twice as long is nothing: the change itself must be worth a word', () => {
  assert.ok(deviationOfRtt(0.4 * MS, 0.2 * MS, 0.05) < NOTABLE_FROM);
  assert.ok(deviationOfRtt(2.2 * MS, 0.2 * MS, 0.05) > SEVERE_FROM);
});

test('levels tell nearly what the exact RTT does', () => {
  const plane = createBaselinePlane(1);
  setBaseline(plane, 0, 20 * MS, 0.08);
  for (const rtt of [22, 25, 30, 80])
    assert.ok(
      Math.abs(deviationOf(plane, 0, levelOfRtt(rtt * MS)) - deviationOfRtt(rtt * MS, 20 * MS, 0.08)) < 0.5,
      `${rtt} ms`,
    );
});

test('steps: nothing for what is not known, one for all that is calm, the last for the worst', () => {
  assert.equal(stepOfDeviation(Number.NaN), 0);
  assert.equal(stepOfDeviation(-9), 1);
  assert.equal(stepOfDeviation(NOTABLE_FROM), 1);
  assert.equal(stepOfDeviation(99), DEVIATION_STEPS);
});

const NOW_MS = 1_800_000_000_500;

function windowOf(rttsMs: readonly (number | undefined)[], agentNumber = 1) {
  const window = createSampleWindow();
  window.advanceTo(NOW_MS);
  const batch = createSampleBatch(rttsMs.length, NOW_MS - (rttsMs.length - 1) * 1_000);
  for (const [i, rtt] of rttsMs.entries()) {
    batch.targetIds[i] = 7;
    batch.offsetsUs[i] = i * 1_000_000;
    batch.rtts10ns[i] = (rtt ?? 0) * 100_000;
    batch.outcomes[i] = rtt === undefined ? OUTCOME_TIMEOUT : OUTCOME_REPLY;
  }
  batch.count = rttsMs.length;
  window.ingest(agentNumber, batch);
  return window;
}

const usual = (agentNumber: number, ms: number) => ({
  targetIds: [7],
  agentNumbers: [agentNumber],
  rttNs: [ms * MS],
  spread: [0.06],
});

function deviationIn(window: ReturnType<typeof createSampleWindow>, agent?: number, id = 7): number {
  const summary = emptySummary();
  window.summarize(window.indexOf(id), summary, agent);
  return summary.deviation;
}

test('one spike does not colour a cell, three answers of five do; a lost echo is no answer', () => {
  const spike = windowOf([10, 10, 10, 10, 60]);
  assert.ok(Number.isNaN(deviationIn(spike)), 'nothing is known of what is usual');
  spike.setBaselines(usual(1, 10));
  assert.ok(deviationIn(spike) < NOTABLE_FROM);
  const slow = windowOf([10, 10, 60, undefined, 60, 60]);
  slow.setBaselines(usual(1, 10));
  assert.ok(deviationIn(slow) > SEVERE_FROM);
});

test('each agent is held against its own past; together the worst is shown', () => {
  const window = windowOf([100, 100, 100], 1);
  const near = createSampleBatch(1, NOW_MS);
  near.targetIds[0] = 7;
  near.rtts10ns[0] = 10 * 100_000;
  near.count = 1;
  window.ingest(2, near);
  window.setBaselines({
    targetIds: [7, 7],
    agentNumbers: [1, 2],
    rttNs: [100 * MS, 5 * MS],
    spread: [0.06, 0.06],
  });
  assert.ok(deviationIn(window, 1) < NOTABLE_FROM);
  assert.ok(deviationIn(window, 2) > SEVERE_FROM);
  assert.ok(deviationIn(window) > SEVERE_FROM);
});

test('a minute has a step where it answered, and none where nothing is known', () => {
  const window = windowOf([10, undefined, 40]);
  const steps = new Uint8Array(60);
  window.deviations(window.indexOf(7), steps);
  assert.ok(steps.every((step) => step === 0));
  window.setBaselines(usual(1, 10));
  window.deviations(window.indexOf(7), steps);
  const now = Math.floor(NOW_MS / 1_000) % 60;
  const at = (age: number) => steps[(now - age + 60) % 60];
  assert.deepEqual([at(2), at(1), at(0)], [1, 0, DEVIATION_STEPS]);
  window.setBaselines(undefined);
  assert.ok(Number.isNaN(deviationIn(window)));
});

test('room for more targets keeps what is usual', () => {
  const window = createSampleWindow(2);
  const ids = Array.from({ length: 20 }, (_, i) => i + 1);
  window.setBaselines({
    targetIds: ids,
    agentNumbers: ids.map(() => 1),
    rttNs: ids.map(() => MS),
    spread: ids.map(() => 0.1),
  });
  window.advanceTo(NOW_MS);
  const batch = createSampleBatch(ids.length, NOW_MS);
  batch.targetIds.set(ids);
  batch.rtts10ns.fill(100_000);
  batch.count = ids.length;
  window.ingest(1, batch);
  for (const id of ids) assert.ok(Math.abs(deviationIn(window, 1, id)) < 0.5, `target ${id}`);
});
