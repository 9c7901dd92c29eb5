import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampleWindow } from '@maille/ui/samples/sample-window';
import { createSampleBatch, OUTCOME_REPLY, OUTCOME_TIMEOUT } from '@maille/wire/link/samples';
import type { MeshMember } from '@maille/wire/rest/mesh';
import { pairsOfMinute, pairsOfWindow, severityOf, usualOfPairs, worstFirst } from './pair-figures.ts';

const member = (agentNumber: number, targetId?: number): MeshMember => ({
  machineId: String(agentNumber).padStart(32, '0'),
  agentNumber,
  name: `m${agentNumber}`,
  connected: true,
  chosen: 'auto',
  byHand: false,
  ...(targetId !== undefined && { targetId }),
});
const unknown = () => undefined;
const NOW_MS = 1_700_000_000_000;

test('loss and distance from what is usual make a pair bad; no data is no calm', () => {
  assert.equal(severityOf(0, 0), 'none');
  assert.equal(severityOf(60, 0), 'calm');
  assert.equal(severityOf(60, 1), 'notable');
  assert.equal(severityOf(60, 12), 'severe');
  assert.equal(severityOf(60, 60), 'lost');
  assert.equal(severityOf(60, 0, 3), 'notable');
  assert.equal(severityOf(60, 0, 7), 'severe');
});

test('loss is held against what the pair usually loses, over however long', () => {
  assert.equal(severityOf(60, 3, Number.NaN, 0.05), 'calm');
  assert.equal(severityOf(60, 20, Number.NaN, 0.05), 'severe');
  assert.equal(severityOf(60, 15, Number.NaN, 0.25), 'calm');
  assert.equal(severityOf(86_400, 20), 'calm');
  assert.equal(severityOf(86_400, 300), 'notable');
});

test('what is usual comes from the first table that knows the pair', () => {
  const table = (agents: number[], rttNs: number) => ({
    targetIds: agents.map(() => 20),
    agentNumbers: agents,
    rttNs: agents.map(() => rttNs),
    spread: agents.map(() => 0.1),
    lossRatio: agents.map(() => 0.02),
  });
  const usualOf = usualOfPairs([member(1), member(2, 20)], [table([1], 5e6), undefined, table([1, 3], 9e6)]);
  assert.deepEqual(usualOf(1, 20), { rttNs: 5e6, spread: 0.1, lossRatio: 0.02 });
  assert.equal(usualOf(3, 20)?.rttNs, 9e6);
  assert.equal(usualOf(1, 21), undefined);
});

test('a minute: each machine’s view of the others, from its own samples alone', () => {
  const window = createSampleWindow();
  window.advanceTo(NOW_MS);
  const fill = (agent: number, targetId: number, rtts10ns: number[]) => {
    const batch = createSampleBatch(rtts10ns.length, NOW_MS - 30_000);
    rtts10ns.forEach((rtt, i) => {
      batch.targetIds[i] = targetId;
      batch.offsetsUs[i] = i * 1_000_000;
      batch.outcomes[i] = rtt === 0 ? OUTCOME_TIMEOUT : OUTCOME_REPLY;
      batch.rtts10ns[i] = rtt;
    });
    batch.count = rtts10ns.length;
    window.ingest(agent, batch);
  };
  fill(1, 20, [100, 300, 200, 0]);
  fill(2, 10, [0, 0]);
  const pairs = pairsOfMinute([member(1, 10), member(2, 20), member(3)], window, unknown);
  assert.equal(pairs.length, 6);
  const of = (from: number, to: number) =>
    pairs.find((pair) => pair.from.agentNumber === from && pair.to.agentNumber === to);
  assert.deepEqual(
    [of(1, 2)?.sent, of(1, 2)?.lost, of(1, 2)?.medianNs, of(1, 2)?.severity],
    [4, 1, 2_000, 'severe'],
  );
  assert.equal(of(2, 1)?.severity, 'lost');
  assert.equal(of(3, 2)?.severity, 'none');
  assert.equal(of(1, 3)?.severity, 'none');
  assert.deepEqual(
    worstFirst(pairs)
      .slice(0, 2)
      .map(({ from, to }) => [from.name, to.name]),
    [
      ['m2', 'm1'],
      ['m1', 'm2'],
    ],
  );
});

test('a window: the server’s figures at their pairs', () => {
  const cells = [{ from: 1, to: 2, sent: 100, lost: 0, medianNs: 5e5, p95Ns: 9e5 }];
  const [there, back] = pairsOfWindow([member(1, 10), member(2, 20)], cells, unknown);
  assert.deepEqual([there?.medianNs, there?.severity, there?.ageSeconds], [5e5, 'calm', undefined]);
  assert.equal(back?.severity, 'none');
});

test('a window: each pair against its own RTT, slower alone', () => {
  const members = [member(1, 10), member(2, 20), member(3, 30)];
  const severityAt = (medianNs: number, usualNs: number) => {
    const cells = [{ from: 1, to: 2, sent: 100, lost: 0, medianNs, p95Ns: medianNs }];
    const usualOf = () => ({ rttNs: usualNs, spread: 0.1, lossRatio: 0 });
    return pairsOfWindow(members, cells, usualOf)[0]?.severity;
  };
  assert.equal(severityAt(200e6, 200e6), 'calm');
  assert.equal(severityAt(30e6, 20e6), 'notable');
  assert.equal(severityAt(60e6, 20e6), 'severe');
  assert.equal(severityAt(5e6, 20e6), 'calm');
  assert.equal(severityAt(0.4e6, 0.2e6), 'calm', 'a change that nobody wants to know');
  const [silent] = pairsOfWindow(
    members,
    [{ from: 1, to: 2, sent: 100, lost: 100, medianNs: null, p95Ns: null }],
    () => ({ rttNs: 1e6, spread: 0.1, lossRatio: 0 }),
  );
  assert.equal(silent?.severity, 'lost');
});
