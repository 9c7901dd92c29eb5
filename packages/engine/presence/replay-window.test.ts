import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createReplayWindow } from './replay-window.ts';

test('a number is new once, and never when it is more than 32 behind', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 200 }), (numbers) => {
      const window = createReplayWindow();
      const added = new Set<number>();
      let highest = 0;
      for (const number of numbers) {
        const expected = added.has(number) || (highest > 0 && highest - number > 32);
        assert.equal(window.seen(number), expected, `${number} after ${[...added]}`);
        if (expected) continue;
        window.add(number);
        added.add(number);
        highest = Math.max(highest, number);
      }
    }),
  );
});
