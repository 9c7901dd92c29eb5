import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lossOf, MINUTE_MS, type StripLayout, timeOfX, windowOfDrag, xOfTime } from './strip-layout.ts';

const fromMs = Date.UTC(2026, 10, 21, 9);
const layout: StripLayout = { fromMs, toMs: fromMs + 180 * MINUTE_MS, left: 100, width: 900, rowPx: 12 };

test('a minute has its column, and a place its minute', () => {
  for (const minute of [0, 1, 90, 179]) {
    const ms = fromMs + minute * MINUTE_MS;
    assert.equal(timeOfX(layout, xOfTime(layout, ms) + 2), ms);
  }
  assert.equal(timeOfX(layout, 0), fromMs);
  assert.equal(timeOfX(layout, 5_000), layout.toMs - MINUTE_MS);
});

test('a drag is whole minutes, whichever way it goes; a click is one', () => {
  const expected = { fromMs: fromMs + 10 * MINUTE_MS, toMs: fromMs + 21 * MINUTE_MS };
  assert.deepEqual(windowOfDrag(layout, 152, 202), expected);
  assert.deepEqual(windowOfDrag(layout, 202, 152), expected);
  assert.deepEqual(windowOfDrag(layout, 152, 152), {
    fromMs: expected.fromMs,
    toMs: expected.fromMs + MINUTE_MS,
  });
});

test('nothing sent is no loss of nought', () => {
  assert.equal(lossOf(0, 0), undefined);
  assert.equal(lossOf(undefined, undefined), undefined);
  assert.equal(lossOf(60, 60), 0);
  assert.equal(lossOf(60, 45), 0.25);
});
