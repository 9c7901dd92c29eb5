import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createMessageBatch } from '../syscalls/message-batch.ts';
import { createControlReader } from './control-data.ts';

const CONTROL_BYTES = 128;

/** `struct cmsghdr` and data, padded to eight bytes. */
function message(level: number, type: number, data: number[]): number[] {
  const length = 16 + 4 * data.length;
  return [length, 0, level, type, ...data, ...(data.length % 2 ? [0] : [])];
}
const stamp = (seconds: number, nanoseconds: number) =>
  message(1, 37, [seconds, 0, nanoseconds, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
const extendedError = (origin: number, type: number, code: number) => [
  0,
  origin | (type << 8) | (code << 16),
  0,
  0,
  0,
  0,
  0,
  0,
];

function readWords(words: number[], length = 4 * words.length) {
  const batch = createMessageBatch(3, 64, CONTROL_BYTES);
  batch.control.set(words.slice(0, CONTROL_BYTES / 4), (2 * CONTROL_BYTES) / 4);
  batch.controlLengths[2] = length;
  const reader = createControlReader(1_700_000_000);
  reader.read(batch, 2);
  return reader;
}

test('a stamp, nanoseconds since the epoch that was agreed', () => {
  assert.equal(readWords(stamp(1_700_000_007, 5)).stampNs, 7e9 + 5);
  assert.equal(readWords(stamp(1_699_999_999, 999_999_999)).stampNs, -1);
  assert.ok(Number.isNaN(readWords([]).stampNs));
});

test('the news of a send, and a refusal, of either family', () => {
  for (const [level, type] of [
    [0, 11],
    [41, 25],
  ] as const) {
    const sent = readWords([...stamp(1_700_000_001, 0), ...message(level, type, extendedError(4, 0, 0))]);
    assert.deepEqual([sent.stampNs, sent.isSendStamp, sent.isIcmp], [1e9, true, false]);
    const refused = readWords(message(level, type, extendedError(level === 0 ? 2 : 3, 3, 13)));
    assert.deepEqual([refused.isIcmp, refused.icmpType, refused.icmpCode], [true, 3, 13]);
    assert.ok(!refused.isSendStamp && Number.isNaN(refused.stampNs));
  }
});

test('who refused: where the address stands, if all of it is there', () => {
  for (const [level, type, addressWords] of [
    [0, 11, 4],
    [41, 25, 7],
  ] as const) {
    const icmp = extendedError(level === 0 ? 2 : 3, 11, 0).slice(0, 4);
    const whole = readWords(message(level, type, [...icmp, ...Array(addressWords).fill(7)]));
    assert.equal(whole.offenderAt, (2 * CONTROL_BYTES) / 4 + 8);
    assert.equal(
      readWords(message(level, type, [...icmp, ...Array(addressWords - 1).fill(7)])).offenderAt,
      -1,
    );
    const stamped = extendedError(4, 0, 0).slice(0, 4);
    assert.equal(
      readWords(message(level, type, [...stamped, ...Array(addressWords).fill(7)])).offenderAt,
      -1,
    );
  }
});

test('whatever stands there, reading ends', () => {
  const words = fc.array(fc.oneof(fc.nat(64), fc.integer({ min: 0, max: 0xffff_ffff })), { maxLength: 32 });
  fc.assert(
    fc.property(words, fc.nat(CONTROL_BYTES), (content, length) => {
      readWords(content, length);
    }),
  );
});
