import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { addressKey, createAttemptLimit } from './attempt-limit.ts';

test('so many in a window, then a wait that is told, then again', async () => {
  const clock = createFakeClock();
  const limit = createAttemptLimit({ clock, attempts: 2, windowMs: 10_000 });
  limit.take('a');
  limit.take('a');
  await clock.advance(4_000);
  assert.throws(() => limit.take('a'), { code: 'too-many', retryAfterSeconds: 6 });
  limit.take('b');
  await clock.advance(6_000);
  limit.take('a');
  limit.take('a');
  assert.throws(() => limit.take('a'), { code: 'too-many' });
  limit.clear('a');
  limit.take('a');
});

test('the table forgets its oldest keys, and never grows', () => {
  const limit = createAttemptLimit({ clock: createFakeClock(), attempts: 1, windowMs: 10_000, maxKeys: 3 });
  for (const key of ['a', 'b', 'c', 'd']) limit.take(key);
  assert.throws(() => limit.take('b'), { code: 'too-many' });
  limit.take('a'); // forgotten, and so b is next to go
  limit.take('b');
});

test('one host’s many IPv6 addresses are one key', () => {
  assert.equal(addressKey('2001:db8:1:2:3:4:5:6'), addressKey('2001:db8:1:2::1'));
  assert.notEqual(addressKey('2001:db8:1:3::1'), addressKey('2001:db8:1:2::1'));
  assert.equal(addressKey('::ffff:192.0.2.1'), addressKey('192.0.2.1'));
  assert.equal(addressKey('fe80::1%eth0'), 'fe80::/64');
  assert.equal(addressKey(''), '');
});
