/** What is lost is traced at once: a few targets, a few times, and no more than that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { createFakeClock } from '@maille/testkit/fake-clock';
import type { Incident, IncidentEvidence } from '@maille/wire/rest/incidents';
import type { Machine } from '@maille/wire/rest/machines';
import type { Target } from '@maille/wire/rest/targets';
import { createIncidentTraces, MAX_A_MINUTE, MAX_TRACED } from './incident-traces.ts';

function setUp(affected: (incidentId: number) => [agentNumber: number, targetId: number][]) {
  const [bus, clock] = [createLocalBus(silentLog), createFakeClock()];
  const asked: string[] = [];
  const part = createIncidentTraces({
    bus,
    clock,
    targets: {
      get: (id) => ({ id, prefix: `10.0.${Math.floor(id / 100)}.0/24` }) as Target,
      // Of each hundred the first is traced, by a plan of its own.
      routePlan: ({ id }) => (id % 100 === 1 ? { method: 'icmp', everyMs: 300_000, flows: 4 } : undefined),
    },
    machines: {
      list: () => [1, 2].map((agentNumber) => ({ id: `machine-${agentNumber}`, agentNumber }) as Machine),
    },
    speakerOf: (id) => (id >= 900 ? undefined : Math.floor(id / 100) * 100 + 1),
    evidenceOf: (incidentId) =>
      affected(incidentId).map(([agentNumber, targetId]) => ({ agentNumber, targetId }) as IncidentEvidence),
    traceNow: (machineId, ids) => asked.push(`${machineId}: ${ids}`) > 0,
  });
  const tell = (id: number, change: Partial<Incident> = {}) =>
    bus.publish('incidents', {
      put: [{ id, state: 'open', kind: 'silent', affected: 9, affectedMost: 9, ...change } as Incident],
    });
  return { clock, asked, tell, stop: part.stop };
}

test('a few of each prefix, by each agent that sees it, three times over half a minute', async () => {
  const { clock, asked, tell, stop } = setUp(() => [
    ...Array.from({ length: 80 }, (_, i): [number, number] => [1, 110 + i]),
    [1, 220],
    [2, 221],
    [2, 950],
  ]);
  tell(1);
  tell(1, { affected: 5 });
  await clock.advance(1);
  assert.deepEqual(asked, ['machine-1: 101,201', 'machine-2: 201']);
  await clock.advance(60_000);
  assert.equal(asked.length, 6);
  tell(1, { affected: 3 });
  tell(1, { affected: 2 });
  await clock.advance(60_000);
  assert.equal(asked.splice(6).length, 6, 'as often again for the way back');
  tell(2, { kind: 'rtt' });
  tell(3);
  await clock.advance(1);
  tell(3, { state: 'ended' });
  await clock.advance(60_000);
  assert.equal(asked.length, 8, 'nothing of what is slow, and nothing more of what is over');
  await stop();
});

test('however many incidents open, so many routes a minute', async () => {
  const { clock, asked, tell } = setUp(() =>
    Array.from({ length: 9 }, (_, i): [number, number] => [1, 100 * i + 1]),
  );
  for (let id = 1; id <= 100; id++) tell(id);
  await clock.advance(1);
  const counts = asked.map((one) => one.split(',').length);
  assert.ok(counts.every((count) => count <= MAX_TRACED));
  assert.equal(
    counts.reduce((sum, one) => sum + one, 0),
    MAX_A_MINUTE,
  );
});
