import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createSampleBatch,
  OUTCOME_DUPLICATE,
  OUTCOME_LATE,
  OUTCOME_LOCAL_ERROR,
  OUTCOME_REFUSED,
  OUTCOME_REPLY,
  OUTCOME_TIMEOUT,
} from '@maille/wire/link/samples';
import { type Alarm, type AlarmEnd, createSeriesDetector } from './series-detector.ts';

const START_MS = Date.UTC(2026, 0, 1);

function setUp(intervalMs = 1_000) {
  const alarms: Alarm[] = [];
  const ends: AlarmEnd[] = [];
  const detector = createSeriesDetector({
    raised: (alarm) => void alarms.push(alarm),
    ended: (end) => void ends.push(end),
    intervalMsOf: () => intervalMs,
  });
  let sentMs = START_MS;
  const send = (count: number, outcome: number, rttMs = 10, targetId = 1) => {
    const batch = createSampleBatch(count, sentMs);
    for (let i = 0; i < count; i++) {
      batch.targetIds[i] = targetId;
      batch.offsetsUs[i] = i * intervalMs * 1_000;
      batch.outcomes[i] = outcome;
      // A little noise, always the same.
      batch.rtts10ns[i] = outcome === OUTCOME_REPLY ? rttMs * 1e5 * (1 + 0.01 * Math.sin(i * 7.1)) : 0;
    }
    batch.count = count;
    detector.take(1, batch);
    sentMs += count * intervalMs;
  };
  return { detector, alarms, ends, send, now: () => sentMs };
}

test('four lost in a row are silence since the first of them, at whatever interval', () => {
  for (const intervalMs of [1_000, 60_000, 3_600_000]) {
    const { alarms, ends, send, now } = setUp(intervalMs);
    send(700, OUTCOME_REPLY);
    const failedMs = now();
    send(3, OUTCOME_TIMEOUT);
    assert.equal(alarms.length, 0);
    send(1, OUTCOME_TIMEOUT);
    assert.equal(alarms.length, 1);
    const { kind, sinceMs, lossRatio, score, threshold, baselineRttNs } = alarms[0] as Alarm;
    assert.deepEqual([kind, sinceMs, lossRatio], ['silent', failedMs, 1]);
    assert.ok(score > threshold);
    assert.ok(Math.abs((baselineRttNs as number) - 1e7) < 3e5, `${baselineRttNs}`);
    send(20, OUTCOME_TIMEOUT);
    const recoveredMs = now();
    send(60, OUTCOME_REPLY);
    assert.deepEqual(
      ends.map(({ family, endedMs, adopted }) => [family, endedMs, adopted]),
      [['loss', recoveredMs, false]],
    );
  }
});

test('what failed here says nothing of a target; late and duplicate come on top; refused is lost', () => {
  const { alarms, send } = setUp();
  send(700, OUTCOME_REPLY);
  for (const outcome of [OUTCOME_LOCAL_ERROR, OUTCOME_LATE, OUTCOME_DUPLICATE]) send(50, outcome);
  assert.equal(alarms.length, 0);
  send(4, OUTCOME_REFUSED);
  assert.deepEqual(
    alarms.map(({ kind }) => kind),
    ['silent'],
  );
});

test('an address that never answered raises nothing; once it has answered for a while, it does', () => {
  const { alarms, send } = setUp();
  send(20_000, OUTCOME_TIMEOUT);
  assert.equal(alarms.length, 0);
  send(600, OUTCOME_REPLY);
  send(10, OUTCOME_TIMEOUT);
  assert.equal(alarms[0]?.kind, 'silent');
});

test('a new level of RTT ends as the new usual after an hour, and is what the next is measured against', () => {
  const { alarms, ends, send, detector } = setUp();
  send(4_000, OUTCOME_REPLY, 10);
  send(3_500, OUTCOME_REPLY, 20);
  assert.deepEqual(
    alarms.map(({ kind }) => kind),
    ['rtt'],
  );
  assert.ok(Math.abs((alarms[0]?.rttNs as number) - 2e7) < 1e6, `${alarms[0]?.rttNs}`);
  assert.deepEqual(ends, []);
  send(200, OUTCOME_REPLY, 20);
  assert.deepEqual(
    ends.map(({ family, adopted }) => [family, adopted]),
    [['rtt', true]],
  );
  send(2_000, OUTCOME_REPLY, 20);
  assert.equal(alarms.length, 1);
  const series = detector.find(1, 1) as number;
  assert.ok(Math.abs((detector.baselineOf(series)?.rttNs as number) - 2e7) < 5e5);
});

test('a tenth of a millisecond is no news, whatever its share; a single spike neither', () => {
  const { alarms, send } = setUp();
  send(4_000, OUTCOME_REPLY, 0.2);
  send(600, OUTCOME_REPLY, 0.4);
  send(600, OUTCOME_REPLY, 0.2);
  for (let i = 0; i < 20; i++) {
    send(1, OUTCOME_REPLY, 30);
    send(60, OUTCOME_REPLY, 0.2);
  }
  assert.equal(alarms.length, 0);
});

test('jitter that has risen for minutes is told, with RTT about as usual', () => {
  const { alarms, send } = setUp();
  send(8_000, OUTCOME_REPLY, 20);
  for (let i = 0; i < 900; i++) send(1, OUTCOME_REPLY, i % 2 === 0 ? 18.2 : 21.8);
  assert.deepEqual(
    alarms.map(({ kind }) => kind),
    ['jitter'],
  );
});

test('what was learnt goes on in another detector: no new warm-up', () => {
  const { detector, send } = setUp();
  send(4_000, OUTCOME_REPLY, 20);
  const learnt = detector.learnt(detector.find(1, 1) as number);
  const next = setUp();
  next.detector.teach(next.detector.place(1, 1), learnt);
  next.send(20, OUTCOME_REPLY, 30);
  assert.deepEqual(
    next.alarms.map(({ kind }) => kind),
    ['rtt'],
  );
});

test('sums of before a long gap do not count; a target that is gone is forgotten', () => {
  const { alarms, send, detector } = setUp();
  send(700, OUTCOME_REPLY);
  send(3, OUTCOME_TIMEOUT);
  const batch = createSampleBatch(1, START_MS + 10_000_000);
  batch.count = 1;
  batch.targetIds[0] = 1;
  batch.outcomes[0] = OUTCOME_TIMEOUT;
  detector.take(1, batch);
  assert.equal(alarms.length, 0);
  assert.equal(detector.forget(1).length, 1);
  assert.equal(detector.find(1, 1), undefined);
});

test('what was under way when its target was deleted begins no series; one agent’s may go alone', () => {
  let isTarget = true;
  const detector = createSeriesDetector({
    raised() {},
    ended() {},
    intervalMsOf: () => (isTarget ? 1_000 : undefined),
  });
  const batch = createSampleBatch(1, START_MS);
  batch.count = 1;
  batch.targetIds[0] = 1;
  detector.take(1, batch);
  detector.take(2, batch);
  detector.forgetSeries(2, 1);
  assert.deepEqual(
    [...detector.series()].map(({ agentNumber }) => agentNumber),
    [1],
  );
  detector.forget(1);
  isTarget = false;
  detector.take(1, batch);
  assert.deepEqual([...detector.series()], []);
});
