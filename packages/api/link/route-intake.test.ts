/** An agent that tells more rounds than it could trace is heard to a bound; another one is not hindered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { createFakeClock } from '@maille/testkit/fake-clock';
import type { TraceRound } from '@maille/wire/traceroute';
import { createRouteIntake } from './route-intake.ts';

test('more than a hundred rounds a second for long are left out, and counted', async () => {
  const clock = createFakeClock();
  const bus = createLocalBus(silentLog);
  const heard = new Map<number, number>();
  bus.subscribe('routes', ({ agentNumber, rounds }) =>
    heard.set(agentNumber, (heard.get(agentNumber) ?? 0) + rounds.length),
  );
  const intake = createRouteIntake({ bus, clock, traces: { tell() {} }, knowsTarget: () => true });
  const rounds = Array.from(
    { length: 250 },
    (_, i): TraceRound => ({
      targetId: i + 1,
      address: '127.0.0.1',
      atMs: clock.wallMs(),
      method: 'icmp',
      flows: [{ flow: 0, hops: [], end: 'silent' }],
    }),
  );
  for (let i = 0; i < 10; i++) intake.receive(1, { rounds });
  assert.equal(heard.get(1), 2_000, 'what waited while the link was down');
  intake.receive(2, { rounds });
  assert.equal(heard.get(2), 250);
  await clock.advance(1_000);
  intake.receive(1, { rounds });
  assert.equal(heard.get(1), 2_100);
  assert.equal(intake.counters.tooMany, 500 + 150);
  await clock.advance(60_000);
  for (let i = 0; i < 10; i++) intake.receive(1, { rounds });
  assert.equal(heard.get(1), 4_100);
});
