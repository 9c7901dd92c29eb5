import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '@maille/base/problem';
import type { ExperimentNews, ExperimentPlan } from '@maille/wire/experiment';
import { ratesOf } from '@maille/wire/experiment-plan';
import { OUTCOME_LOCAL_ERROR, OUTCOME_REPLY, OUTCOME_TIMEOUT } from '@maille/wire/link/samples';
import { createExperimentRun } from './experiment-run.ts';

const plan = (more: Partial<ExperimentPlan> = {}): ExperimentPlan => ({
  addresses: ['10.0.0.1', '10.0.0.2'],
  fromRate: 10,
  toRate: 40,
  steps: 3,
  ramp: 'geometric',
  stepSeconds: 4,
  timeoutMs: 500,
  maxLossPercent: 5,
  ...more,
});

interface World {
  /** Share of the probes that are lost at a rate over all addresses. */
  loss?: (totalRate: number) => number;
  rttNs?: (totalRate: number) => number;
  /** Nobody says to go on from then. */
  silentFromMs?: number;
  stopAtMs?: number;
}

/** Plays it in steps of 10 ms against a network that loses evenly; a lost probe has its verdict at its timeout. */
function play(asked: ExperimentPlan, world: World = {}) {
  const run = createExperimentRun(7, asked, 1_000);
  const news: ExperimentNews[] = [];
  const waiting: { dueMs: number; tell(): void }[] = [];
  let sent = 0;
  let lastSentMs = 0;
  let owed = 0;
  let lossOwed = 0;
  let highestRate = 0;
  for (let atMs = 0; !run.over && atMs < 3_600_000; atMs += 10) {
    if (atMs < (world.silentFromMs ?? Number.POSITIVE_INFINITY)) run.keepalive(1_000 + atMs);
    if (atMs === world.stopAtMs) run.stop('stopped');
    const rate = run.totalRate;
    highestRate = Math.max(highestRate, rate);
    for (owed += rate / 100; owed >= 1; owed--) {
      sent++;
      lastSentMs = atMs;
      lossOwed += world.loss?.(rate) ?? 0;
      const lost = lossOwed >= 1;
      if (lost) lossOwed--;
      const rttNs = world.rttNs?.(rate) ?? 1e6;
      const sentMs = atMs;
      waiting.push({
        dueMs: sentMs + (lost ? asked.timeoutMs : rttNs / 1e6),
        tell: () => run.verdict(sentMs, lost ? OUTCOME_TIMEOUT : OUTCOME_REPLY, 0, lost ? 0 : rttNs),
      });
    }
    while (waiting[0] && waiting[0].dueMs <= atMs) (waiting.shift() as (typeof waiting)[0]).tell();
    waiting.sort((a, b) => a.dueMs - b.dueMs);
    const told = run.tick(1_000 + atMs);
    if (told) news.push(told);
  }
  const seconds = news.flatMap((one) => one.seconds);
  const steps = news.flatMap((one) => one.steps);
  return { end: news.at(-1)?.ended, seconds, steps, sent, lastSentMs, highestRate };
}

test('goes through its steps, and tells each second and each step once', () => {
  const { end, seconds, steps, sent, lastSentMs } = play(plan(), { rttNs: (rate) => rate * 1e5 });
  assert.equal(end, 'finished');
  assert.deepEqual(
    seconds.map(({ second }) => second),
    Array.from({ length: 18 }, (_, i) => i),
  );
  assert.deepEqual(
    steps.map(({ step, rate }) => [step, rate]),
    [
      [0, 1],
      [1, 10],
      [2, 20],
      [3, 40],
    ],
  );
  assert.ok(lastSentMs <= 18_000);
  assert.equal(
    steps.reduce((sum, step) => sum + step.sent, 0),
    sent,
  );
  assert.ok(Math.abs((steps[3]?.p50Ns as number) - 8e6) < 1e5);
  assert.equal(steps[0]?.sent, 12);
  assert.ok(Math.abs((steps[3]?.sent as number) - 320) <= 1, `${steps[3]?.sent}`);
});

test('too much loss ends it, a second and a timeout after it began', () => {
  const { end, steps, lastSentMs, highestRate } = play(plan(), { loss: (rate) => (rate > 30 ? 0.2 : 0) });
  assert.equal(end, 'loss');
  assert.equal(highestRate, 40); // 20 a second to each of two addresses; 80 was never reached
  assert.ok(lastSentMs >= 10_000 && lastSentMs < 13_000, `${lastSentMs}`);
  assert.equal(steps.at(-1)?.step, 2);
  assert.ok((steps.at(-1)?.lost as number) > 0);
});

test('loss without any load ends it before it begins; a few lost within the limit do not', () => {
  const before = play(plan(), { loss: () => 0.3 });
  assert.deepEqual([before.end, before.highestRate], ['baseline', 2]);
  assert.equal(play(plan({ maxLossPercent: 10 }), { loss: (rate) => (rate > 2 ? 0.05 : 0) }).end, 'finished');
});

test('the button ends it at once, and what was sent still gets its verdict', () => {
  const { end, lastSentMs, sent, steps } = play(plan(), { stopAtMs: 8_330 });
  assert.equal(end, 'stopped');
  assert.ok(lastSentMs <= 8_330);
  assert.equal(
    steps.reduce((sum, step) => sum + step.replies, 0),
    sent,
  );
});

test('it stops by itself when nobody says to go on', () => {
  const { end, lastSentMs } = play(plan(), { silentFromMs: 6_000 });
  assert.equal(end, 'silence');
  assert.ok(lastSentMs > 6_000 && lastSentMs <= 8_010, `${lastSentMs}`);
});

test('what could not be sent is not lost', () => {
  const run = createExperimentRun(1, plan({ steps: 1, stepSeconds: 2 }), 0);
  run.verdict(100, OUTCOME_LOCAL_ERROR, 105, 0);
  run.verdict(200, OUTCOME_REPLY, 0, 5e5);
  const row = run.tick(1_700)?.seconds[0];
  assert.deepEqual([row?.sent, row?.notSent, row?.lost], [1, 1, 0]);
});

test('rates rise by equal ratios or differences, and end where they should', () => {
  assert.deepEqual(ratesOf(plan({ fromRate: 1, toRate: 1_000, steps: 4 })), [1, 1, 10, 100, 1_000]);
  assert.deepEqual(
    ratesOf(plan({ fromRate: 10, toRate: 40, steps: 4, ramp: 'linear' })),
    [1, 10, 20, 30, 40],
  );
  assert.deepEqual(ratesOf(plan({ fromRate: 10, toRate: 40, steps: 1 })), [1, 40]);
});

test('a plan over its bounds is refused, with the field', () => {
  const addresses = Array.from({ length: 100 }, (_, i) => `10.0.0.${i}`);
  for (const [more, field] of [
    [{ fromRate: 50, toRate: 40 }, '/toRate'],
    [{ addresses, toRate: 201 }, '/toRate'],
    [{ steps: 100, stepSeconds: 18 }, '/stepSeconds'],
  ] as const)
    assert.throws(
      () => createExperimentRun(1, plan(more as Partial<ExperimentPlan>), 0),
      (problem: Problem) =>
        problem.code === 'invalid' && problem.field === field && problem.remedy !== undefined,
    );
});
