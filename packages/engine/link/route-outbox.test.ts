import assert from 'node:assert/strict';
import test from 'node:test';
import { silentLog } from '@maille/base/log';
import { createFakeClock } from '@maille/testkit/fake-clock';
import type { TraceRound } from '@maille/wire/traceroute';
import { createRouteOutbox, MAX_WAITING_ROUNDS } from './route-outbox.ts';

const round = (targetId: number): TraceRound => ({
  targetId,
  address: '10.0.0.1',
  atMs: 1,
  method: 'icmp',
  flows: [{ flow: 0, hops: [], end: 'unreachable' }],
});

function setUp() {
  const clock = createFakeClock();
  const outbox = createRouteOutbox(clock, silentLog);
  const messages: number[][] = [];
  let buffered = 0;
  const channel = {
    say: ({ rounds }: { rounds: TraceRound[] }) => messages.push(rounds.map(({ targetId }) => targetId)),
    bufferedBytes: () => buffered,
  };
  return {
    clock,
    outbox,
    messages,
    channel,
    buffer(bytes: number) {
      buffered = bytes;
    },
  };
}

test('rounds that end together travel together, in their order', async () => {
  const { clock, outbox, messages, channel } = setUp();
  outbox.start(channel);
  for (let id = 1; id <= 70; id++) outbox.add(round(id));
  await clock.advance(1_000);
  assert.deepEqual(
    messages.map((ids) => ids.length),
    [64, 6],
  );
  assert.deepEqual(
    messages.flat(),
    Array.from({ length: 70 }, (_, i) => i + 1),
  );
});

test('while the link is down the last thousand are kept, and those given up are counted', async () => {
  const { clock, outbox, messages, channel } = setUp();
  outbox.start(channel);
  outbox.pause();
  for (let id = 1; id <= MAX_WAITING_ROUNDS + 5; id++) outbox.add(round(id));
  await clock.advance(10_000);
  assert.deepEqual([messages.length, outbox.waiting, outbox.dropped], [0, MAX_WAITING_ROUNDS, 5]);
  outbox.start(channel);
  await clock.advance(1_000);
  assert.deepEqual([messages.flat()[0], messages.flat().length, outbox.waiting], [6, MAX_WAITING_ROUNDS, 0]);
});

test('a link that is full of samples is waited for', async () => {
  const { clock, outbox, messages, channel, buffer } = setUp();
  outbox.start(channel);
  buffer(2 ** 30);
  outbox.add(round(1));
  await clock.advance(5_000);
  assert.equal(messages.length, 0);
  buffer(0);
  await clock.advance(1_000);
  assert.deepEqual(messages, [[1]]);
});
