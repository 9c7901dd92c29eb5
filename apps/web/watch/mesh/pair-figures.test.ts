import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampleWindow } from '@maille/ui/samples/sample-window';
import { createSampleBatch, OUTCOME_REPLY, OUTCOME_TIMEOUT } from '@maille/wire/link/samples';
import type { MeshMember } from '@maille/wire/rest/mesh';
import { pairsOfMinute, pairsOfWindow, severityOf, worstFirst } from './pair-figures.ts';

const member = (agentNumber: number, targetId?: number): MeshMember => ({
  machineId: String(agentNumber).padStart(32, '0'),
  agentNumber,
  name: `m${agentNumber}`,
  connected: true,
  chosen: 'auto',
  byHand: false,
  ...(targetId !== undefined && { targetId }),
});
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
  const pairs = pairsOfMinute([member(1, 10), member(2, 20), member(3)], window);
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
  const [there, back] = pairsOfWindow([member(1, 10), member(2, 20)], cells);
  assert.deepEqual([there?.medianNs, there?.severity, there?.ageSeconds], [5e5, 'calm', undefined]);
  assert.equal(back?.severity, 'none');
});
