/** Whatever the network does: one outcome a probe, and nothing believed that was not sent. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { SentEcho } from '@maille/testkit/fake-echo-port';
import { addressWords, createProbeWorld, probeTarget, replyTo } from '@maille/testkit/probe-world';
import { isOwnOutcome, outcomes } from '@maille/wire/link/samples';
import fc from 'fast-check';

test('exactly one outcome of its own for every probe, whatever the network does', () => {
  const fate = fc.record({
    errno: fc.constantFrom(0, 0, 0, 0, 101, 113),
    stamped: fc.boolean(),
    delays: fc.array(fc.nat(2_500), { maxLength: 3 }),
    refusedAfter: fc.option(fc.nat(2_000)),
  });
  const plan = fc.record({
    fates: fc.array(fate, { minLength: 1, maxLength: 20 }),
    changes: fc.array(
      fc.record({
        atMs: fc.nat(8_000),
        id: fc.integer({ min: 1, max: 6 }),
        address: fc.nat(3),
        remove: fc.boolean(),
      }),
      {
        maxLength: 20,
      },
    ),
  });
  fc.assert(
    fc.property(plan, ({ fates, changes }) => {
      const later: { atMs: number; act: () => void }[] = [];
      let count = 0;
      let refusedHere = 0;
      const made = createProbeWorld((sent, atMs) => {
        const one = fates[count++ % fates.length] as (typeof fates)[number];
        if (one.errno !== 0) {
          refusedHere++;
          return one.errno;
        }
        if (one.stamped) made.port4.deliverStamp(sent.bytes, atMs * 1e6);
        for (const delayMs of one.delays) {
          later.push({
            atMs: atMs + delayMs,
            act: () => made.port4.deliver(replyTo(sent), sent.address, (atMs + delayMs) * 1e6),
          });
        }
        if (one.refusedAfter !== null)
          later.push({
            atMs: atMs + one.refusedAfter,
            act: () => made.port4.deliverRefusal(sent.bytes, sent.address, 3, 1),
          });
        return 0;
      });
      const { world, prober, run } = made;
      prober.setTargets([1, 2, 3].map((id) => probeTarget(id, `10.0.0.${id}`)));
      for (let step = 0; step < 12_000; step += 5) {
        for (const one of changes.filter((c) => c.atMs >= step && c.atMs < step + 5))
          prober.change(
            one.remove ? [] : [probeTarget(one.id, `10.1.${one.address}.1`)],
            one.remove ? [one.id] : [],
          );
        if (step === 8_000) prober.setTargets([]);
        for (const one of later.filter((l) => l.atMs >= step && l.atMs < step + 5)) one.act();
        run(5, 5);
      }
      const own = world.seen.filter((s) => isOwnOutcome(outcomes.indexOf(s.outcome)));
      assert.equal(own.length, world.sent.length);
      assert.equal(prober.counters.sent, world.sent.length);
      assert.equal(prober.inFlight, 0);
      assert.equal(own.filter((s) => s.outcome === 'local-error').length, refusedHere);
      assert.equal(own.filter((s) => s.outcome === 'reply').length, prober.counters.replies);
    }),
    { numRuns: 60 },
  );
});

test('garbage from the network: no crash, and nothing is believed that was not sent', () => {
  const garbage = fc.record({
    bytes: fc.uint8Array({ maxLength: 400 }),
    how: fc.constantFrom('answer', 'stamp', 'refusal'),
    type: fc.nat(255),
    ours: fc.boolean(),
    changes: fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { minLength: 1, maxLength: 4 }),
  });
  fc.assert(
    fc.property(fc.array(garbage, { maxLength: 100 }), (packets) => {
      const { world, port4, prober, run } = createProbeWorld();
      prober.setTargets([probeTarget(1, '10.0.0.1', 60_000)]);
      while (world.sent.length < 1) run(1);
      const sent = world.sent[0] as SentEcho;
      for (const one of packets) {
        const bytes = one.ours ? replyTo(sent) : one.bytes;
        // The checksum is left as it was, so every change that matters shows.
        if (one.ours)
          for (const [at, value] of one.changes) if (at >= 20 && at < bytes.length) bytes[at] = value;
        if (one.how === 'answer') port4.deliver(bytes, addressWords('10.0.0.2'), 0);
        else if (one.how === 'stamp') port4.deliverStamp(one.bytes, 0, one.type % 60);
        else port4.deliverRefusal(one.bytes, addressWords('10.0.0.2'), one.type, one.type);
      }
      run(2);
      assert.equal(prober.counters.replies + prober.counters.late + prober.counters.duplicates, 0);
      run(1_000);
      assert.deepEqual(
        world.seen.map((s) => s.outcome),
        ['timeout'],
      );
    }),
    { numRuns: 500 },
  );
});
