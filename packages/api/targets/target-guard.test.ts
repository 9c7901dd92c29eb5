import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '@maille/base/problem';
import { labFacts, labTarget } from '@maille/testkit/link-lab';
import { createTargetGuard, type GuardSettings } from './target-guard.ts';

const agent = (id: string, tags: string[] = []) => ({
  id,
  tags,
  state: 'approved' as const,
  label: id,
  facts: labFacts,
});
function guardOf(settings: Partial<GuardSettings>, agents = [agent('a'), agent('b', ['edge'])]) {
  return createTargetGuard({
    settings: () => ({
      ownPrefixes: [],
      maxProbesPerSecond: 100,
      maxPrefixProbesPerSecond: 1_000,
      ...settings,
    }),
    machines: () => agents,
  });
}
const many = (count: number, more = {}) => Array.from({ length: count }, (_, i) => labTarget(i + 1, more));
const tooMany = (words: RegExp) => (error: unknown) =>
  error instanceof Problem &&
  error.code === 'too-many' &&
  error.field === '/entries' &&
  words.test(error.message) &&
  error.remedy !== undefined;

test('private addresses and own prefixes are own; others and names are foreign', () => {
  const guard = guardOf({ ownPrefixes: ['5.6.7.0/24', '2a00:db7::/32'] });
  assert.deepEqual(
    guard.foreign([
      '10.1.2.3',
      '127.0.0.1',
      'fe80::1%eth0',
      'fd00::1',
      'localhost',
      '5.6.7.8',
      '2a00:db7::8',
      '8.8.8.8',
      '5.6.8.1',
      '2001:4860::1',
      'example.org',
    ]),
    ['8.8.8.8', '5.6.8.1', '2001:4860::1', 'example.org'],
  );
});

test('an agent stays below its rate, whoever it is', () => {
  const guard = guardOf({});
  guard.requireRates([], many(100), '/entries');
  assert.throws(
    () => guard.requireRates([], many(101), '/entries'),
    tooMany(/101 probes a second from a are over the bound of 100/),
  );
  // Half as often: twice as many.
  guard.requireRates([], many(200, { intervalMs: 2_000 }), '/entries');
  // Those for one agent load that one only.
  const edge = { agents: { by: 'tags', tags: ['edge'] } };
  assert.throws(
    () => guard.requireRates([], [...many(60), ...many(60, edge)], '/entries'),
    tooMany(/120 probes a second from b/),
  );
  guard.requireRates([], [...many(60), ...many(40, edge)], '/entries');
});

test('a prefix stays below its rate over all agents; without agents a list counts as one would meet it', () => {
  const guard = guardOf({ maxPrefixProbesPerSecond: 50 });
  guard.requireRates([], many(25), '/entries');
  assert.throws(
    () => guard.requireRates([], many(26), '/entries'),
    tooMany(/52 probes a second to 127\.0\.0\.0\/24, all agents together/),
  );
  assert.throws(() => guardOf({}, []).requireRates([], many(101), '/entries'), tooMany(/from one agent/));
});

test('what is over already may shrink, and what has nothing to do with it may change', () => {
  const guard = guardOf({});
  guard.requireRates(many(150), many(120), '/entries');
  guard.requireRates(many(150), many(150), '/entries');
  assert.throws(() => guard.requireRates(many(150), many(151), '/entries'), tooMany(/151/));
});
