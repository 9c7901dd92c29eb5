import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '@maille/base/problem';
import { labFacts, labTarget } from '@maille/testkit/link-lab';
import { createTargetGuard, type GuardSettings, seriesFinding } from './target-guard.ts';

type GuardedAgent = Parameters<ReturnType<typeof createTargetGuard>['requireMachine']>[0];

const agent = (id: string, tags: string[] = []): GuardedAgent => ({
  id,
  tags,
  state: 'approved',
  label: id,
  facts: labFacts,
});
function guardOf(settings: Partial<GuardSettings>, agents = [agent('a'), agent('b', ['edge'])]) {
  return createTargetGuard({
    settings: () => ({
      ownPrefixes: [],
      maxProbesPerSecond: 100,
      maxPrefixProbesPerSecond: 1_000,
      maxSeries: 1_000,
      mesh: false,
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
  guard.requireBounds([], many(100), '/entries');
  assert.throws(
    () => guard.requireBounds([], many(101), '/entries'),
    tooMany(/101 probes a second from a are over the bound of 100/),
  );
  // Half as often: twice as many.
  guard.requireBounds([], many(200, { intervalMs: 2_000 }), '/entries');
  // Those for one agent load that one only.
  const edge = { agents: { by: 'tags', tags: ['edge'] } };
  assert.throws(
    () => guard.requireBounds([], [...many(60), ...many(60, edge)], '/entries'),
    tooMany(/120 probes a second from b/),
  );
  guard.requireBounds([], [...many(60), ...many(40, edge)], '/entries');
});

test('a prefix stays below its rate over all agents; without agents a list counts as one would meet it', () => {
  const guard = guardOf({ maxPrefixProbesPerSecond: 50 });
  guard.requireBounds([], many(25), '/entries');
  assert.throws(
    () => guard.requireBounds([], many(26), '/entries'),
    tooMany(/52 probes a second to 127\.0\.0\.0\/24, all agents together/),
  );
  assert.throws(() => guardOf({}, []).requireBounds([], many(101), '/entries'), tooMany(/from one agent/));
});

test('what is over already may shrink, and what has nothing to do with it may change', () => {
  const guard = guardOf({});
  guard.requireBounds(many(150), many(120), '/entries');
  guard.requireBounds(many(150), many(150), '/entries');
  assert.throws(() => guard.requireBounds(many(150), many(151), '/entries'), tooMany(/151/));
});

test('series are bounded: refused whole, with field, figure and remedy, and what is over may shrink', () => {
  const guard = guardOf({ maxSeries: 100 });
  guard.requireBounds([], many(50), '/entries');
  assert.equal(guard.series(many(50)), 100);
  assert.throws(() => guard.requireBounds(many(50), many(51), '/entries'), {
    code: 'too-large',
    field: '/entries',
    message: /^102 series, a target as one agent sees it, are over the bound of 100$/,
    remedy: /Settings, Server/,
  });
  guard.requireBounds(many(80), many(70), '/entries');
  // One agent’s targets count once.
  guard.requireBounds([], [...many(50, { agents: { by: 'ids', ids: ['a'] } }), ...many(25)], '/entries');
});

test('what one bound allows already does not hide what another forbids', () => {
  const guard = guardOf({});
  const edge = { agents: { by: 'tags', tags: ['edge'] } };
  const only = { agents: { by: 'ids', ids: ['a'] } };
  // a was over before and stays; b comes to be.
  assert.throws(
    () => guard.requireBounds(many(120, only), [...many(120, only), ...many(101, edge)], '/entries'),
    tooMany(/101 probes a second from b/),
  );
});

test('a machine is approved, or selected by a tag, only where there is room for it', () => {
  const waiting = { ...agent('c'), state: 'pending' as const };
  const approved = { ...waiting, state: 'approved' as const };
  const isRefused = (code: string, words: RegExp) => ({ code, field: '/id', message: words });
  const series = guardOf({ maxSeries: 100 }, [agent('a'), agent('b'), waiting]);
  series.requireMachine(approved, many(33), '/id');
  assert.throws(
    () => series.requireMachine(approved, many(34), '/id'),
    isRefused('too-large', /^102 series/),
  );
  // The mesh would make it a target of the two others, and they are its targets already.
  const meshed = guardOf({ maxSeries: 100, mesh: true }, [agent('a'), agent('b'), waiting]);
  meshed.requireMachine(approved, many(32), '/id');
  assert.throws(
    () => meshed.requireMachine(approved, many(33), '/id'),
    isRefused('too-large', /^101 series/),
  );

  const prefix = guardOf({ maxPrefixProbesPerSecond: 100 }, [agent('a'), agent('b'), waiting]);
  assert.throws(
    () => prefix.requireMachine(approved, many(34), '/id'),
    isRefused('too-many', /^102 probes a second to 127\.0\.0\.0\/24, all agents together/),
  );
  const tagged = many(60, { agents: { by: 'tags', tags: ['edge'] } });
  const guard = guardOf({});
  guard.requireMachine(agent('a', ['edge']), tagged, '/tags');
  assert.throws(() => guard.requireMachine(agent('a', ['edge']), [...tagged, ...many(41)], '/tags'), {
    code: 'too-many',
    field: '/tags',
    message: /101 probes a second from a/,
  });
});

test('how near the bound is, is a finding from four fifths on', () => {
  const states = [79, 80, 99, 100].map((series) => seriesFinding(series, 100).severity);
  assert.deepEqual(states, ['fine', 'missing', 'missing', 'broken']);
});
