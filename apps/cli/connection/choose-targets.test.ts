import assert from 'node:assert/strict';
import test from 'node:test';
import { Problem } from '@maille/base/problem';
import type { Target } from '@maille/wire/rest/targets';
import { chooseTargets } from './choose-targets.ts';

const target = (id: number, host: string, probe: string) => ({ id, host, probe }) as Target;
const targets = [
  target(1, '192.0.2.1', 'icmp'),
  target(2, '192.0.2.1', 'tcp:443'),
  target(3, '2001:db8::1', 'icmp'),
  target(4, 'www.example.org', 'tcp:80'),
];
const idsOf = (...words: string[]) => chooseTargets(targets, words).map(({ id }) => id);

test('a number is one target, an address all that are probed there, each once', () => {
  assert.deepEqual(idsOf('2'), [2]);
  assert.deepEqual(idsOf('192.0.2.1'), [1, 2]);
  assert.deepEqual(idsOf('2001:DB8:0::1', 'WWW.example.org', '192.0.2.1', '1'), [3, 4, 1, 2]);
});

test('what is not there is named, and nothing is chosen', () => {
  assert.throws(
    () => idsOf('1', '192.0.2.9'),
    (error) => error instanceof Problem && /192\.0\.2\.9/.test(error.message),
  );
});
