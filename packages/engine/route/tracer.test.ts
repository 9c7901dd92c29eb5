/** The tracer on a simulated network: whole rounds, without sockets and without waiting. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseIpAddress } from '@maille/base/ip-address';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { createFakeTraceNetwork, type FakeTraceOptions } from '@maille/testkit/fake-trace-network';
import type { TracePlan, TraceRound } from '@maille/wire/traceroute';
import fc from 'fast-check';
import { SILENT_HOPS } from './flow-trace.ts';
import { createTracer, PACKETS_PER_SECOND, type TraceTarget } from './tracer.ts';

const TARGET = '203.0.113.9';
const straight = ['10.0.0.1', '10.0.0.2', '10.0.0.3', TARGET];
/** The second distance is a balancer's: one router or the other, by the key. */
const diamond = (key: string) => [
  '10.0.0.1',
  hash(key) % 2 === 0 ? '10.0.1.2' : '10.0.2.2',
  '10.0.0.3',
  TARGET,
];
const hash = (text: string) => [...text].reduce((sum, one) => (sum * 31 + one.charCodeAt(0)) >>> 0, 7);
const target = (id: number, plan: Partial<TracePlan> = {}, address = TARGET): TraceTarget => ({
  id,
  address,
  plan: { method: 'icmp', everyMs: 60_000, flows: 4, ...plan },
});

function setUp(options: Partial<FakeTraceOptions>, packetsPerSecond?: number) {
  const clock = createFakeClock();
  const network = createFakeTraceNetwork({ clock, way: () => straight, ...options });
  const rounds: TraceRound[] = [];
  const tracer = createTracer({
    port: network.port,
    random: [11, 22, 0xffff_fff0], // serials go over their end in the first round
    wallMs: clock.wallMs,
    monoMs: clock.monoMs,
    onRound: (round) => void rounds.push(round),
    ...(packetsPerSecond !== undefined && { packetsPerSecond }),
  });
  const run = async (untilMs: number, met = () => false) => {
    while (clock.monoMs() < untilMs && !met()) await clock.advance(Math.max(1, tracer.tick()));
  };
  return {
    clock,
    network,
    rounds,
    tracer,
    run,
    /** Rounds of target 1, one after the other. */
    async trace(count = 1): Promise<TraceRound> {
      for (let i = 0; i < count; i++) {
        const before = rounds.length;
        tracer.traceNow([1]);
        await run(clock.monoMs() + 600_000, () => rounds.length > before);
      }
      return rounds.at(-1) as TraceRound;
    },
  };
}
const addresses = (round: TraceRound, flow = 0) => round.flows[flow]?.hops.map(({ address }) => address);
const never = { everyMs: 86_400_000 };

for (const method of ['icmp', 'udp', 'tcp'] as const) {
  for (const family of [4, 6] as const) {
    test(`${method}, IPv${family}: each flow goes one way, the same in every round`, async () => {
      const goal = family === 4 ? TARGET : '2001:db8::9';
      const named = (way: string[]) =>
        family === 4 ? way : way.map((one) => (one === TARGET ? goal : `fd00::${one.replaceAll('.', ':')}`));
      const { tracer, trace, network } = setUp({ way: (key) => named(diamond(key)) });
      tracer.setTargets([target(1, { method, flows: 8, ...never }, goal)]);
      const first = await trace();
      assert.deepEqual(
        first.flows.map(({ flow, end, hops }) => [
          flow,
          end,
          hops.length,
          hops.every(({ rttNs }) => rttNs === 10e6),
        ]),
        Array.from({ length: 8 }, (_, flow) => [flow, 'reached', 4, true]),
      );
      const second = new Set(first.flows.map(({ hops }) => hops[1]?.address));
      assert.equal(second.size, 2, 'both arms of the diamond are seen');
      const asked = network.sent.length;
      for (let i = 0; i < 5; i++) assert.deepEqual((await trace()).flows, first.flows);
      assert.equal(network.sent.length - asked, 5 * 8 * 4, 'nobody beyond the target is asked, nobody twice');
      const keys = new Map(network.sent.map(({ probe, key }) => [key, probe.flow]));
      assert.equal(keys.size, 8, 'one key a flow');
    });
  }
}

