import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { createSampleBatch } from '@maille/wire/link/samples';
import type { LiveMessage, LiveRequest } from '@maille/wire/live/messages';
import { encodeSamplePush } from '@maille/wire/live/sample-push';
import type { Overview } from '@maille/wire/rest/operations';
import type { Target } from '@maille/wire/rest/targets';
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
