/** Whatever the network does: one outcome a probe, each connection closed once, nothing left open. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createTcpWorld, tcpTarget } from '@maille/testkit/tcp-world';
import { isOwnOutcome, outcomes } from '@maille/wire/link/samples';
import fc from 'fast-check';

test('exactly one outcome of its own for every probe, whatever the network does', () => {
  const happening = fc.record({
    afterMs: fc.nat(1_500),
    what: fc.constantFrom('accept', 'end', 'refuse', 'reset', 'turnBack', 'fail'),
    rttMs: fc.nat(1_500),
    resent: fc.nat(2),
    code: fc.nat(255),
  });
  const fate = fc.record({
    errno: fc.constantFrom(0, 0, 0, 0, 99, 101),
    happenings: fc.array(happening, { maxLength: 3 }),
  });
  const plan = fc.record({
    fates: fc.array(fate, { minLength: 1, maxLength: 20 }),
    capacity: fc.integer({ min: 1, max: 8 }),
    changes: fc.array(
      fc.record({ atMs: fc.nat(5_000), id: fc.integer({ min: 1, max: 6 }), remove: fc.boolean() }),
      { maxLength: 10 },
    ),
  });
  fc.assert(
    fc.property(plan, ({ fates, capacity, changes }) => {
      const later: { atMs: number; act: () => void }[] = [];
      let count = 0;
      let refusedHere = 0;
      const made = createTcpWorld({
        capacity,
        newsCapacity: 2,
        onOpen({ handle, atMs }) {
          const { errno, happenings } = fates[count++ % fates.length] as (typeof fates)[number];
          if (errno !== 0) {
            refusedHere++;
            return errno;
          }
          for (const { afterMs, what, rttMs, resent, code } of happenings) {
            later.push({
              atMs: atMs + afterMs,
              act() {
                // Perhaps another connection has the handle by then: as good a thing to happen as any.
                if (what === 'accept' || what === 'end') made.accept(handle, rttMs, resent, what === 'end');
                else if (what === 'refuse') made.refuse(handle, atMs + rttMs);
                else if (what === 'reset') made.reset(handle, rttMs);
                else if (what === 'turnBack') made.turnBack(handle, code % 2 === 0 ? 3 : 11, code);
                else made.fail(handle, code);
              },
            });
          }
          return 0;
        },
      });
      const { world, prober, run } = made;
      prober.setTargets([1, 2, 3].map((id) => tcpTarget(id, `10.0.0.${id}`)));
      for (let step = 0; step < 8_000; step += 5) {
        for (const { id, remove } of changes.filter(({ atMs }) => atMs >= step && atMs < step + 5))
          prober.change(remove ? [] : [tcpTarget(id, `10.1.0.${id}`)], remove ? [id] : []);
        if (step === 5_000) prober.setTargets([]);
        for (const { act } of later.filter(({ atMs }) => atMs >= step && atMs < step + 5)) act();
        run(5, 5);
      }
      const own = world.seen.filter(({ outcome }) => isOwnOutcome(outcomes.indexOf(outcome)));
      assert.equal(own.length, prober.counters.sent);
      assert.deepEqual([prober.inFlight, made.open.size], [0, 0]);
      assert.ok(own.length >= world.opened.length + refusedHere);
      assert.equal(own.filter(({ outcome }) => outcome === 'reply').length, prober.counters.replies);
      assert.equal(world.seen.length - own.length, prober.counters.late);
    }),
    { numRuns: 60 },
  );
});
