import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { reconnectDelayMs, rejectedDelayMs } from './backoff.ts';

test('first tries come within a second, later ones within thirty, all of it drawn', () => {
  const largest = Array.from({ length: 10 }, (_, failures) => reconnectDelayMs(failures, () => 0.999_999));
  assert.deepEqual(
    largest.map((ms) => Math.ceil(ms / 1_000)),
    [1, 1, 1, 2, 4, 8, 16, 30, 30, 30],
  );
  fc.assert(
    fc.property(
      fc.nat(10_000),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, draw) => {
        const ms = reconnectDelayMs(failures, () => draw);
        assert.ok(ms >= 50 && ms < 30_000);
      },
    ),
  );
});

test('a rejected agent asks every few minutes', () => {
  assert.equal(
    rejectedDelayMs(() => 0),
    150_000,
  );
  assert.ok(rejectedDelayMs(() => 0.999_999) < 300_000);
});
