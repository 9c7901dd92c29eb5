import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createSendSchedule, type SendSchedule } from './send-schedule.ts';

/** Runs the schedule in ticks; returns how many were sent in each. */
function run(
  schedule: SendSchedule,
  fromMs: number,
  toMs: number,
  tickMs: number,
  onSend?: (slot: number, atMs: number) => void,
) {
  const perTick: number[] = [];
  for (let nowMs = fromMs; nowMs < toMs; nowMs += tickMs) {
    let count = 0;
    for (let slot = schedule.takeDue(nowMs); slot >= 0; slot = schedule.takeDue(nowMs)) {
      count++;
      onSend?.(slot, nowMs);
    }
    perTick.push(count);
  }
  return perTick;
}

for (const count of [1, 7, 100, 2_000, 10_000, 100_000]) {
  test(`${count} targets at 1 Hz are sent evenly`, () => {
    const schedule = createSendSchedule();
    for (let slot = 0; slot < count; slot++) schedule.add(slot, 1_000, 0, 1_000);
    const tickMs = 2;
    const perTick = run(schedule, 0, 3_000, tickMs);
    const share = (count * tickMs) / 1_000;
    assert.ok(Math.max(...perTick) <= share * 1.25 + 3, `a tick holds ${Math.max(...perTick)} of ${share}`);
    const sent = perTick.slice(500, 1_500).reduce((sum, n) => sum + n, 0); // whole seconds, after the first
    assert.ok(Math.abs(sent - 2 * count) <= 1 + count / 100, `${sent} in two seconds`);
  });
}

test('a mix of intervals is sent evenly, after half of the slots were given away again', () => {
  const schedule = createSendSchedule();
  const intervals = [1_000, 2_000, 5_000, 10_000, 60_000];
  for (let slot = 0; slot < 10_000; slot++)
    schedule.add(slot, intervals[slot % intervals.length] as number, 0, 2_000);
  for (let slot = 0; slot < 10_000; slot += 2) schedule.remove(slot);
  for (let slot = 0; slot < 10_000; slot += 4) schedule.add(slot, 1_000, 0, 2_000);
  const perTick = run(schedule, 0, 20_000, 5);
  const share = (schedule.ratePerSecond * 5) / 1_000;
  assert.ok(
    Math.max(...perTick.slice(1_000)) <= share * 1.6 + 4,
    `${Math.max(...perTick.slice(1_000))} of ${share}`,
  );
});

test('adding, removing and changing others never moves a target', () => {
  const times = (disturb: boolean) => {
    const schedule = createSendSchedule();
    for (let slot = 0; slot < 50; slot++) schedule.add(slot, 1_000 + 100 * slot, 0, 1_000);
    const seen: number[] = [];
    let nextSlot = 50;
    run(schedule, 0, 20_000, 1, (slot, atMs) => {
      if (slot === 17) seen.push(atMs);
      if (!disturb || slot === 17 || slot < 10) return;
      schedule.remove(slot);
      if (atMs % 3 === 0) schedule.add(slot, 1_000 + (atMs % 7) * 500, atMs, 1_000);
      if (atMs % 5 === 0) schedule.add(nextSlot++, 3_000, atMs, 1_000);
    });
    return seen;
  };
  const undisturbed = times(false);
  assert.ok(undisturbed.length >= 7);
  assert.deepEqual(times(true), undisturbed);
});

test('a target keeps to its grid, and turns missed in a stall are skipped, not made up for', () => {
  const schedule = createSendSchedule();
  schedule.add(5, 1_000, 0, 1_000);
  const seen: number[] = [];
  run(schedule, 0, 3_000, 1, (_, atMs) => seen.push(atMs));
  assert.deepEqual(
    seen.map((atMs) => atMs % 1_000),
    Array(3).fill((seen[0] as number) % 1_000),
  );
  assert.equal(schedule.takeDue(9_999), 5);
  assert.equal(schedule.takeDue(9_999), -1);
  assert.ok(schedule.nextDueMs() > 9_999 && schedule.nextDueMs() < 11_000);
});

test('a target with a long interval is probed soon after it was added', () => {
  const schedule = createSendSchedule();
  for (let slot = 0; slot < 20; slot++) schedule.add(slot, 3_600_000, 5_000, 1_000);
  const seen = new Set<number>();
  run(schedule, 5_000, 6_001, 1, (slot) => seen.add(slot));
  assert.equal(seen.size, 20);
});

test('like a list that is sorted anew each time', () => {
  const command = fc.oneof(
    fc.record({
      do: fc.constant('add' as const),
      slot: fc.nat(40),
      interval: fc.integer({ min: 1_000, max: 9_000 }),
    }),
    fc.record({ do: fc.constant('remove' as const), slot: fc.nat(40) }),
    fc.record({ do: fc.constant('run' as const), forMs: fc.nat(3_000) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const schedule = createSendSchedule();
      const intervals = new Map<number, number>();
      let nowMs = 0;
      for (const one of commands) {
        if (one.do === 'add' && !intervals.has(one.slot)) {
          schedule.add(one.slot, one.interval, nowMs, 1_000);
          intervals.set(one.slot, one.interval);
        } else if (one.do === 'remove') {
          schedule.remove(one.slot);
          intervals.delete(one.slot);
        } else if (one.do === 'run') {
          const last = new Map<number, number>();
          const endMs = nowMs + one.forMs;
          while (schedule.nextDueMs() <= endMs) {
            const dueMs = schedule.nextDueMs();
            assert.ok(dueMs >= nowMs);
            nowMs = dueMs;
            const slot = schedule.takeDue(nowMs);
            const interval = intervals.get(slot);
            assert.ok(interval !== undefined);
            const gap = nowMs - (last.get(slot) ?? Number.NEGATIVE_INFINITY);
            assert.ok(gap >= interval / 2 - 1e-6);
            last.set(slot, nowMs);
          }
          nowMs = endMs;
        }
        assert.equal(schedule.count, intervals.size);
        const rate = [...intervals.values()].reduce((sum, interval) => sum + 1_000 / interval, 0);
        assert.ok(Math.abs(schedule.ratePerSecond - rate) < 1e-6);
      }
    }),
  );
});
