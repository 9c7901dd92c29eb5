import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '@maille/testkit/fake-clock';
import type { ExperimentSecond } from '@maille/wire/experiment';
import { createSampleBatch } from '@maille/wire/link/samples';
import type { LiveMessage, LiveRequest } from '@maille/wire/live/messages';
import { encodeSamplePush } from '@maille/wire/live/sample-push';
import type { Experiment } from '@maille/wire/rest/experiments';
import type { Overview } from '@maille/wire/rest/operations';
import type { Target } from '@maille/wire/rest/targets';
import type { TargetRoute } from '@maille/wire/rest/traceroutes';
import { createLiveClient, type LiveSocket } from './live-client.ts';

function simulate() {
  const clock = createFakeClock();
  const sockets: (LiveSocket & { sent: LiveRequest[]; closed: boolean })[] = [];
  const frames: (() => void)[] = [];
  const client = createLiveClient({
    connect() {
      const socket = {
        binaryType: '',
        onopen: null,
        onclose: null,
        onmessage: null,
        sent: [] as LiveRequest[],
        closed: false,
        send(text: string) {
          socket.sent.push(JSON.parse(text) as LiveRequest);
        },
        close() {
          socket.closed = true;
        },
      };
      sockets.push(socket);
      return socket;
    },
    clock,
    onNextFrame: (fn) => frames.push(fn),
    random: () => 1,
  });
  const last = () => sockets.at(-1)!;
  return {
    clock,
    client,
    sockets,
    last,
    open: () => last().onopen?.(undefined as never),
    drop: () => last().onclose?.(undefined as never),
    say: (message: LiveMessage) => last().onmessage?.({ data: JSON.stringify(message) }),
    frame: () => {
      for (const fn of frames.splice(0)) fn();
    },
  };
}

const target = (id: number, label = ''): Target => ({
  id,
  host: `192.0.2.${id}`,
  probe: 'icmp',
  prefix: '192.0.2.0/24',
  label,
  tags: [],
  teamId: null,
  agents: { by: 'all' },
  intervalMs: 1_000,
  timeoutMs: 1_000,
  traceroute: null,
  createdAtMs: 0,
  createdBy: 'test',
});

test('one subscription a topic; snapshot, then changes; listeners once a frame', () => {
  const s = simulate();
  let told = 0;
  s.client.watch('targets', () => told++);
  s.client.watch('targets', () => {});
  s.open();
  assert.deepEqual(s.last().sent, [{ type: 'subscribe', subscription: 1, topic: 'targets' }]);
  assert.equal(s.client.topic('targets').data, undefined);
  s.say({
    type: 'snapshot',
    subscription: 1,
    snapshot: { topic: 'targets', revision: 4, targets: [target(1), target(2)] },
  });
  s.say({
    type: 'change',
    subscription: 1,
    change: { topic: 'targets', revision: 5, put: [target(2, 'web'), target(3)], remove: [1] },
  });
  assert.equal(told, 0, 'nothing before the frame');
  s.frame();
  assert.equal(told, 1);
  const data = s.client.topic('targets').data;
  assert.equal(data?.revision, 5);
  assert.deepEqual([...data.targets.keys()], [2, 3]);
  assert.equal(data.targets.get(2)?.label, 'web');
});

test('a lost line keeps the state, comes back with growing delays, and subscribes again', async () => {
  const s = simulate();
  s.client.watch('overview', () => {});
  s.open();
  const overview = { items: [], samplesPerSecond: 5 } as unknown as Overview;
  s.say({ type: 'snapshot', subscription: 1, snapshot: { topic: 'overview', overview } });
  s.drop();
  assert.equal(s.client.line().state, 'lost');
  assert.equal(s.client.topic('overview').data?.samplesPerSecond, 5);
  await s.clock.advance(499);
  assert.equal(s.sockets.length, 1);
  await s.clock.advance(1);
  assert.equal(s.sockets.length, 2);
  s.drop();
  await s.clock.advance(999);
  assert.equal(s.sockets.length, 2);
  await s.clock.advance(1);
  assert.equal(s.sockets.length, 3);
  s.open();
  assert.equal(s.client.line().state, 'live');
  assert.deepEqual(s.last().sent, [{ type: 'subscribe', subscription: 1, topic: 'overview' }]);
});

test('a silent line counts as lost', async () => {
  const s = simulate();
  s.open();
  s.say({ type: 'time', serverTimeMs: s.clock.wallMs() + 700 });
  assert.equal(s.client.line().serverOffsetMs, 700);
  await s.clock.advance(14_000);
  assert.equal(s.client.line().state, 'live');
  await s.clock.advance(4_000);
  assert.equal(s.sockets[0]?.closed, true);
  assert.notEqual(s.client.line().state, 'live');
});

