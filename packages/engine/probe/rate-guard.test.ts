import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SensorTarget } from '@maille/wire/sensor/messages';
import fc from 'fast-check';
import { createOwnPrefixes } from './own-prefixes.ts';
import { createRateGuard, type RateBounds } from './rate-guard.ts';

const bounds: RateBounds = { perSecond: 10, perSecondOfPrefix: { 4: 4, 6: 6 } };

const target = (id: number, address: string, intervalMs = 1_000): SensorTarget => ({
  id,
  address,
  probe: 'icmp',
  intervalMs,
  timeoutMs: 1_000,
});
const ids = (targets: readonly SensorTarget[]) => targets.map(({ id }) => id);

test('more than the total is held back, and counted', () => {
  const guard = createRateGuard(bounds);
  const list = Array.from({ length: 14 }, (_, i) => target(i + 1, `10.0.${i}.1`));
  assert.deepEqual(ids(guard.setTargets(list)), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual(guard.held, { total: 4, prefix: 0, outside: 0 });
});

test('more than a prefix may get is held back; others are not', () => {
  const guard = createRateGuard(bounds);
  const list = Array.from({ length: 6 }, (_, i) => target(i + 1, `10.0.0.${i + 1}`));
  assert.deepEqual(ids(guard.setTargets([...list, target(9, '10.0.1.1')])), [1, 2, 3, 4, 9]);
  assert.deepEqual(guard.held, { total: 0, prefix: 2, outside: 0 });
  const six = Array.from({ length: 8 }, (_, i) => target(i + 1, `fd00::${i}`));
  assert.equal(guard.setTargets(six).length, 6);
});

test('a longer interval counts for less', () => {
  const guard = createRateGuard(bounds);
  const list = Array.from({ length: 50 }, (_, i) => target(i + 1, `10.0.${i}.1`, 5_000));
  assert.equal(guard.setTargets(list).length, 50);
  assert.deepEqual(guard.change([target(99, '10.1.0.1', 60_000)], []), { put: [], remove: [] });
});

test('what waits comes in when there is room', () => {
  const guard = createRateGuard(bounds);
  guard.setTargets(Array.from({ length: 12 }, (_, i) => target(i + 1, `10.0.${i}.1`)));
  const { put, remove } = guard.change([], [3]);
  assert.deepEqual(ids(put), [11]);
  assert.deepEqual(remove, [3]);
  assert.deepEqual(guard.held, { total: 1, prefix: 0, outside: 0 });
  guard.change([], [12]);
  assert.deepEqual(guard.held, { total: 0, prefix: 0, outside: 0 });
});

test('a target that no longer fits, as it is wanted now, is not probed as it was', () => {
  const guard = createRateGuard(bounds);
  guard.setTargets([
    ...Array.from({ length: 9 }, (_, i) => target(i + 1, `10.0.${i}.1`)),
    target(10, '10.1.0.1', 5_000),
    target(11, '10.1.1.1', 2_000),
  ]);
  const { put, remove } = guard.change([target(10, '10.1.0.1', 1_000)], []);
  assert.deepEqual([ids(put), remove], [[], [10]]);
});

test('whatever is asked for, in whatever order, the bounds hold, and nothing is held back without need', () => {
  const address = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 9 }));
  const put = fc.record({
    id: fc.integer({ min: 1, max: 30 }),
    place: address,
    intervalMs: fc.constantFrom(1_000, 2_000, 5_000),
  });
  const step = fc.record({
    put: fc.array(put, { maxLength: 8 }),
    remove: fc.array(fc.integer({ min: 1, max: 30 })),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const guard = createRateGuard(bounds);
      const wanted = new Map<number, SensorTarget>();
      const probed = new Map<number, SensorTarget>();
      for (const { put: puts, remove } of steps) {
        const list = [...new Map(puts.map((one) => [one.id, one])).values()].map(
          ({ id, place, intervalMs }) => target(id, `10.0.${place[0]}.${place[1]}`, intervalMs),
        );
        for (const id of remove) wanted.delete(id);
        for (const one of list) wanted.set(one.id, one);
        const change = guard.change(list, remove);
        for (const id of change.remove) probed.delete(id);
        for (const one of change.put) probed.set(one.id, one);

        const rates = new Map<string, number>();
        let total = 0;
        for (const { address: text, intervalMs } of probed.values()) {
          const prefix = text.split('.').slice(0, 3).join('.');
          rates.set(prefix, (rates.get(prefix) ?? 0) + 1_000 / intervalMs);
          total += 1_000 / intervalMs;
        }
        assert.ok(total <= bounds.perSecond + 1e-6);
        for (const rate of rates.values()) assert.ok(rate <= bounds.perSecondOfPrefix[4] + 1e-6);
        for (const [id, one] of probed) assert.equal(wanted.get(id), one);
        assert.equal(probed.size + guard.held.total + guard.held.prefix, wanted.size);
        for (const [id, one] of wanted) {
          if (probed.has(id)) continue;
          const own = 1_000 / one.intervalMs;
          const prefix = one.address.split('.').slice(0, 3).join('.');
          const fits = total + own <= bounds.perSecond && (rates.get(prefix) ?? 0) + own <= 4;
          assert.ok(!fits, 'held back without need');
        }
      }
    }),
  );
});

test('outside the own prefixes nothing is probed, whatever room there is, and it is counted', () => {
  const guard = createRateGuard({ ...bounds, ownPrefixes: createOwnPrefixes(['10.0.0.0/8', 'fd00::/8']) });
  const list = ['10.0.0.1', '8.8.8.8', '::ffff:8.8.8.8', 'fd00::1', 'fe80::1%eth0', 'nonsense', '127.0.0.1'];
  assert.deepEqual(ids(guard.setTargets(list.map((address, i) => target(i + 1, address)))), [1, 4]);
  assert.deepEqual(guard.held, { total: 0, prefix: 0, outside: 5 });
  // One that moves out is taken from what is probed; one that moves in is probed.
  assert.deepEqual(guard.change([target(1, '9.9.9.9')], []), { put: [], remove: [1] });
  assert.deepEqual(ids(guard.change([target(2, '10.0.0.2')], [3]).put), [2]);
  assert.deepEqual(guard.held, { total: 0, prefix: 0, outside: 4 });
  guard.setTargets([]);
  assert.equal(guard.held.outside, 0);
});

test('mapped addresses fall under the bound of their /24', () => {
  const guard = createRateGuard(bounds);
  const list = [...Array(3).keys()].flatMap((i) => [`10.0.0.${i}`, `::ffff:10.0.0.${i + 100}`]);
  assert.equal(guard.setTargets(list.map((address, i) => target(i + 1, address))).length, 4);
});
