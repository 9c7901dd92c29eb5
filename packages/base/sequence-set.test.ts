import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSequenceSet } from './sequence-set.ts';

test('behaves as a set of numbers, and its ranges never touch', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), from: fc.nat(60), length: fc.nat(8) }),
    fc.record({ kind: fc.constant('drop' as const), from: fc.nat(60), length: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const set = createSequenceSet();
      const model = new Set<number>();
      for (const { kind, from, length } of steps) {
        if (kind === 'add') {
          set.add(from, from + length);
          for (let i = from; i <= from + length; i++) model.add(i);
        } else {
          set.dropBelow(from);
          for (const i of [...model]) if (i < from) model.delete(i);
        }
      }
      for (let i = 0; i < 75; i++) {
        assert.equal(set.has(i), model.has(i));
        let missing = i;
        while (model.has(missing)) missing++;
        assert.equal(set.firstMissing(i), missing);
      }
      const ranges = set.ranges();
      assert.equal(ranges.length, set.rangeCount);
      for (let i = 1; i < ranges.length; i++) assert.ok(ranges[i]![0] > ranges[i - 1]![1] + 1);
      assert.equal(
        ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0),
        model.size,
      );
    }),
  );
});
