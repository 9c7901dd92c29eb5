import assert from 'node:assert/strict';
import test from 'node:test';
import type { TargetRoute } from '@maille/wire/rest/traceroutes';
import { changesAmong, momentOfChange } from './route-changes.ts';

const route = (
  agentNumber: number,
  sinceMs: number,
  way: string,
  began: TargetRoute['began'],
): TargetRoute => ({
  targetId: 1,
  agentNumber,
  address: '192.0.2.1',
  method: 'icmp',
  began,
  sinceMs,
  lastSeenMs: sinceMs,
  untilMs: null,
  hops: way.split(' ').map((address) => ({
    routers: address === '*' ? [] : [{ address, rttNs: 1, draws: 1, flows: [0] }],
  })),
  end: 'reached',
  code: null,
});

test('a change is held against the route of the same agent before it', () => {
  const steps = changesAmong([
    route(1, 5_500, 'a x d', 'change'),
    route(2, 5_000, 'q r', 'change'),
    route(2, 4_500, 'q s', 'anew'),
    route(1, 4_000, 'a b d', 'change'),
    route(1, 1_000, 'a d', 'first'),
  ]);
  assert.deepEqual(
    steps.map(({ route: { agentNumber, sinceMs }, difference }) => [agentNumber, sinceMs, difference]),
    [
      [1, 5_500, { distance: 2, before: ['b'], after: ['x'] }],
      [2, 5_000, { distance: 2, before: ['s'], after: ['r'] }],
      [1, 4_000, { distance: 2, before: [], after: ['b'] }],
    ],
  );
});

test('where the one before is not known, or only the end differs, no hop is named', () => {
  assert.deepEqual(
    changesAmong([route(1, 2, 'a *', 'change'), route(1, 1, 'a b', 'change')]).map((one) => one.difference),
    [undefined, undefined],
  );
});

test('a view stands on the first whole second of the new route', () => {
  assert.deepEqual(
    [1_000, 1_001, 1_999].map((sinceMs) => momentOfChange({ sinceMs })),
    [1_000, 2_000, 2_000],
  );
});
