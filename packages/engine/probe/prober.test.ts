import assert from 'node:assert/strict';
import test from 'node:test';
import type { SentEcho } from '@maille/testkit/fake-echo-port';
import { addressWords, createProbeWorld, probeTarget, replyTo } from '@maille/testkit/probe-world';
import { isOwnOutcome, outcomes } from '@maille/wire/link/samples';
import { internetChecksum } from './internet-checksum.ts';

test('a reply: from send stamp to receive stamp, the first one marked, however late it is read', () => {
  const { world, port4, prober, run } = createProbeWorld();
  prober.setTargets([probeTarget(9, '10.0.0.9')]);
  for (const expected of [1, 2]) {
    while (world.sent.length < expected) run(1);
    const sent = world.sent[expected - 1] as SentEcho;
    const leftNs = world.nowMs * 1e6 + 40_000;
    port4.deliverStamp(sent.bytes, leftNs, 14 + 20);
    port4.deliver(replyTo(sent), addressWords('10.0.0.9'), leftNs + 123_450);
    world.nowMs += 450; // nobody reads for a while; still within the timeout
    run(1);
  }
  assert.deepEqual(
    world.seen.map(({ id, rttUs, outcome, code }) => [id, rttUs, outcome, code]),
    [
      [9, 123.45, 'reply', 1],
      [9, 123.45, 'reply', 0],
    ],
  );
  assert.ok(Math.abs(((world.seen[0]?.sentAtMs as number) % 1) - 0.04) < 0.001);
});

test('a reply in time is a reply even when it is read after the deadline; one out of time is late', () => {
  const { world, port4, prober, run } = createProbeWorld();
  prober.setTargets([probeTarget(1, '10.0.0.1', 10_000, 500)]);
  while (world.sent.length < 1) run(1);
  const sent = world.sent[0] as SentEcho;
  const sentNs = world.nowMs * 1e6;
  port4.deliverStamp(sent.bytes, sentNs);
  port4.deliver(replyTo(sent), addressWords('10.0.0.1'), sentNs + 499e6);
  world.nowMs += 900;
  run(1);
  assert.deepEqual(
    world.seen.map((s) => s.outcome),
    ['reply'],
  );
  while (world.sent.length < 2) run(1);
  const second = world.sent[1] as SentEcho;
  const secondNs = world.nowMs * 1e6;
  port4.deliverStamp(second.bytes, secondNs);
  port4.deliver(replyTo(second), addressWords('10.0.0.1'), secondNs + 501e6);
  world.nowMs += 502;
  run(1);
  assert.deepEqual(
    world.seen
      .slice(1)
      .map((s) => s.outcome)
      .sort(),
    ['late', 'timeout'],
  );
});

test('timeout, then late with the true time, then duplicates', () => {
  const { world, port4, prober, run } = createProbeWorld();
  prober.setTargets([probeTarget(1, '10.0.0.1', 60_000, 500)]);
  while (world.sent.length < 1) run(1);
  const sent = world.sent[0] as SentEcho;
  const sentNs = world.nowMs * 1e6;
  run(600);
  assert.deepEqual(
    world.seen.map((s) => [s.outcome, s.rttUs]),
    [['timeout', 0]],
  );
  for (const delayMs of [700, 701])
    port4.deliver(replyTo(sent), addressWords('10.0.0.1'), sentNs + delayMs * 1e6);
  world.nowMs += 200;
  run(1);
  assert.deepEqual(
    world.seen.slice(1).map((s) => s.outcome),
    ['late', 'duplicate'],
  );
  assert.ok(Math.abs((world.seen[1]?.rttUs as number) - 700_000) < 2_000);
  assert.deepEqual(prober.counters, { sent: 1, replies: 0, late: 1, duplicates: 1, foreign: 0 });
});

