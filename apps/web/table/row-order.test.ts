import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepOrder, sortRows } from './row-order.ts';

const compare = new Intl.Collator('en', { numeric: true }).compare;

test('sorting is stable, both ways', () => {
  const rows = [
    { id: 1, key: 'b' },
    { id: 2, key: 'a' },
    { id: 3, key: 'b' },
  ];
  assert.deepEqual(
    sortRows(rows, (row) => row.key, false, compare).map((row) => row.id),
    [2, 1, 3],
  );
  assert.deepEqual(
    sortRows(rows, (row) => row.key, true, compare).map((row) => row.id),
    [1, 3, 2],
  );
});

test('a frozen order loses what went and gains what came at the end', () => {
  assert.deepEqual(
    keepOrder([{ id: 'a' }, { id: 'c' }, { id: 'd' }], (row) => row.id, ['d', 'b', 'a']),
    [{ id: 'd' }, { id: 'a' }, { id: 'c' }],
  );
});
