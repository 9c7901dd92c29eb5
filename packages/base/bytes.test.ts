import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromBase64Url, fromHex, toBase64Url, toHex } from './bytes.ts';

test('bytes survive hexadecimal and base64url, written as Node writes them', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      assert.equal(toHex(bytes), Buffer.from(bytes).toString('hex'));
      assert.equal(toBase64Url(bytes), Buffer.from(bytes).toString('base64url'));
      assert.deepEqual(fromHex(toHex(bytes)), bytes);
      assert.deepEqual(fromBase64Url(toBase64Url(bytes)), bytes);
    }),
  );
  for (const text of ['a', 'zz', '0g']) assert.equal(fromHex(text), undefined);
  for (const text of ['A', 'AAAAA', 'a+b=', 'a b']) assert.equal(fromBase64Url(text), undefined);
});
