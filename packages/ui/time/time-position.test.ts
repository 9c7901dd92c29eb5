import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  advanceReplay,
  defaultTime,
  formatTimePosition,
  nextMoment,
  parseTimePosition,
  playReplay,
  shiftWindow,
  standAt,
  stepReplay,
  type TimePosition,
  windowBetween,
  windowOf,
} from './time-position.ts';

const HOUR = 3_600_000;
const noon = Date.UTC(2026, 10, 21, 12);

test('texts that a person can read', () => {
  assert.equal(formatTimePosition({ mode: 'live', spanMs: HOUR }), 'live');
  assert.equal(formatTimePosition({ mode: 'live', spanMs: 24 * HOUR }), 'live-1d');
  assert.equal(
    formatTimePosition({ mode: 'window', fromMs: noon, toMs: noon + HOUR }),
    '20261121T120000Z-20261121T130000Z',
  );
});

const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
const positions: fc.Arbitrary<TimePosition> = fc.oneof(
  fc
    .integer({ min: 1, max: 999 })
    .map((minutes): TimePosition => ({ mode: 'live', spanMs: minutes * 60_000 })),
  fc
    .tuple(seconds, fc.integer({ min: 60, max: 1e7 }))
    .map(
      ([from, length]): TimePosition => ({ mode: 'window', fromMs: from * 1e3, toMs: (from + length) * 1e3 }),
    ),
  fc
    .tuple(
      seconds,
      fc.integer({ min: 60, max: 1e7 }),
      fc.nat(60),
      fc.integer({ min: 1, max: 600 }),
      fc.boolean(),
    )
    .map(
      ([from, length, at, speed, playing]): TimePosition => ({
        mode: 'replay',
        fromMs: from * 1e3,
        toMs: (from + length) * 1e3,
        atMs: (from + at) * 1e3,
        speed,
        playing,
      }),
    ),
);

test('every position comes back from its text', () => {
  fc.assert(
    fc.property(positions, (position) =>
      assert.deepEqual(parseTimePosition(formatTimePosition(position)), position),
    ),
  );
});

test('any text is some position, and its window is in order', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { fromMs, toMs } = windowOf(parseTimePosition(text), noon);
      assert.ok(toMs > fromMs);
    }),
  );
  assert.deepEqual(parseTimePosition(undefined), defaultTime);
  assert.deepEqual(parseTimePosition('20261121T130000Z-20261121T120000Z'), defaultTime);
  assert.deepEqual(parseTimePosition('20261399T130000Z-20261121T120000Z'), defaultTime);
  assert.deepEqual(parseTimePosition('live-0m'), defaultTime);
});

test('stepping back from live is a window; stepping forward ends at live', () => {
  const back = shiftWindow({ mode: 'live', spanMs: HOUR }, -1, noon);
  assert.deepEqual(back, { mode: 'window', fromMs: noon - 2 * HOUR, toMs: noon - HOUR });
  assert.deepEqual(shiftWindow(back, 1, noon), { mode: 'live', spanMs: HOUR });
});

test('a dragged window is in order, long enough and not in the future', () => {
  assert.deepEqual(windowBetween(noon, noon - HOUR, noon + HOUR), {
    mode: 'window',
    fromMs: noon - HOUR,
    toMs: noon,
  });
  assert.deepEqual(windowBetween(noon, noon, noon + HOUR), {
    mode: 'window',
    fromMs: noon - 60_000,
    toMs: noon,
  });
  assert.deepEqual(windowBetween(noon - HOUR, noon + HOUR, noon), {
    mode: 'window',
    fromMs: noon - HOUR,
    toMs: noon,
  });
});

test('a replay runs at its speed and pauses at its end', () => {
  const replay = {
    mode: 'replay',
    fromMs: noon,
    toMs: noon + HOUR,
    atMs: noon,
    speed: 60,
    playing: true,
  } as const;
  assert.equal(advanceReplay(replay, 1_000).atMs, noon + 60_000);
  assert.deepEqual(advanceReplay(replay, 100_000), { ...replay, atMs: noon + HOUR, playing: false });
  const paused = { ...replay, playing: false };
  assert.equal(advanceReplay(paused, 1_000), paused);
});

test('a window is played from its beginning, and again from there once it is over', () => {
  const window = { mode: 'window', fromMs: noon - HOUR, toMs: noon } as const;
  const replay = playReplay(window, noon + HOUR);
  assert.deepEqual(replay, { ...window, mode: 'replay', atMs: noon - HOUR, speed: 10, playing: true });
  const half = { ...replay, atMs: noon - HOUR / 2, speed: 60, playing: false };
  assert.deepEqual(playReplay(half, noon), { ...half, playing: true });
  assert.equal(playReplay({ ...half, atMs: noon }, noon).atMs, noon - HOUR);
});

test('a moment within the window keeps the window, one outside brings its own, never in the future', () => {
  const window = { mode: 'window', fromMs: noon - HOUR, toMs: noon } as const;
  const within = standAt(window, noon - HOUR / 4, noon);
  assert.deepEqual([within.fromMs, within.toMs, within.atMs], [noon - HOUR, noon, noon - HOUR / 4]);
  assert.equal(within.playing, false);
  const before = standAt(window, noon - 10 * HOUR, noon);
  assert.deepEqual([before.fromMs, before.toMs], [noon - 10.5 * HOUR, noon - 9.5 * HOUR]);
  assert.equal(standAt(window, noon + HOUR / 4, noon + HOUR / 3).toMs, noon + HOUR / 3);
});

test('steps go from the present into the past, and stop at the ends', () => {
  const back = stepReplay({ mode: 'live', spanMs: HOUR }, -1_000, noon);
  assert.deepEqual([back.atMs, back.toMs], [noon - 1_000, noon]);
  assert.equal(stepReplay(back, -60_000, noon + 5_000).atMs, noon - 61_000);
  assert.equal(stepReplay(back, 60_000, noon).atMs, noon);
  assert.equal(stepReplay({ ...back, atMs: back.fromMs }, -60_000, noon).atMs, back.fromMs);
});

test('the next incident is not the one that one stands on', () => {
  const moments = [noon, noon + 60_000, noon - 60_000];
  assert.equal(nextMoment(moments, noon, 1), noon + 60_000);
  assert.equal(nextMoment(moments, noon, -1), noon - 60_000);
  assert.equal(nextMoment(moments, noon + 60_000, 1), undefined);
});
