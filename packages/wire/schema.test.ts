import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '@maille/base/problem';
import Type from 'typebox';
import { routes } from './rest/routes.ts';
import { createTargets } from './rest/targets.ts';
import { checker, Line, Tag, TimeMs } from './schema.ts';

function fieldOf(check: () => unknown): string | undefined {
  try {
    check();
  } catch (error) {
    assert.ok(error instanceof Problem);
    assert.equal(error.code, 'invalid');
    return error.field;
  }
  return undefined;
}

test('a problem names the field that is wrong', () => {
  const body = checker(createTargets.body);
  assert.equal(
    fieldOf(() => body.check({ entries: '10.0.0.1' })),
    undefined,
  );
  assert.equal(
    fieldOf(() => body.check({})),
    '/entries',
  );
  assert.equal(
    fieldOf(() => body.check({ entries: 'x', intervalMs: 10 })),
    '/intervalMs',
  );
  assert.equal(
    fieldOf(() => body.check({ entries: 'x', colour: 'red' })),
    '/colour',
  );
  assert.equal(
    fieldOf(() => body.check({ entries: 'x', tags: ['fine', 'Not fine'] })),
    '/tags/1',
  );
  assert.equal(
    fieldOf(() => body.check('x')),
    '/',
  );
});

test('what should have been written is said in words, not as a pattern', () => {
  const body = checker(createTargets.body);
  for (const probe of ['tcp:http', 'tcp:0', 'tcp:65536', 'tcp:', 'udp:53', '443'])
    assert.throws(
      () => body.check({ entries: '10.0.0.1', probes: ['icmp', probe] }, 'the body'),
      (error) =>
        error instanceof Problem &&
        error.field === '/probes/1' &&
        error.message === 'the body: /probes/1 must be: icmp, or tcp: and a port from 1 to 65535',
    );
});

test('a bound is said in words, a duration in its own unit too', () => {
  const body = checker(createTargets.body);
  const says = (value: object, message: string) =>
    assert.throws(
      () => body.check({ entries: '10.0.0.1', ...value }, 'the body'),
      (error) => error instanceof Problem && error.message === `the body: ${message}`,
    );
  says({ intervalMs: 0 }, '/intervalMs must be at least 1000 (1 s)');
  says({ intervalMs: 86_400_000 }, '/intervalMs must be at most 3600000 (1 h)');
  says({ label: 'x'.repeat(101) }, '/label must have at most 100 characters');
  says({ label: 'a\nb' }, '/label must be: one line of text, without characters that steer how it is shown');
});

test('a time is one that has a date', () => {
  const time = checker(Type.Object({ atMs: TimeMs }));
  for (const atMs of [0, Date.UTC(2026, 0, 1), 8.64e15])
    assert.equal(new Date(time.check({ atMs }).atMs).getTime(), atMs);
  for (const atMs of [-1, 8.64e15 + 2, 1e300, Number.POSITIVE_INFINITY, Number.NaN])
    assert.equal(
      fieldOf(() => time.check({ atMs })),
      '/atMs',
    );
});

test('a line refuses control characters, and takes every script', () => {
  const line = checker(Line(20));
  assert.ok(line.fits('ルーター — été'));
  assert.ok(line.fits('شبكة المكتب'));
  for (const text of [
    'a\nb',
    'a\u001b[31m',
    'a\u0000',
    'a\u007f',
    'a\u009b',
    '\u202egpj.exe',
    'x'.repeat(21),
  ])
    assert.ok(!line.fits(text), JSON.stringify(text));
  assert.ok(!checker(Tag).fits('-rf'));
});

test('every route has an id of its own, a path of its own, and says who may', () => {
  assert.ok(routes.length > 50);
  const ids = new Set(routes.map((route) => route.id));
  const places = new Set(routes.map((route) => `${route.method} ${route.path}`));
  assert.equal(ids.size, routes.length);
  assert.equal(places.size, routes.length);
  for (const route of routes) {
    assert.equal(
      route.access.scope === undefined,
      route.access.who === 'open' || route.access.who === 'self',
      route.id,
    );
    const named = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const declared = route.params ? Object.keys((route.params as { properties: object }).properties) : [];
    assert.deepEqual(declared, named, route.id);
    if (route.body) assert.ok(Type.IsObject(route.body), `${route.id}: a body is an object`);
  }
});
