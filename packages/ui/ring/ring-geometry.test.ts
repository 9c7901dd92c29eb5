import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEVEL_TIMEOUT, levelOfRtt } from '../samples/sample-level.ts';
import { fadeOfAge, minuteCounts, tickAt, tickLengthOfLevel, tickStart } from './ring-geometry.ts';

test('seconds run clockwise from 12 o’clock', () => {
  assert.equal(tickStart(0), 0);
  assert.equal(tickAt(1, -70, 100), 0);
  assert.equal(tickAt(70, 1, 100), 15);
  assert.equal(tickAt(-1, 70, 100), 30);
  assert.equal(tickAt(-70, -1, 100), 45);
  assert.equal(tickAt(0, 0, 100), undefined);
  assert.equal(tickAt(200, 0, 100), undefined);
});

test('a decade more is a third of the way further; what is lost has no tick', () => {
  const length = (ns: number) => tickLengthOfLevel[levelOfRtt(ns)] as number;
  assert.ok(length(1e5) > 0.1);
  assert.ok(Math.abs(length(1e8) - length(1e7) - (length(1e7) - length(1e6))) < 0.02);
  assert.ok(length(1e9) > 0.99);
  assert.equal(tickLengthOfLevel[LEVEL_TIMEOUT], 0);
});

test('older ticks fade and never vanish', () => {
  assert.equal(fadeOfAge(0), 1);
  assert.ok(fadeOfAge(30) < fadeOfAge(10));
  assert.ok(fadeOfAge(59) > 0.3);
});

test('a minute in counts', () => {
  const minute = new Uint8Array(60);
  minute.fill(levelOfRtt(1e6), 0, 50);
  minute.fill(LEVEL_TIMEOUT, 0, 3);
  assert.deepEqual(minuteCounts(minute), { sent: 50, lost: 3 });
});
