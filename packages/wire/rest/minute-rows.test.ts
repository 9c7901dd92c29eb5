import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '@maille/base/problem';
import fc from 'fast-check';
import { createMinuteRows, decodeMinuteRows, encodeMinuteRows } from './minute-rows.ts';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u16 = fc.integer({ min: 0, max: 0xffff });

test('what is packed comes back, wherever its bytes lie', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(u32, u32, u32, u16, u16)), fc.nat(3), (values, shift) => {
      const rows = createMinuteRows(values.length);
      for (const [i, [minute, id, p50, sent, replies]] of values.entries()) {
        rows.minutes[i] = minute;
        rows.targetIds[i] = id;
        rows.p50s10ns[i] = p50;
        rows.sent[i] = sent;
        rows.replies[i] = replies;
      }
      const encoded = encodeMinuteRows(rows);
      const moved = new Uint8Array(encoded.length + shift);
      moved.set(encoded, shift);
      assert.deepEqual(decodeMinuteRows(moved.subarray(shift)), rows);
    }),
  );
});

test('any bytes are rows or a problem', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      try {
        const { count, minutes } = decodeMinuteRows(bytes);
        assert.equal(minutes.length, count);
      } catch (error) {
        assert.ok(error instanceof Problem);
      }
    }),
  );
});
