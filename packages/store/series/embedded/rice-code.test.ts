import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createByteWriter } from './byte-io.ts';
import { addZigzag, readRice, writeRice, zigzagDifference } from './rice-code.ts';

const u32 = fc.oneof(
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.integer({ min: 0, max: 300 }),
  fc.constantFrom(0, 0xff, 0xff_ffff, 0xffff_ffff, 0x8000_0000),
);

function roundTrip(list: number[]): void {
  const values = Uint32Array.from(list);
  const writer = createByteWriter(4);
  writer.byte(0xaa);
  writeRice(writer, values, values.length);
  writer.align();
  const bytes = writer.take();
  const back = new Uint32Array(values.length);
  assert.equal(readRice(bytes, 1, back, back.length), bytes.length);
  assert.deepEqual(back, values);
}

test('numbers come back, and reading ends where writing did', () => {
  roundTrip([]);
  roundTrip([0, 0, 0, 0, 0xffff_ffff, 0, 0, 0]);
  roundTrip([0xffff_ffff, 0xffff_ffff]);
  fc.assert(fc.property(fc.array(u32, { maxLength: 100 }), roundTrip), { numRuns: 1_000 });
});

test('a difference is small near its guess, and comes back from anywhere', () => {
  assert.deepEqual(
    [5, 4, 6, 3].map((value) => zigzagDifference(value, 5)),
    [0, 1, 2, 3],
  );
  fc.assert(
    fc.property(u32, u32, (value, guess) => {
      assert.equal(addZigzag(guess, zigzagDifference(value, guess)), value);
    }),
  );
});

test('bytes that end too early are refused', () => {
  const writer = createByteWriter();
  writeRice(writer, Uint32Array.of(1_000_000, 5, 2_000_000), 3);
  writer.align();
  const bytes = writer.take();
  assert.throws(() => readRice(bytes.subarray(0, bytes.length - 2), 0, new Uint32Array(3), 3), /too early/);
});
