import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchEntries } from './match-entries.ts';

const entry = (words: string, weight = 0) => ({ words, weight });

test('every word must be there, in any order', () => {
  const entries = [entry('approve web-2'), entry('approve db-1'), entry('reject web-2')];
  assert.deepEqual(matchEntries(entries, 'web appr', 10), [entries[0]]);
  assert.deepEqual(matchEntries(entries, 'nothing', 10), []);
});

test('what begins with the query comes before what contains it; weight decides among equals', () => {
  const entries = [entry('10.0.0.2'), entry('200.1.1.1', 5), entry('2.2.2.2', 5), entry('2.2.2.3', 1)];
  assert.deepEqual(
    matchEntries(entries, '2', 10).map((found) => found.words),
    ['2.2.2.3', '200.1.1.1', '2.2.2.2', '10.0.0.2'],
  );
});