test('an answer that is lost is asked for again; who never answers is asked thrice, then once a round', async () => {
  const asked = new Map<string, number>();
  const { tracer, trace, network } = setUp({
    answers(router) {
      asked.set(router, (asked.get(router) ?? 0) + 1);
      return router !== '10.0.0.2' && (router !== '10.0.0.3' || asked.get(router) !== 1);
    },
  });
  tracer.setTargets([target(1, { flows: 1, ...never })]);
  const found = ['10.0.0.1', null, '10.0.0.3', TARGET];
  const count = (ttl: number) => network.sent.filter(({ probe }) => probe.ttl === ttl).length;
  assert.deepEqual(addresses(await trace()), found);
  assert.equal(count(2), 3);
  assert.deepEqual(addresses(await trace()), found);
  assert.equal(count(2), 4);
});

test('an answer that comes after it was asked for again is an answer, with its own round trip', async () => {
  const { tracer, trace } = setUp({ delayMs: (router) => (router === '10.0.0.2' ? 1_400 : 10) });
  tracer.setTargets([target(1, { flows: 1, ...never })]);
  const round = await trace();
  assert.equal(round.flows[0]?.hops[1]?.rttNs, 1_400e6);
});

test('the ends: silence, a refusal, too far, no way', async () => {
  const ends: [Partial<FakeTraceOptions>, object][] = [
    [{ answers: (router) => router === '10.0.0.1' }, { end: 'silent', hops: 1 + SILENT_HOPS }],
    [{ refuses: () => 13 }, { end: 'unreachable', code: 13, hops: 4 }],
    [{ way: () => Array.from({ length: 40 }, (_, i) => `10.9.0.${i + 1}`) }, { end: 'too-far', hops: 30 }],
    [{ sendErrno: () => 101 }, { end: 'unreachable', hops: 0 }],
  ];
  for (const [options, expected] of ends) {
    const { tracer, trace } = setUp(options);
    tracer.setTargets([target(1, { flows: 2, ...never })]);
    const round = await trace();
    for (const { end, code, hops } of round.flows)
      assert.deepEqual({ end, ...(code !== undefined && { code }), hops: hops.length }, expected);
  }
});

test('a way that grows or shrinks is followed', async () => {
  let way = straight;
  const { tracer, trace } = setUp({ way: () => way });
  tracer.setTargets([target(1, { flows: 2, ...never })]);
  for (const next of [
    straight,
    ['10.0.0.1', TARGET],
    [...straight.slice(0, 3), '10.7.0.1', '10.7.0.2', TARGET],
  ]) {
    way = next;
    const round = await trace();
    assert.deepEqual([addresses(round, 0), addresses(round, 1)], [next, next]);
  }
});

test('routers that quote eight bytes: ICMP is told by its sequence, UDP by asking one at a time', async () => {
  for (const method of ['icmp', 'udp'] as const) {
    const { tracer, trace, network } = setUp({
      quoted: () => 8,
      way: diamond,
      delayMs: (router) => 10 + (hash(router) % 400),
    });
    tracer.setTargets([target(1, { method, flows: 3, ...never })]);
    for (const round of [await trace(), await trace()]) {
      for (const [i, flow] of round.flows.entries()) {
        assert.equal(flow.end, 'reached', method);
        const key = network.sent.find(({ probe }) => probe.flow === i)?.key as string;
        assert.deepEqual(addresses(round, i), diamond(key), method);
      }
    }
  }
});

test('strangers’ packets change nothing, whatever they hold', async () => {
  const { tracer, trace } = setUp({});
  tracer.setTargets([target(1, { flows: 2, ...never })]);
  const expected = (await trace()).flows;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          bytes: fc.uint8Array({ maxLength: 100 }),
          mutateAt: fc.nat(70),
          xor: fc.integer({ min: 1, max: 255 }),
          type: fc.constantFrom(0, 3, 11, 77),
        }),
        { minLength: 1, maxLength: 20 },
      ),
      async (strange) => {
        const world = setUp({});
        world.tracer.setTargets([target(1, { flows: 2, ...never })]);
        const port = world.network.port('icmp', 4);
        const stranger = new Uint8Array([6, 6, 6, 6]);
        for (const { bytes, type } of strange) {
          world.network.inject(port, (news) => {
            news.message(bytes, stranger, 0);
            news.error({
              from: stranger,
              to: stranger,
              flow: 3,
              type,
              code: 0,
              quote: bytes,
              stampNs: Number.NaN,
            });
            news.sent(bytes, 5);
            news.answered(99, 1);
          });
        }
        assert.deepEqual((await world.trace()).flows, expected);
        assert.ok(world.tracer.counters.foreign >= 2 * strange.length);
      },
    ),
    { numRuns: 30 },
  );
});