test('refused on the way: by a packet, by the error queue, with a full quote or a short one', () => {
  const { world, port4, prober, run } = createProbeWorld();
  prober.setTargets([1, 2, 3].map((id) => probeTarget(id, `10.0.0.${id}`, 10_000, 2_000)));
  while (world.sent.length < 3) run(1);
  const [a, b, c] = world.sent as [SentEcho, SentEcho, SentEcho];
  const quote = (sent: SentEcho, bytes: number) => {
    const packet = new Uint8Array(20 + 8 + 20 + bytes);
    packet[0] = packet[28] = 0x45;
    packet[20] = 11;
    packet[28 + 9] = 1;
    packet.set(new Uint8Array(sent.address.buffer, 0, 4), 28 + 16);
    packet.set(sent.bytes.subarray(0, bytes), 48);
    new DataView(packet.buffer).setUint16(22, internetChecksum(packet, 20, packet.length), true);
    return packet;
  };
  port4.deliver(quote(a, 36), addressWords('10.0.0.254'), Number.NaN);
  port4.deliver(quote(b, 8), addressWords('10.0.0.254'), Number.NaN);
  port4.deliverRefusal(c.bytes, c.address, 3, 13);
  // An error about an address that was not asked is no news.
  port4.deliverRefusal(c.bytes, addressWords('10.0.0.77'), 3, 13);
  run(2);
  const idOf = (sent: SentEcho) => (sent.address[0] as number) >>> 24;
  assert.deepEqual(
    world.seen.map(({ id, outcome, code }) => [id, outcome, code]).sort(),
    [
      [idOf(a), 'ttl-exceeded', 0],
      [idOf(b), 'ttl-exceeded', 0],
      [idOf(c), 'unreachable', 13],
    ].sort(),
  );
  assert.equal(prober.counters.foreign, 1);
});

test('a refusal here is a local error with its errno, and keeps nobody else back', () => {
  const { world, prober, run } = createProbeWorld((sent) =>
    (sent.address[0] as number) >>> 24 === 2 ? 101 : 0,
  );
  prober.setTargets([1, 2, 3].map((id) => probeTarget(id, `10.0.0.${id}`)));
  run(1_700);
  const own = world.seen.filter((s) => isOwnOutcome(outcomes.indexOf(s.outcome)));
  assert.deepEqual(
    [...new Set(own.filter((s) => s.id === 2).map((s) => `${s.outcome} ${s.code}`))],
    ['local-error 101'],
  );
  assert.ok(own.some((s) => s.id === 1 && s.outcome === 'timeout'));
  assert.ok(own.some((s) => s.id === 3 && s.outcome === 'timeout'));
});

test('IPv6: zones by name and number, an unknown interface is a local error, other zones are foreign', () => {
  const { world, port6, prober, run } = createProbeWorld();
  prober.setTargets([
    probeTarget(1, 'fe80::1%eth0', 60_000),
    probeTarget(2, 'fe80::2%nowhere', 60_000),
    probeTarget(3, '2001:db8::3', 60_000),
  ]);
  run(1_001);
  assert.deepEqual(world.sent.map((s) => s.zone).sort(), [0, 3]);
  assert.deepEqual(
    world.seen.filter((s) => s.outcome === 'local-error').map((s) => [s.id, s.code]),
    [[2, 19]],
  );
  const linkLocal = world.sent.find((s) => s.zone === 3) as SentEcho;
  port6.deliver(replyTo(linkLocal, 6), addressWords('fe80::1'), Number.NaN); // arrives by interface 0
  run(1);
  assert.equal(prober.counters.foreign, 1);
  assert.equal(prober.counters.replies, 0);
});

test('an answer from another address, or to a probe never sent, is foreign', () => {
  const { world, port4, prober, run } = createProbeWorld();
  prober.setTargets([probeTarget(1, '10.0.0.1', 60_000)]);
  while (world.sent.length < 1) run(1);
  const sent = world.sent[0] as SentEcho;
  port4.deliver(replyTo(sent), addressWords('10.0.0.2'), Number.NaN);
  const forged = { ...sent, bytes: sent.bytes.slice() };
  new DataView(forged.bytes.buffer).setUint32(16, 12_345 + 400, true);
  port4.deliver(replyTo(forged), addressWords('10.0.0.1'), Number.NaN);
  run(2);
  assert.deepEqual(prober.counters, { sent: 1, replies: 0, late: 0, duplicates: 0, foreign: 2 });
});

