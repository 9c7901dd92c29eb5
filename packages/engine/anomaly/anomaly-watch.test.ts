/** The short form of `npm run soak -- anomaly`. Seeded: what it finds, it finds each time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FleetRun, runFault, runFleet, runQuietDay } from '@maille/testkit/anomaly-runs';
import type { SimulatedSeries } from '@maille/testkit/simulated-series';

const dark = { loss: 1, rtt: 1 };
const told = (run: FleetRun) =>
  run.incidents.map(
    ({ incident: { kind, scope, subject, affectedMost, state, ending, agentNumbers } }) =>
      `${kind} ${scope} ${subject} ${affectedMost} ${state} ${ending} ${agentNumbers}`,
  );
const quantile = (sorted: number[], q: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] as number;

test('200 series with spikes, modes, wander and random loss raise nothing in two hours', () => {
  const { alarms, incidents } = runQuietDay(200, 7_200, 1);
  assert.deepEqual(alarms, []);
  assert.deepEqual(incidents, []);
});

test('silence, half, a fifth lost, and half as slow again are found in the time asked for, and end', () => {
  for (const [fault, boundS] of [
    [dark, 8],
    [{ loss: 0.5, rtt: 1 }, 15],
    [{ loss: 0.2, rtt: 1 }, 60],
    [{ loss: 0, rtt: 1.5 }, 15],
  ] as const) {
    const what = JSON.stringify(fault);
    const delays = runFault(fault, 60, 9, ({ shape }) => shape.floorMs > 3 && shape.modeShare === 0);
    assert.equal(delays.missed + delays.early, 0, what);
    assert.ok(quantile(delays.found, 0.5) <= boundS, `${what}: ${delays.found}`);
    assert.ok(quantile(delays.sinceErrors, 0.5) <= 10, `${what}: ${delays.sinceErrors}`);
    assert.equal(delays.ended.length, 60, what);
  }
});

test('of a path with two modes, half as slow again is found by what lies above the higher one', () => {
  const twoModes = ({ shape }: SimulatedSeries) => shape.floorMs > 3 && shape.modeShare > 0;
  const { found, missed, early } = runFault({ loss: 0, rtt: 1.5 }, 60, 9, twoModes);
  assert.equal(early, 0);
  assert.ok(missed <= 3, `${missed} not found in ten minutes`);
  assert.ok(quantile(found, 0.5) <= 30, `${found}`);
});

test('a prefix that goes dark is one incident, and what else is probed has none', () => {
  const run = runFleet(1_024, 1, {
    of: (_agent, target) => (target >= 256 && target < 512 ? dark : undefined),
  });
  assert.deepEqual(told(run), ['silent prefix 10.0.1.0/24 256 ended recovered 1']);
  assert.ok(run.firstAfterS <= 8, `${run.firstAfterS}`);
});

test('a prefix that one of two agents does not reach is told as seen by that one', () => {
  const run = runFleet(512, 2, { of: (agent, target) => (agent === 2 && target < 256 ? dark : undefined) });
  assert.deepEqual(told(run), ['silent prefix 10.0.0.0/24 256 ended recovered 2']);
  assert.equal(run.incidents[0]?.scopeKey, 'prefix 10.0.0.0/24 agent 2');
});

test('an agent that loses its own network is blamed itself, whether probes go unanswered or cannot be sent', () => {
  for (const fault of [dark, 'local-error'] as const) {
    const run = runFleet(300, 2, { of: (agent) => (agent === 2 ? fault : undefined) });
    assert.deepEqual(told(run), ['silent agent agent-2 300 ended recovered 2']);
  }
});

test('two targets that fail at the same moment have nothing in common; seen by both agents, each is one', () => {
  const run = runFleet(300, 2, {
    of: (_agent, target) => (target === 5 || target === 290 ? dark : undefined),
  });
  assert.deepEqual(told(run).sort(), [
    'silent target target 290 1 ended recovered 1,2',
    'silent target target 5 1 ended recovered 1,2',
  ]);
  for (const { incident } of run.incidents) assert.equal(incident.severity, 'severe');
});
