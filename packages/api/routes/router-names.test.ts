import assert from 'node:assert/strict';
import test from 'node:test';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { cleanHostName, createRouterNames } from './router-names.ts';

test('only what can be a host name is shown', () => {
  assert.equal(cleanHostName('Core-1.Paris.example.net.'), 'core-1.paris.example.net');
  assert.equal(cleanHostName('_x.example'), '_x.example');
  for (const bad of [
    '<script>alert(1)</script>',
    'a b',
    'a\u001b[31m',
    'a\u202eb.example',
    '',
    '.',
    'a..b',
    `${'a'.repeat(64)}.example`,
    `${'ab.'.repeat(90)}example`,
    'пример.example',
    undefined,
  ])
    assert.equal(cleanHostName(bad), undefined, JSON.stringify(bad));
});

test('remembers what was found for an hour, and that there is none for ten minutes', async () => {
  const clock = createFakeClock();
  const asked: string[] = [];
  const names = createRouterNames({
    clock,
    isOn: () => true,
    reverse: async (address) => {
      asked.push(address);
      if (address === '10.0.0.2') throw new Error('ENOTFOUND');
      return ['gw.example.'];
    },
  });
  const both = ['10.0.0.1', '10.0.0.2', '10.0.0.1'];
  assert.deepEqual(await names.lookUp(both), { '10.0.0.1': 'gw.example' });
  assert.deepEqual(asked, ['10.0.0.1', '10.0.0.2']);
  await names.lookUp(both);
  assert.equal(asked.length, 2);
  await clock.advance(600_001);
  await names.lookUp(both);
  assert.deepEqual(asked.slice(2), ['10.0.0.2']);
  await clock.advance(3_600_000);
  await names.lookUp(['10.0.0.1']);
  assert.equal(asked.at(-1), '10.0.0.1');
});

test('a name server that does not answer costs a moment, not the page; few are asked at once', async () => {
  const clock = createFakeClock();
  const answers: (() => void)[] = [];
  const names = createRouterNames({
    clock,
    isOn: () => true,
    maxAtOnce: 2,
    maxWaiting: 3,
    reverse: (address) =>
      new Promise((resolve) => answers.push(() => resolve([`r${address.at(-1)}.example`]))),
  });
  const asked = names.lookUp(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4']);
  await clock.advance(1_500);
  assert.deepEqual(await asked, {});
  assert.equal(answers.length, 2);
  assert.equal(names.dropped, 1);
  for (const answer of answers.splice(0)) answer();
  await clock.advance(1);
  for (const answer of answers.splice(0)) answer();
  await clock.advance(1);
  assert.deepEqual(await names.lookUp(['10.0.0.1', '10.0.0.3']), {
    '10.0.0.1': 'r1.example',
    '10.0.0.3': 'r3.example',
  });
});

test('forgets the oldest beyond its bound, and asks nobody where that is switched off', async () => {
  const clock = createFakeClock();
  let asked = 0;
  let on = true;
  const names = createRouterNames({
    clock,
    isOn: () => on,
    maxKept: 2,
    reverse: async () => [`r${++asked}.example`],
  });
  for (const last of [1, 2, 3]) await names.lookUp([`10.0.0.${last}`]);
  await names.lookUp(['10.0.0.3']);
  assert.equal(asked, 3);
  await names.lookUp(['10.0.0.1']);
  assert.equal(asked, 4);
  on = false;
  assert.deepEqual(await names.lookUp(['10.0.0.1', '10.0.0.9']), {});
  assert.equal(asked, 4);
});