test('an answer about somebody else’s address, or from a stranger, is not believed', async () => {
  const { tracer, trace, network } = setUp({ answers: () => false });
  tracer.setTargets([target(1, { flows: 1, ...never })]);
  const port = network.port('icmp', 4);
  const liar = (parseIpAddress('6.6.6.6') as { bytes: Uint8Array }).bytes;
  const tracing = trace();
  network.inject(port, (news) => {
    for (const { probe } of network.sent) {
      const reply = new Uint8Array(20 + probe.bytes.length);
      reply.set([0x45]);
      reply.set(probe.bytes, 20);
      reply[20] = 0;
      news.message(reply, liar, 0);
    }
  });
  assert.deepEqual(new Set(addresses(await tracing)), new Set([null]));
});

test('no burst: in no window more than the pace allows, however many rounds are due at once', async () => {
  const { tracer, run, network } = setUp({ way: diamond }, 100);
  const ids = Array.from({ length: 60 }, (_, i) => i + 1);
  tracer.setTargets(ids.map((id) => target(id, { flows: 8, ...never }, `203.0.113.${id}`)));
  tracer.traceNow(ids);
  await run(5_000);
  const times = network.sent.map(({ atMs }) => atMs);
  assert.ok(times.length > 400, `${times.length} were sent`);
  for (const [i, from] of times.entries()) {
    const inWindow = times.slice(i).filter((at) => at < from + 100).length;
    assert.ok(inWindow <= 12, `${inWindow} within 100 ms`);
  }
});

test('rounds are spread evenly over their interval', async () => {
  const { tracer, run, rounds } = setUp({}, PACKETS_PER_SECOND);
  const everyMs = 60_000;
  tracer.setTargets(Array.from({ length: 60 }, (_, i) => target(i + 1, { flows: 1, everyMs })));
  await run(4 * everyMs);
  const startMs = (rounds[0] as TraceRound).atMs;
  const settled = rounds.filter(({ atMs }) => atMs >= startMs + 2 * everyMs && atMs < startMs + 3 * everyMs);
  assert.ok(Math.abs(settled.length - 60) <= 2, `${settled.length} rounds an interval`);
  for (let part = 0; part < 6; part++) {
    const from = startMs + 2 * everyMs + part * 10_000;
    const count = settled.filter(({ atMs }) => atMs >= from && atMs < from + 10_000).length;
    assert.ok(count >= 8 && count <= 12, `${count} of 10 in a sixth of it`);
  }
});

test('a round that was asked for a moment ago stands for the one that is due', async () => {
  const { tracer, run, rounds } = setUp({});
  tracer.setTargets([1, 2, 3].map((id) => target(id)));
  tracer.traceNow([1, 2, 3]);
  await run(25_000); // a new target's own first round is due within 15 s
  assert.deepEqual(rounds.map(({ targetId }) => targetId).toSorted(), [1, 2, 3]);
});

test('what is asked for at once begins at once; a target that goes takes its round with it', async () => {
  const { tracer, run, rounds } = setUp({ answers: (router) => router !== TARGET });
  tracer.setTargets([target(1), target(2, {}, '203.0.113.10')]);
  tracer.traceNow([2, 77]);
  tracer.tick();
  assert.equal(tracer.running, 2, 'the first of a list is due at once, the second was asked for');
  tracer.change([], [2]);
  assert.equal(tracer.running, 1);
  await run(40_000);
  assert.deepEqual(new Set(rounds.map(({ targetId }) => targetId)), new Set([1]));
  tracer.setTargets([]);
  const before = rounds.length;
  await run(200_000);
  assert.equal(rounds.length, before);
});
