import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ChartMark } from './chart-marks.ts';
import { groupMarks } from './mark-groups.ts';

const mark = (fromMs: number): ChartMark => ({ look: 'route', fromMs, toMs: fromMs, words: '' });
const times = (marks: readonly ChartMark[]) => marks.map(({ fromMs }) => fromMs);

test('what is apart has a button each, what is close one together, in the order of time', () => {
  const groups = groupMarks([700, 100, 105, 1_200, -3].map(mark), 0, 1_000, 1_000, 24);
  assert.deepEqual(
    groups.map(({ marks }) => times(marks)),
    [[100, 105], [700]],
  );
  assert.equal(groups[0]?.left, 0.1);
  assert.deepEqual(groupMarks([mark(5)], 0, 0, 1_000, 24), []);
  assert.deepEqual(groupMarks([mark(5)], 0, 10, 0, 24), []);
});

test('every mark inside is in one group, and no two buttons overlap', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -100, max: 1_100 }), { maxLength: 200 }),
      fc.integer({ min: 1, max: 2_000 }),
      (at, widthPx) => {
        const groups = groupMarks(at.map(mark), 0, 1_000, widthPx, 24);
        assert.deepEqual(
          groups.flatMap(({ marks }) => times(marks)),
          at.filter((ms) => ms >= 0 && ms <= 1_000).sort((a, b) => a - b),
        );
        for (const [i, { left }] of groups.entries())
          if (i > 0) assert.ok((left - (groups[i - 1]?.left ?? 0)) * widthPx >= 24);
      },
    ),
  );
});