test('a topic that nobody watches any more is given up, but not within a page change', async () => {
  const s = simulate();
  s.open();
  const end = s.client.watch('machines', () => {});
  end();
  const again = s.client.watch('machines', () => {});
  await s.clock.advance(1_000);
  assert.deepEqual(
    s.last().sent.map((request) => request.type),
    ['subscribe'],
  );
  again();
  await s.clock.advance(1_000);
  assert.deepEqual(s.last().sent.at(-1), { type: 'unsubscribe', subscription: 1 });
});

test('samples reach their own listener, and a reset tells that the line was away', async () => {
  const s = simulate();
  const seen: number[] = [];
  let resets = 0;
  let skipped = 0;
  s.client.samples('grid', undefined, {
    onSamples: (push) => seen.push(push.batch.count),
    onReset: () => resets++,
    onSkipped: (samples) => {
      skipped += samples;
    },
  });
  s.open();
  const batch = createSampleBatch(3, 1_000);
  batch.count = 3;
  const push = encodeSamplePush({ subscription: 1, agentNumber: 7, batch });
  s.last().onmessage?.({ data: push.buffer });
  assert.deepEqual(seen, [3]);
  s.say({ type: 'skipped', subscription: 1, samples: 40 });
  assert.equal(skipped, 40);
  s.drop();
  await s.clock.advance(500);
  s.open();
  assert.equal(resets, 2);
});

test('a refused topic shows its problem', () => {
  const s = simulate();
  s.client.watch('audit', () => {});
  s.open();
  s.say({
    type: 'problem',
    subscription: 1,
    problem: { type: 'urn:maille:problem:forbidden', title: 'only admins', status: 403, code: 'forbidden' },
  });
  assert.equal(s.client.topic('audit').problem?.code, 'forbidden');
});

const routeOf = (agentNumber: number, sinceMs: number, untilMs: number | null): TargetRoute => ({
  targetId: 4,
  agentNumber,
  address: '192.0.2.4',
  method: 'icmp',
  began: 'first',
  sinceMs,
  lastSeenMs: sinceMs,
  untilMs,
  hops: [],
  end: 'reached',
  code: null,
});

test('routes of one target: a subscription a target, routes known by agent and beginning', () => {
  const s = simulate();
  s.client.watch('target-routes', () => {}, 4);
  s.client.watch('target-routes', () => {}, 4);
  s.client.watch('target-routes', () => {}, 5);
  s.open();
  assert.deepEqual(s.last().sent, [
    { type: 'subscribe', subscription: 1, topic: 'target-routes', targetId: 4 },
    { type: 'subscribe', subscription: 2, topic: 'target-routes', targetId: 5 },
  ]);
  const snapshot = { topic: 'target-routes', plan: null, forPrefix: true, representativeId: null } as const;
  const routes = [routeOf(2, 150, null), routeOf(1, 100, null)];
  s.say({ type: 'snapshot', subscription: 1, snapshot: { ...snapshot, routes, names: { a: 'one' } } });
  const put = [routeOf(1, 100, 200), routeOf(1, 200, null)];
  s.say({
    type: 'change',
    subscription: 1,
    change: { topic: 'target-routes', put, names: { b: 'two' } },
  });
  const { data } = s.client.topic('target-routes', 4);
  assert.deepEqual(
    data?.routes.map(({ agentNumber, sinceMs, untilMs }) => [agentNumber, sinceMs, untilMs]),
    [
      [1, 200, null],
      [2, 150, null],
      [1, 100, 200],
    ],
  );
  assert.deepEqual(data?.names, { a: 'one', b: 'two' });
  assert.equal(data?.forPrefix, true);
  assert.equal(s.client.topic('target-routes', 5).data, undefined);
});

test('an experiment grows second by second, each second once; after a lost line it is whole again', async () => {
  const s = simulate();
  s.client.watch('experiments', () => {});
  s.open();
  const one = { id: 3, steps: [] } as unknown as Experiment;
  const second = (n: number) => ({ second: n }) as ExperimentSecond;
  const snapshot = (seconds: ExperimentSecond[]): LiveMessage => ({
    type: 'snapshot',
    subscription: 1,
    snapshot: { topic: 'experiments', experiments: [one], seconds: [{ id: 3, seconds }] },
  });
  const change = (put: Experiment[], seconds: ExperimentSecond[], remove: number[] = []): LiveMessage => ({
    type: 'change',
    subscription: 1,
    change: { topic: 'experiments', put, remove, seconds: [{ id: 3, seconds }] },
  });
  const known = () =>
    s.client
      .topic('experiments')
      .data?.seconds.get(3)
      ?.map((row) => row.second);
  s.say(snapshot([second(0), second(1)]));
  s.say(change([], [second(1), second(2)]));
  assert.deepEqual(known(), [0, 1, 2]);
  s.say(change([{ ...one, end: 'finished' }], []));
  assert.equal(s.client.topic('experiments').data?.experiments.get(3)?.end, 'finished');
  s.drop();
  await s.clock.advance(500);
  s.open();
  s.say(snapshot([second(0), second(1), second(2), second(3)]));
  assert.deepEqual(known(), [0, 1, 2, 3]);
  s.say(change([], [], [3]));
  assert.equal(known(), undefined);
});
