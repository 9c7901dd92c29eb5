import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createSampleBatch,
  OUTCOME_DUPLICATE,
  OUTCOME_LATE,
  OUTCOME_LOCAL_ERROR,
  OUTCOME_REPLY,
  OUTCOME_TIMEOUT,
  type SampleBatch,
} from '@maille/wire/link/samples';
import fc from 'fast-check';
import {
  isAnswered,
  LEVEL_LATE,
  LEVEL_NONE,
  LEVEL_NOT_SENT,
  LEVEL_TIMEOUT,
  levelOfRtt,
  rttOfLevel,
  shareOfRtt,
} from './sample-level.ts';
import { createSampleWindow, emptySummary, type TargetSummary } from './sample-window.ts';

const SECOND = 1_800_000_000;
const NOW = SECOND * 1_000 + 500;
interface Sample {
  id: number;
  sentMs: number;
  outcome?: number;
  rttNs?: number;
  code?: number;
}

function batchOf(samples: Sample[]): SampleBatch {
  const baseMs = Math.min(...samples.map(({ sentMs }) => sentMs));
  const batch = createSampleBatch(samples.length, baseMs);
  samples.forEach(({ id, sentMs, outcome = OUTCOME_REPLY, rttNs = 1e6, code = 0 }, i) => {
    batch.targetIds[i] = id;
    batch.offsetsUs[i] = (sentMs - baseMs) * 1_000;
    batch.rtts10ns[i] = outcome === OUTCOME_TIMEOUT ? 0 : rttNs / 10;
    batch.outcomes[i] = outcome;
    batch.codes[i] = code;
  });
  batch.count = samples.length;
  return batch;
}

function summaryOf(window: ReturnType<typeof createSampleWindow>, id: number, agent?: number): TargetSummary {
  const summary = emptySummary();
  window.summarize(window.indexOf(id), summary, agent);
  return summary;
}

test('an RTT comes back from its level within 3 %, and levels are ordered', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e4, max: 1e10, noNaN: true }), (rttNs) => {
      const level = levelOfRtt(rttNs);
      assert.ok(isAnswered(level));
      assert.ok(Math.abs(rttOfLevel(level) / rttNs - 1) < 0.03);
      assert.ok(levelOfRtt(rttNs * 1.1) >= level);
    }),
  );
  assert.equal(levelOfRtt(0), levelOfRtt(1e4));
  assert.equal(shareOfRtt(1e5), 0);
  assert.equal(shareOfRtt(1e9), 1);
});

test('a minute fills up, and each second is forgotten after sixty', () => {
  const window = createSampleWindow(2);
  for (let i = 0; i < 200; i++) {
    window.advanceTo(NOW + i * 1_000);
    window.ingest(
      1,
      batchOf([{ id: 9, sentMs: NOW + i * 1_000, outcome: i === 100 ? OUTCOME_TIMEOUT : OUTCOME_REPLY }]),
    );
    const { sent, lost } = summaryOf(window, 9);
    assert.equal(sent, Math.min(60, i + 1));
    assert.equal(lost, i >= 100 && i < 160 ? 1 : 0, `second ${i}`);
  }
  window.advanceTo(NOW + 1_000_000);
  assert.equal(summaryOf(window, 9).level, LEVEL_NONE);
});

test('a beat near the turn of the second leaves neither doubles nor holes', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 50, maxLength: 50 }), (jitter) => {
      const window = createSampleWindow();
      window.advanceTo(NOW + 60_000);
      jitter.forEach((offset, i) => {
        window.ingest(
          1,
          batchOf([{ id: 1, sentMs: SECOND * 1_000 + 10_000 + i * 1_000 + (i === 0 ? 0 : offset) }]),
        );
      });
      assert.equal(summaryOf(window, 1).sent, 50);
    }),
  );
});

test('several agents: the worst is shown, each can be chosen', () => {
  const window = createSampleWindow();
  window.advanceTo(NOW);
  window.ingest(1, batchOf([{ id: 5, sentMs: NOW, rttNs: 2e6 }]));
  window.ingest(2, batchOf([{ id: 5, sentMs: NOW + 100, outcome: OUTCOME_TIMEOUT }]));
  assert.equal(summaryOf(window, 5).level, LEVEL_TIMEOUT);
  assert.equal(summaryOf(window, 5, 1).rttNs, 2e6);
  assert.equal(summaryOf(window, 5, 3).level, LEVEL_NONE);
  assert.deepEqual(window.agents, [1, 2]);
});

