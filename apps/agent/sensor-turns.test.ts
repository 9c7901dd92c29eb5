import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { startSensorTurns } from './sensor-turns.ts';

/** Time that passes by sleeping and by `run`, which is the event loop; `busyMs` is what a turn takes. */
function createWorld(waitsMs: readonly (() => number)[], busyMs = 0) {
  let nowMs = 1_000;
  let timer: { atMs: number; fn: () => void } | undefined;
  const loopTurnsMs: number[] = [];
  const ticksMs: number[][] = waitsMs.map(() => []);
  const flushesMs: number[] = [];
  const turns = startSensorTurns({
    turners: waitsMs.map((waitMs, i) => ({
      tick() {
        ticksMs[i]?.push(nowMs);
        nowMs += busyMs;
        return waitMs();
      },
      flush() {
        if (i === 0) flushesMs.push(nowMs);
      },
    })),
    clock: {
      wallMs: () => nowMs,
      monoMs: () => nowMs,
      after(delayMs, fn) {
        timer = { atMs: nowMs + delayMs, fn };
        return () => {
          timer = undefined;
        };
      },
      every: () => () => {},
    },
    sleep(ms) {
      nowMs += ms;
    },
  });
  return {
    turns,
    loopTurnsMs,
    ticksMs,
    flushesMs,
    isWaiting: () => timer !== undefined,
    run(forMs: number) {
      const endMs = nowMs + forMs;
      while (timer && timer.atMs <= endMs) {
        const { atMs, fn } = timer;
        timer = undefined;
        nowMs = Math.max(nowMs, atMs);
        loopTurnsMs.push(nowMs);
        fn();
      }
    },
  };
}

const gapsOf = (times: readonly number[]) => times.slice(1).map((at, i) => at - (times[i] as number));

test('whatever its parts ask for, the loop has its turn, each part comes in time, and samples are handed on', () => {
  const waits = fc.array(fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 1 }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(waits, fc.integer({ min: 1, max: 3 }), (lists, busyMs) => {
      const turns = lists.map((list) => {
        let at = 0;
        return () => list[at++ % list.length] as number;
      });
      const world = createWorld(turns, busyMs);
      world.run(3_000);
      const round = lists.length * busyMs; // all parts, one after the other
      assert.ok(Math.max(...gapsOf(world.loopTurnsMs)) <= 150 + 40 + 2 * round);
      for (const [i, list] of lists.entries()) {
        const longest = Math.max(...list);
        assert.ok(Math.max(...gapsOf(world.ticksMs[i] as number[])) <= longest + 2 * round + 1);
      }
      assert.ok(Math.max(...gapsOf(world.flushesMs)) <= 150 + 2 * round);
    }),
    { numRuns: 200 },
  );
});

test('turns that follow each other closely are slept to; the loop has one in forty milliseconds', () => {
  const world = createWorld([() => 5]);
  world.run(1_000);
  assert.deepEqual(new Set(gapsOf(world.ticksMs[0] as number[])), new Set([5]));
  assert.ok(world.loopTurnsMs.length <= 1_000 / 40 + 1, `${world.loopTurnsMs.length} turns of the loop`);
});

test('long waits are the loop’s, and everybody is asked when something was told', () => {
  const world = createWorld([() => 100, () => 100]);
  world.run(10);
  assert.deepEqual(
    world.ticksMs.map((ticks) => ticks.length),
    [1, 1],
  );
  world.turns.allSoon();
  world.run(150);
  assert.deepEqual(
    world.ticksMs.map((ticks) => ticks.length >= 2),
    [true, true],
  );
});

test('an end hands on what there is, and no turn follows', () => {
  const world = createWorld([() => 5]);
  const before = world.flushesMs.length;
  world.turns.stop();
  assert.equal(world.flushesMs.length, before + 1);
  assert.ok(!world.isWaiting());
});
