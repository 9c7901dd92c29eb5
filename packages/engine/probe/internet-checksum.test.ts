import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { internetChecksum } from './internet-checksum.ts';

test('the example of RFC 1071', () => {
  const bytes = Uint8Array.from([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
  const view = new DataView(new ArrayBuffer(2));
  view.setUint16(0, internetChecksum(bytes, 0, bytes.length), true);
  assert.equal(view.getUint16(0), 0x220d); // the complement of ddf2, in network order
});

test('a packet that carries its checksum sums to zero, any length and place', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 1_500 }), fc.nat(40), (content, from) => {
      const bytes = new Uint8Array(from + content.length);
      bytes.set(content, from);
      bytes.fill(0, from, from + 2);
      const sum = internetChecksum(bytes, from, bytes.length);
      new DataView(bytes.buffer).setUint16(from, sum, true);
      assert.equal(internetChecksum(bytes, from, bytes.length), 0);
    }),
  );
});
