import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampleBatch, type SampleBatch } from '@maille/wire/link/samples';
import { type LiveMessage, type LiveSnapshot, MAX_LIVE_SUBSCRIPTIONS } from '@maille/wire/live/messages';
import { decodeSamplePush } from '@maille/wire/live/sample-push';
import type { KnownCaller } from '../auth/caller.ts';
import {
  type AgentBatch,
  createLiveConnection,
  MAX_BUFFERED_BYTES,
  type Subscription,
} from './live-connection.ts';

const viewer: KnownCaller = {
  kind: 'person',
  personId: 1,
  login: 'v',
  role: 'viewer',
  teamIds: [],
  sessionId: 1,
  csrf: '',
};

function batchOf(count: number): SampleBatch {
  const batch = createSampleBatch(count, 1_000);
  batch.count = count;
  return batch;
}

/** A connection on a socket whose buffer is filled and emptied by hand. */
function setUp(snapshot?: (subscription: Subscription) => Promise<LiveSnapshot>) {
  const sent: (LiveMessage | { samples: number })[] = [];
  const errors: unknown[] = [];
  const socket = {
    bufferedAmount: 0,
    closed: 0,
    send(data: string | Uint8Array) {
      if (typeof data === 'string') sent.push(JSON.parse(data));
      else sent.push({ samples: decodeSamplePush(data).batch.count });
    },
    close(code: number) {
      socket.closed = code;
    },
  };
  let backfill: AgentBatch[] = [];
  const connection = createLiveConnection({
    socket,
    caller: viewer,
    snapshot: (_caller, subscription) =>
      snapshot?.(subscription) ?? Promise.resolve({ topic: 'machines', machines: [] }),
    backfill: async () => backfill,
    onError: (error) => errors.push(error),
  });
  return {
    connection,
    socket,
    sent,
    errors,
    setBackfill: (batches: AgentBatch[]) => {
      backfill = batches;
    },
    ask: async (request: unknown, nowMs = 0) => {
      connection.receive(typeof request === 'string' ? request : JSON.stringify(request), nowMs);
      await settle();
    },
    only: () => [...connection.subscriptions.values()][0] as Subscription,
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const codesOf = (sent: unknown[]) =>
  sent.map((one) => (one as { problem?: { code: string } }).problem?.code ?? (one as { type?: string }).type);
const machinesChange = { topic: 'machines' as const, put: [], remove: ['a'.repeat(32)] };

test('a subscription: snapshot, changes, end', async () => {
  const { connection, sent, ask, only } = setUp();
  await ask({ type: 'subscribe', subscription: 3, topic: 'machines' });
  connection.sendChange(only(), machinesChange);
  assert.deepEqual(codesOf(sent), ['snapshot', 'change']);
  await ask({ type: 'unsubscribe', subscription: 3 });
  assert.equal(connection.subscriptions.size, 0);
});

test('what is wrong is said, and harms nothing else', async () => {
  const { connection, sent, ask } = setUp();
  for (const request of [
    'not json',
    '{}',
    'null',
    { type: 'subscribe', subscription: 0, topic: 'machines' },
    { type: 'subscribe', subscription: 1, topic: 'secrets' },
    { type: 'subscribe', subscription: 1, topic: 'machines', extra: 1 },
    { type: 'subscribe', subscription: 1, topic: 'target' },
    { type: 'subscribe', subscription: 1, topic: 'machines', targetId: 1 },
  ])
    await ask(request);
  assert.deepEqual(codesOf(sent), new Array(8).fill('invalid'));
  await ask({ type: 'subscribe', subscription: 1, topic: 'audit' });
  assert.equal(codesOf(sent).at(-1), 'forbidden');
  assert.equal(connection.subscriptions.size, 0);
  await ask({ type: 'subscribe', subscription: 1, topic: 'machines' });
  await ask({ type: 'subscribe', subscription: 1, topic: 'machines' });
  assert.deepEqual(codesOf(sent).slice(-2), ['snapshot', 'conflict']);
  assert.equal(connection.subscriptions.size, 1);
});

test('subscriptions and requests are bounded', async () => {
  const { socket, sent, ask } = setUp();
  for (let i = 1; i <= MAX_LIVE_SUBSCRIPTIONS + 1; i++)
    await ask({ type: 'subscribe', subscription: i, topic: 'machines' }, 100 * i);
  assert.deepEqual(codesOf(sent).slice(-2), ['snapshot', 'too-many']);
  for (let i = 0; i < 50; i++) await ask({ type: 'unsubscribe', subscription: 9_999 }, 100_000);
  assert.equal(socket.closed, 0);
  await ask({ type: 'unsubscribe', subscription: 9_999 }, 100_000);
  assert.equal(socket.closed, 1008);
});

test('samples that do not fit are left out, counted, and told once there is room', async () => {
  const { connection, socket, sent, ask, only } = setUp(async () => ({ topic: 'grid' }));
  await ask({ type: 'subscribe', subscription: 1, topic: 'grid' });
  connection.sendSamples(only(), { agentNumber: 1, batch: batchOf(5) });
  socket.bufferedAmount = MAX_BUFFERED_BYTES;
  connection.sendSamples(only(), { agentNumber: 1, batch: batchOf(7) });
  connection.sendSamples(only(), { agentNumber: 1, batch: batchOf(8) });
  connection.pump();
  assert.deepEqual(sent.slice(1), [{ samples: 5 }]);
  socket.bufferedAmount = 0;
  connection.pump();
  connection.sendSamples(only(), { agentNumber: 1, batch: batchOf(2) });
  assert.deepEqual(sent.slice(2), [{ type: 'skipped', subscription: 1, samples: 15 }, { samples: 2 }]);
  connection.pump();
  assert.equal(sent.length, 4, 'told once');
});

test('a list that missed a change gets no other before a new snapshot', async () => {
  const { connection, socket, sent, ask, only } = setUp();
  await ask({ type: 'subscribe', subscription: 1, topic: 'machines' });
  socket.bufferedAmount = MAX_BUFFERED_BYTES;
  connection.sendChange(only(), machinesChange);
  socket.bufferedAmount = 0;
  connection.sendChange(only(), machinesChange);
  assert.deepEqual(codesOf(sent), ['snapshot']);
  connection.pump();
  await settle();
  connection.sendChange(only(), machinesChange);
  assert.deepEqual(codesOf(sent), ['snapshot', 'snapshot', 'change']);
});

test('a change that comes while the snapshot is on the way is not lost', async () => {
  const { promise, resolve } = Promise.withResolvers<LiveSnapshot>();
  const { connection, sent, ask, only } = setUp(() => promise);
  await ask({ type: 'subscribe', subscription: 1, topic: 'machines' });
  connection.sendChange(only(), machinesChange);
  resolve({ topic: 'machines', machines: [] });
  await settle();
  assert.deepEqual(codesOf(sent), ['snapshot']);
  connection.pump();
  await settle();
  assert.deepEqual(codesOf(sent), ['snapshot', 'snapshot'], 'the second one holds it');
});

test('the last minute is sent in steps as the reader takes it', async () => {
  const { connection, socket, sent, ask, setBackfill } = setUp(async () => {
    socket.bufferedAmount = MAX_BUFFERED_BYTES;
    return { topic: 'grid' };
  });
  setBackfill([1, 2, 3].map((count) => ({ agentNumber: 1, batch: batchOf(count) })));
  const before = sent.length;
  await ask({ type: 'subscribe', subscription: 1, topic: 'grid' });
  await settle();
  assert.equal(sent.length, before, 'nothing fits');
  socket.bufferedAmount = 0;
  connection.pump();
  await settle();
  connection.pump();
  const samples = sent.flatMap((one) => ('samples' in one && !('type' in one) ? [one.samples] : []));
  assert.deepEqual(samples, [1, 2, 3]);
});

test('a failure of ours is logged here and told without its words', async () => {
  const { sent, errors, ask, connection } = setUp(() => Promise.reject(new Error('secret detail')));
  await ask({ type: 'subscribe', subscription: 1, topic: 'machines' });
  assert.deepEqual(codesOf(sent), ['internal']);
  assert.ok(!JSON.stringify(sent).includes('secret detail'));
  assert.equal(errors.length, 1);
  assert.equal(connection.subscriptions.size, 0);
});
