/** What one incident holds is bounded; what is beyond the bound, and what is gone, must not spoil the next. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampleBatch } from '@maille/wire/link/samples';
import { type Incident, MAX_INCIDENT_TARGETS } from '@maille/wire/rest/incidents';
import { createAnomalyWatch } from './anomaly-watch.ts';
import { createIncidentTracker, type RouteAlarm } from './incident-tracker.ts';
import type { Alarm } from './series-detector.ts';
import type { SeriesNow } from './surroundings.ts';

const START = 1_700_000_000_000;
const alarmOf = (targetId: number, agentNumber = 1): Alarm => ({
  series: targetId,
  agentNumber,
  targetId,
  family: 'loss',
  kind: 'silent',
  sinceMs: START,
  score: 20,
  threshold: 10,
  lossRatio: 1,
  rttNs: null,
  baselineRttNs: null,
});

function setUp(series: () => Iterable<SeriesNow>) {
  const incidents = new Map<number, Incident>();
  let lastId = 0;
  const tracker = createIncidentTracker({
    nextId: () => ++lastId,
    placeOf: (id) => ({
      host: `host-${id}`,
      prefix: `prefix-${Math.ceil(id / 100)}`,
      tags: [],
      intervalMs: 1_000,
      timeoutMs: 1_000,
    }),
    series,
    agentName: String,
    agentHeardMs: () => Number.POSITIVE_INFINITY,
    ofTargets: () => 1,
    changed: ({ incident }) => incidents.set(incident.id, incident),
  });
  const run = (fromMs: number, seconds: number) => {
    for (let s = 0; s <= seconds; s++) tracker.tick(fromMs + 1_000 * s);
    return fromMs + 1_000 * seconds;
  };
  return { tracker, run, all: () => [...incidents.values()] };
}

test('targets beyond the bound of an incident are free for another one once it is over', () => {
  const count = MAX_INCIDENT_TARGETS + 100;
  let nowMs = START;
  const { tracker, run, all } = setUp(() =>
    Array.from({ length: count }, (_, i) => ({
      ...{ agentNumber: 1, targetId: i + 1, lastSentMs: nowMs, suspicion: 0 },
    })),
  );
  tracker.blameAgent(
    1,
    Array.from({ length: count }, (_, i) => alarmOf(i + 1)),
    nowMs,
  );
  nowMs = run(nowMs, 1);
  tracker.pardonAgent(1, nowMs);
  nowMs = run(nowMs, 40);
  assert.deepEqual(
    all().map(({ scope, state }) => [scope, state]),
    [['agent', 'ended']],
  );
  // The last hundred are one prefix.
  for (let id = count - 99; id <= count; id++) tracker.raise(alarmOf(id), nowMs);
  nowMs = run(nowMs, 15);
  assert.deepEqual(
    all()
      .slice(1)
      .map(({ scope, state, affected }) => [scope, state, affected]),
    [['prefix', 'open', 100]],
  );
});

test('a router that more targets have lost than one incident holds is one all the same, after a restart too', () => {
  const count = MAX_INCIDENT_TARGETS + 100;
  const lost = (targetId: number): RouteAlarm => {
    const { series: _series, family: _family, ...alarm } = alarmOf(targetId);
    const difference = { lost: [{ address: 'B', instead: 'X' }], gained: ['X'], roundMs: 300_000 };
    return { ...alarm, kind: 'route', difference };
  };
  const first = setUp(() => []);
  for (let id = 1; id <= count; id++) first.tracker.raiseRoute(lost(id), START + id);
  first.run(START + count, 2);
  const [only] = first.all();
  assert.deepEqual(
    first.all().map(({ scope, subject, affected }) => [scope, subject, affected]),
    [['hop', 'B → X', MAX_INCIDENT_TARGETS]],
  );
  const second = setUp(() => []);
  second.tracker.resume({ incident: only as Incident, scopeKey: 'router B' }, [], START + count);
  second.tracker.raiseRoute(lost(count + 1), START + count);
  second.run(START + count, 2);
  assert.deepEqual(
    second.all().map(({ id, subject }) => [id, subject]),
    [[only?.id, 'B → X']],
  );
});

test('an agent that is gone for long has no voice in how severe a target’s trouble is', () => {
  const gone = [2, 3, 4, 5].map((agentNumber) => ({
    ...{ agentNumber, targetId: 1, lastSentMs: START - 3_600_000, suspicion: 0 },
  }));
  const { tracker, run, all } = setUp(() => [
    { agentNumber: 1, targetId: 1, lastSentMs: START, suspicion: 1 },
    ...gone,
  ]);
  tracker.raise(alarmOf(1), START);
  run(START, 12);
  assert.deepEqual(
    all().map(({ scope, severity }) => [scope, severity]),
    [['target', 'severe']],
  );
});

test('what an agent probes no more is forgotten after a while, and its place is another’s', () => {
  const watch = createAnomalyWatch({
    nextId: () => 1,
    placeOf: (id) => ({ host: String(id), prefix: undefined, tags: [], intervalMs: 1_000, timeoutMs: 1_000 }),
    agentName: String,
    ofTargets: () => 1,
    changed() {},
  });
  const batch = createSampleBatch(2, START);
  batch.count = 2;
  batch.targetIds.set([1, 2]);
  for (const agentNumber of [1, 2]) watch.take(agentNumber, batch, START);
  const known = () => [...watch.learnt()].map(({ agentNumber, targetId }) => `${agentNumber} ${targetId}`);
  const isProbed = (agentNumber: number, targetId: number) => agentNumber === 1 && targetId === 1;
  watch.retire(isProbed, START);
  assert.equal(known().length, 4, 'heard of too lately');
  watch.retire(isProbed, START + 1);
  assert.deepEqual(known(), ['1 1']);
});
