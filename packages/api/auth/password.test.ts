import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPasswordHasher } from './password.ts';

test('a hash is a PHC string that fits its password and no other', async () => {
  const hasher = createPasswordHasher();
  const stored = await hasher.hash('correct horse battery');
  assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.equal(await hasher.verify('correct horse battery', stored), true);
  assert.equal(await hasher.verify('correct horse batterz', stored), false);
  assert.notEqual(await hasher.hash('correct horse battery'), stored);
});

test('a vector of the reference implementation (phc-winner-argon2, test.c)', async () => {
  const hasher = createPasswordHasher();
  const stored = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  assert.equal(await hasher.verify('password', stored), true);
  assert.equal(await hasher.verify('differentpassword', stored), false);
});

test('nothing stored, or something else, is never right', async () => {
  const hasher = createPasswordHasher();
  for (const stored of [null, '', 'plain', '$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA'])
    assert.equal(await hasher.verify('', stored), false);
});

test('the same letters typed composed or decomposed are one password', async () => {
  const hasher = createPasswordHasher();
  assert.equal(await hasher.verify('cafe\u0301 au lait', await hasher.hash('café au lait')), true);
});

test('more than may wait are sent away, and those who wait are served', async () => {
  const hasher = createPasswordHasher(1, 2);
  const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => hasher.verify('x', null)));
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.equal(refused.length, 2);
  for (const { reason } of refused) assert.equal(reason.code, 'too-many');
  assert.equal(await hasher.verify('x', null), false);
});