test('the wall clock set between send and answer does not show in the round trip', () => {
  for (const stepMs of [-3_600_000, 3_600_000]) {
    const { world, port4, prober, run } = createProbeWorld();
    prober.setTargets([probeTarget(1, '10.0.0.1', 60_000)]);
    while (world.sent.length < 1) run(1);
    const sent = world.sent[0] as SentEcho;
    port4.deliverStamp(sent.bytes, world.nowMs * 1e6);
    world.wallStepMs += stepMs;
    world.nowMs += 20;
    port4.deliver(replyTo(sent), addressWords('10.0.0.1'), (world.nowMs + world.wallStepMs) * 1e6);
    run(1);
    assert.equal(world.seen[0]?.outcome, 'reply');
    assert.ok((world.seen[0]?.rttUs as number) < 25_000);
  }
});

test('a target that goes or moves still gets the outcomes of what was sent; a new one is not mistaken for it', () => {
  const { world, port4, prober, run } = createProbeWorld();
  prober.setTargets([probeTarget(1, '10.0.0.1', 2_000)]);
  while (world.sent.length < 1) run(1);
  const old = world.sent[0] as SentEcho;
  prober.change([probeTarget(1, '10.0.0.2', 2_000)], []);
  run(400);
  port4.deliver(replyTo(old), addressWords('10.0.0.1'), Number.NaN);
  run(1);
  assert.equal(world.seen.filter((s) => s.outcome === 'reply').length, 1);
  prober.change([], [1]);
  run(5_000);
  assert.equal(prober.targetCount, 0);
  assert.equal(prober.inFlight, 0);
  assert.equal(world.seen.filter((s) => isOwnOutcome(outcomes.indexOf(s.outcome))).length, world.sent.length);
});

test('the whole list said again, with others added, moved and gone, disturbs nobody who stays', () => {
  const times = (disturb: boolean) => {
    const { world, port4, prober, run } = createProbeWorld((sent, atMs) => {
      if ((sent.address[0] as number) >>> 24 === 7) seen.push(atMs);
      port4.deliver(replyTo(sent), sent.address, atMs * 1e6 + 1_000);
      return 0;
    });
    const seen: number[] = [];
    const stays = [5, 6, 7].map((id) => probeTarget(id, `10.0.0.${id}`));
    prober.setTargets([...stays, probeTarget(8, '10.0.0.8')]);
    for (let round = 0; round < 8; round++) {
      run(637);
      if (disturb)
        prober.setTargets([
          probeTarget(20 + round, '10.0.2.1'),
          ...stays,
          probeTarget(9, `10.0.1.${round}`, 3_000),
        ]);
    }
    const firsts = world.seen.filter((s) => s.id === 7 && s.code === 1).length;
    return { seen, firsts };
  };
  const undisturbed = times(false);
  assert.ok(undisturbed.seen.length >= 4);
  assert.equal(undisturbed.firsts, 1);
  assert.deepEqual(times(true), undisturbed);
});

test('bad addresses are refused one by one, good ones kept, at most 100,000 of them', () => {
  const { prober } = createProbeWorld();
  assert.deepEqual(
    prober
      .setTargets([probeTarget(1, '10.0.0.1'), probeTarget(2, 'example.org'), probeTarget(3, '10.0.0.256')])
      .map((r) => r.id),
    [2, 3],
  );
  assert.equal(prober.targetCount, 1);
  const many = Array.from({ length: 100_001 }, (_, i) =>
    probeTarget(i + 1, `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`),
  );
  assert.deepEqual(
    prober.setTargets(many).map((r) => r.id),
    [100_001],
  );
  assert.equal(prober.targetCount, 100_000);
});

test('after a stall the backlog is sent at a bounded pace, not in a burst', () => {
  const { world, prober, run } = createProbeWorld();
  prober.setTargets(Array.from({ length: 5_000 }, (_, i) => probeTarget(i + 1, `10.0.${i >> 8}.${i & 255}`)));
  run(3_000);
  world.nowMs += 400; // 2,000 are overdue
  const perTick: number[] = [];
  for (let i = 0; i < 1_000; i++) {
    const before = world.sent.length;
    run(1);
    perTick.push(world.sent.length - before);
  }
  assert.ok(Math.max(...perTick) <= 2 * 5 * 10 + 5, `${Math.max(...perTick)} in one tick`);
  assert.ok(Math.max(...perTick.slice(5)) <= 2 * 5 + 5, `${Math.max(...perTick.slice(5))} in one tick`);
});