test('an error of ours is not loss, a late reply stays loss, a duplicate is nothing', () => {
  const window = createSampleWindow();
  window.advanceTo(NOW);
  window.ingest(1, batchOf([{ id: 1, sentMs: NOW, outcome: OUTCOME_LOCAL_ERROR, rttNs: 0, code: 101 }]));
  const notSent = { ageSeconds: 0, sent: 0, lost: 0, deviation: Number.NaN };
  assert.deepEqual(
    { ...summaryOf(window, 1) },
    { level: LEVEL_NOT_SENT, rttNs: 0, ...notSent, errno: 101 },
    'its reason is no RTT',
  );
  window.ingest(2, batchOf([{ id: 1, sentMs: NOW, rttNs: 3e6 }]));
  assert.deepEqual(
    { ...summaryOf(window, 1) },
    { level: levelOfRtt(3e6), rttNs: 3e6, ...notSent, sent: 1, errno: 0 },
    'another agent reaches it',
  );
  window.ingest(1, batchOf([{ id: 2, sentMs: NOW, outcome: OUTCOME_TIMEOUT }]));
  window.ingest(1, batchOf([{ id: 2, sentMs: NOW, outcome: OUTCOME_LATE, rttNs: 2e9 }]));
  assert.equal(summaryOf(window, 2).level, LEVEL_LATE);
  assert.equal(summaryOf(window, 2).lost, 1);
  window.ingest(1, batchOf([{ id: 3, sentMs: NOW, outcome: OUTCOME_DUPLICATE }]));
  assert.equal(summaryOf(window, 3).level, LEVEL_NONE);
});

test('a backlog is placed by its own time; what lies outside is counted', () => {
  const window = createSampleWindow();
  window.advanceTo(NOW);
  window.ingest(1, batchOf([{ id: 1, sentMs: NOW - 30_000 }]));
  assert.equal(summaryOf(window, 1).ageSeconds, 30);
  window.ingest(1, batchOf([{ id: 1, sentMs: NOW - 61_000 }]));
  window.ingest(1, batchOf([{ id: 1, sentMs: NOW + 20_000 }]));
  assert.equal(window.outside(), 2);
  assert.equal(summaryOf(window, 1).sent, 1);
});

test('an agent whose clock runs a few seconds ahead shows when its time comes', () => {
  const window = createSampleWindow();
  window.advanceTo(NOW);
  window.ingest(1, batchOf([{ id: 1, sentMs: NOW + 3_000 }]));
  assert.equal(summaryOf(window, 1).level, LEVEL_NONE);
  window.advanceTo(NOW + 3_000);
  assert.equal(summaryOf(window, 1).ageSeconds, 0);
});

test('targets beyond the capacity make room and lose nothing', () => {
  const window = createSampleWindow(4);
  window.advanceTo(NOW);
  for (let id = 1; id <= 50; id++) window.ingest(1, batchOf([{ id, sentMs: NOW, rttNs: id * 1e6 }]));
  for (let id = 1; id <= 50; id++) assert.equal(summaryOf(window, id).rttNs, id * 1e6);
});

test('changes are told once; a second that passes changes all', () => {
  const window = createSampleWindow();
  window.advanceTo(NOW);
  window.takeChanges();
  window.ingest(
    1,
    batchOf([
      { id: 7, sentMs: NOW },
      { id: 8, sentMs: NOW },
      { id: 7, sentMs: NOW - 1_000 },
    ]),
  );
  const changes = window.takeChanges();
  assert.equal(changes.all, false);
  assert.deepEqual([...changes.indexes].sort(), [window.indexOf(7), window.indexOf(8)]);
  assert.deepEqual(window.takeChanges().indexes, []);
  window.advanceTo(NOW + 1_000);
  assert.equal(window.takeChanges().all, true);
});

test('only samples of the asked time are taken', () => {
  const window = createSampleWindow();
  window.advanceTo(NOW);
  const minute = batchOf(Array.from({ length: 60 }, (_, i) => ({ id: 1, sentMs: NOW - i * 1_000 })));
  window.ingest(1, minute, NOW - 10_000, NOW);
  assert.equal(summaryOf(window, 1).sent, 10);
  window.ingest(1, minute, NOW - 60_000, NOW - 10_000);
  assert.equal(summaryOf(window, 1).sent, 60);
});
