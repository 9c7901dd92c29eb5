import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripWindow } from './strip-window.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = 500_000 * HOUR + 30 * MINUTE + 12_345;
const LAST = 500_000 * HOUR + 30 * MINUTE;

test('live: what the bar says, up to the last whole minute, at most a day', () => {
  for (const spanMs of [15 * MINUTE, HOUR, 24 * HOUR])
    assert.deepEqual(stripWindow({ mode: 'live', spanMs }, NOW), {
      fromMs: LAST - spanMs,
      toMs: LAST,
      isPart: false,
    });
  assert.deepEqual(stripWindow({ mode: 'live', spanMs: 168 * HOUR }, NOW), {
    fromMs: LAST - 24 * HOUR,
    toMs: LAST,
    isPart: true,
  });
});

test('a window: its minutes; a short one with what is around it, never in the future', () => {
  const at = LAST - 5 * HOUR;
  const window = { mode: 'window', fromMs: at + 1_000, toMs: at + 11 * MINUTE - 1_000 } as const;
  assert.deepEqual(stripWindow(window, NOW), { fromMs: at, toMs: at + 11 * MINUTE, isPart: false });
  const minute = stripWindow({ mode: 'window', fromMs: at, toMs: at + MINUTE }, NOW);
  assert.ok(minute.fromMs < at && minute.toMs > at + MINUTE && minute.toMs - minute.fromMs === 10 * MINUTE);
  const last = stripWindow({ mode: 'window', fromMs: NOW - MINUTE, toMs: NOW }, NOW);
  assert.deepEqual([last.fromMs, last.toMs], [LAST - 10 * MINUTE, LAST]);
});

test('a long replay: the day around its moment, which stands still until the moment leaves it', () => {
  const fromMs = LAST - 100 * HOUR;
  const at = (hours: number) =>
    stripWindow(
      {
        mode: 'replay',
        fromMs,
        toMs: LAST,
        atMs: fromMs + hours * HOUR,
        speed: 60,
        playing: true,
      },
      NOW,
    );
  for (let hours = 0; hours <= 100; hours += 0.5) {
    const shown = at(hours);
    const atMs = fromMs + hours * HOUR;
    assert.ok(shown.fromMs <= atMs && atMs <= shown.toMs, `${hours} h`);
    assert.ok(shown.fromMs >= fromMs && shown.toMs <= LAST && shown.isPart);
    assert.equal(shown.toMs - shown.fromMs, 24 * HOUR);
  }
  assert.deepEqual(at(30), at(35));
});
