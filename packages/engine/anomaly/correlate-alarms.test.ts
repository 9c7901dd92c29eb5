import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { binomialTail } from './binomial-tail.ts';
import { correlateAlarms } from './correlate-alarms.ts';
import { createFlapHistory } from './flap-history.ts';
import type { Member } from './member-cells.ts';

const RATE = 1e-4;

/** Prefixes of so many targets each, as one agent sees them. */
function fleet(
  prefixes: number,
  size: number,
  alarm: (prefix: number, i: number) => boolean,
  agents = [1],
): Member[] {
  return agents.flatMap((agentNumber) =>
    Array.from({ length: prefixes * size }, (_, n) => {
      const prefix = Math.floor(n / size);
      return {
        agentNumber,
        targetId: n + 1,
        prefix: `10.0.${prefix}.0/24`,
        tags: prefix < 2 ? ['rack'] : [],
        hops: [`192.0.2.${prefix >> 1}`],
        alarm: alarm(prefix, n % size),
        suspect: false,
      };
    }),
  );
}
const keys = (members: Member[]) =>
  correlateAlarms(members, RATE).map(({ key, alarms }) => `${key}: ${alarms.length}`);

test('the tail of a binomial agrees with exact sums', () => {
  const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 0, max: 61 }),
      fc.double({ min: 1e-4, max: 0.5, noNaN: true }),
      (n, k, p) => {
        let exact = 0;
        for (let i = k; i <= n; i++) exact += choose(n, i) * p ** i * (1 - p) ** (n - i);
        const found = binomialTail(n, k, p);
        // Below the mean it says 1: such a tail is never small.
        assert.ok(
          k <= n * p ? found === 1 : Math.abs(found - exact) <= 1e-6 * exact + 1e-300,
          `${found} ${exact}`,
        );
      },
    ),
  );
});

test('a prefix is a prefix, two are two, and all of an agent’s are the agent', () => {
  assert.deepEqual(keys(fleet(40, 50, (prefix) => prefix === 7)), ['prefix 10.0.7.0/24: 50']);
  assert.deepEqual(keys(fleet(40, 50, (prefix) => prefix === 7 || prefix === 20)).sort(), [
    'prefix 10.0.20.0/24: 50',
    'prefix 10.0.7.0/24: 50',
  ]);
  assert.deepEqual(keys(fleet(40, 50, () => true)), ['agent 1: 2000']);
});

test('what two prefixes share is blamed for both: the router, or the tag', () => {
  // 10.0.4.0/24 and 10.0.5.0/24 lie behind 192.0.2.2, and nothing else does.
  assert.deepEqual(keys(fleet(40, 50, (prefix) => prefix === 4 || prefix === 5)), ['hop 192.0.2.2: 100']);
  const far = fleet(40, 50, (prefix) => prefix < 2).map((one) => ({ ...one, hops: [] }));
  assert.deepEqual(keys(far), ['tag rack: 100']);
});

test('of routers one behind the other on the same ways, the last common one is blamed', () => {
  const members = fleet(40, 50, (prefix) => prefix === 4 || prefix === 5).map((one) => ({
    ...one,
    hops: ['192.0.2.254', ...one.hops.flatMap((hop) => [`${hop}.near`, hop, `${one.prefix} edge`])],
  }));
  assert.deepEqual(keys(members), ['hop 192.0.2.2: 100']);
});

test('an agent alone is blamed where another sees the same targets well', () => {
  const members = [...fleet(4, 50, () => true, [1]), ...fleet(4, 50, () => false, [2])];
  assert.deepEqual(keys(members), ['agent 1: 200']);
  const both = fleet(4, 50, (prefix) => prefix === 3, [1, 2]);
  assert.deepEqual(keys(both), ['prefix 10.0.3.0/24: 100']);
});

test('a few that fail apart from each other have nothing in common', () => {
  assert.deepEqual(keys(fleet(40, 50, (prefix, i) => prefix % 10 === 3 && i === 1)), []);
  assert.deepEqual(keys(fleet(40, 50, () => false)), []);
});

test('each alarm is explained once at most, and only by a group that holds it', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 120, maxLength: 120 }), (alarms) => {
      const members = fleet(6, 20, (prefix, i) => alarms[prefix * 20 + i] as boolean);
      const seen = new Set<Member>();
      for (const cause of correlateAlarms(members, RATE))
        for (const alarm of cause.alarms) {
          assert.ok(alarm.alarm && !seen.has(alarm));
          seen.add(alarm);
        }
    }),
  );
});

test('what goes and comes is flapping, and no more once it is calm', () => {
  const history = createFlapHistory();
  for (let i = 0; i < 3; i++) history.add(true);
  for (let i = 0; i < 18; i++) history.add(false);
  assert.equal(history.flapping, false);
  for (let i = 0; i < 10; i++) history.add(i % 2 === 0);
  assert.equal(history.flapping, true);
  for (let i = 0; i < 18; i++) history.add(false);
  assert.equal(history.flapping, false);
  assert.equal(history.calm, false);
  for (let i = 0; i < 2; i++) history.add(false);
  assert.equal(history.calm, true);
});
