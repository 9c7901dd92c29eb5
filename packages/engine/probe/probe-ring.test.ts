import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createProbeRing, PROBE_DECIDED, PROBE_STAMPED } from './probe-ring.ts';

test('every undecided probe times out once, after its deadline and within a tick of the wheel', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('begin' as const), timeoutMs: fc.integer({ min: 100, max: 30_000 }) }),
    fc.record({ do: fc.constant('decide' as const), which: fc.nat() }),
    fc.record({ do: fc.constant('pass' as const), ms: fc.oneof(fc.nat(50), fc.nat(60_000)) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.nat(0xffff_ffff), (steps, firstSerial) => {
      let nowMs = 1_234.5;
      const ring = createProbeRing(firstSerial, nowMs);
      const open = new Map<number, number>(); // serial → deadline
      for (const one of steps) {
        if (one.do === 'begin') {
          const serial = ring.begin(7, nowMs, nowMs * 1e6, one.timeoutMs);
          assert.ok(serial > 0 && !open.has(serial));
          open.set(serial, nowMs + one.timeoutMs);
        } else if (one.do === 'decide' && open.size > 0) {
          const serial = [...open.keys()][one.which % open.size] as number;
          ring.decide(ring.find(serial));
          open.delete(serial);
        } else if (one.do === 'pass') {
          nowMs += one.ms;
          ring.expire(nowMs, (index) => {
            const serial = [...open.keys()].find((s) => ring.find(s) === index);
            assert.ok(serial !== undefined);
            assert.ok((open.get(serial) as number) < nowMs);
            ring.decide(index);
            open.delete(serial);
          });
          for (const deadlineMs of open.values()) assert.ok(deadlineMs > nowMs - 8);
        }
        assert.equal(ring.inFlight, open.size);
      }
    }),
  );
});

test('grows while deadlines are to come, and keeps what it holds', () => {
  const ring = createProbeRing(0xffff_fff0, 0); // serials wrap around on the way
  const serials: number[] = [];
  for (let i = 0; i < 5_000; i++) {
    const serial = ring.begin(i, i / 10, i, 2_000);
    if (i % 2 === 0) ring.decide(ring.find(serial));
    serials.push(serial);
  }
  assert.ok(ring.capacity >= 5_000);
  assert.equal(ring.inFlight, 2_500);
  for (const [i, serial] of serials.entries()) {
    const index = ring.find(serial);
    assert.equal(ring.slotOf(index), i);
    assert.equal((ring.flagsOf(index) & PROBE_DECIDED) !== 0, i % 2 === 0);
    assert.equal(ring.serialOfSequence(serial & 0xffff), serial);
  }
  const timedOut: number[] = [];
  ring.expire(10_000, (index) => {
    timedOut.push(ring.slotOf(index));
    ring.decide(index);
  });
  assert.equal(timedOut.length, 2_500);
  assert.equal(ring.inFlight, 0);
});

test('forgets the oldest when their deadlines have gone by, and knows no other serial', () => {
  const ring = createProbeRing(100, 0);
  const first = ring.begin(1, 0, 0, 100);
  ring.expire(200, (index) => ring.decide(index));
  for (let i = 0; i < ring.capacity; i++) {
    ring.begin(2, 200 + i, 0, 100);
    ring.expire(400 + i, (index) => ring.decide(index));
  }
  assert.equal(ring.find(first), -1);
  assert.equal(ring.find(0), -1);
  assert.equal(ring.find(99), -1);
});

test('a stamp replaces the time of sending', () => {
  const ring = createProbeRing(1, 0);
  const index = ring.find(ring.begin(1, 0, 10, 100));
  ring.stamp(index, 25);
  assert.equal(ring.sentNsOf(index), 25);
  assert.equal(ring.flagsOf(index) & PROBE_STAMPED, PROBE_STAMPED);
});
