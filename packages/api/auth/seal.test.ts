import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIdentity } from '@maille/host/identity';
import { createSeal } from './seal.ts';

test('what is sealed opens with the same key and context only', () => {
  const identity = createIdentity();
  const seal = createSeal(identity);
  const sealed = seal.seal('JBSWY3DPEHPK3PXP', 'person:1');
  assert.doesNotMatch(sealed, /JBSWY3DPEHPK3PXP/);
  assert.equal(createSeal(identity).open(sealed, 'person:1'), 'JBSWY3DPEHPK3PXP');
  assert.notEqual(seal.seal('JBSWY3DPEHPK3PXP', 'person:1'), sealed);
  assert.throws(() => seal.open(sealed, 'person:2'), { code: 'internal' });
  assert.throws(() => createSeal(createIdentity()).open(sealed, 'person:1'), { code: 'internal' });
  const at = sealed.length - 3;
  const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
  assert.throws(() => seal.open(changed, 'person:1'), { code: 'internal' });
  assert.throws(() => seal.open('', 'person:1'), { code: 'internal' });
});
