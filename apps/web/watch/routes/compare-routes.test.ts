import assert from 'node:assert/strict';
import test from 'node:test';
import type { RouteHop } from '@maille/wire/rest/traceroutes';
import { compareHops, lettersOf } from './compare-routes.ts';

/** `a b|c * d` */
const route = (text: string): RouteHop[] =>
  text.split(' ').map((hop) => ({
    routers:
      hop === '*' ? [] : hop.split('|').map((address) => ({ address, rttNs: 1e6, draws: 1, flows: [0] })),
  }));
const said = (left: string, right: string) =>
  compareHops(route(left), route(right)).map(
    (one) =>
      `${one.left ?? ''}${{ same: '=', differs: '≠', onlyLeft: '<', onlyRight: '>' }[one.state]}${one.right ?? ''}`,
  );

test('another router differs, one more shifts nothing, one less is gone', () => {
  assert.deepEqual(said('a b c', 'a x c'), ['1=1', '2≠2', '3=3']);
  assert.deepEqual(said('a b c', 'a x b c'), ['1=1', '>2', '2=3', '3=4']);
  assert.deepEqual(said('a x b c', 'a b c'), ['1=1', '2<', '3=2', '4=3']);
});

test('parallel paths that share a router are the same hop; silence differs from nothing', () => {
  assert.deepEqual(said('a b|c d', 'a c|e d'), ['1=1', '2=2', '3=3']);
  assert.deepEqual(said('a * d', 'a b d'), ['1=1', '2=2', '3=3']);
  assert.deepEqual(said('a * d', 'a * d'), ['1=1', '2=2', '3=3']);
});

test('a route that comes back has its letter again', () => {
  assert.deepEqual(lettersOf([{ hops: route('a b') }, { hops: route('a c') }, { hops: route('a b') }]), [
    'A',
    'B',
    'A',
  ]);
  const many = Array.from({ length: 28 }, (_, i) => ({ hops: route(`a r${i}`) }));
  assert.deepEqual(lettersOf(many).slice(-3), ['Z', 'AA', 'AB']);
});

test('nothing against something, and against nothing', () => {
  assert.deepEqual(compareHops([], []), []);
  assert.deepEqual(said('a', 'a b'), ['1=1', '>2']);
});
