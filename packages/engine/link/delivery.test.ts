import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSequenceSet, type SequenceRange } from '@maille/base/sequence-set';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { createDelivery, type DeliverableFrame } from './delivery.ts';

const EPOCH = 'e'.repeat(16);

/** A spool of frames of so many bytes, numbered from 1: position and sequence are the same. */
function createSpool(bytes: number) {
  const acked = createSequenceSet();
  let last = 0;
  let reads = 0;
  const frameOf = (position: number): DeliverableFrame => {
    const frame = { position, samples: 1, bytes: new Uint8Array(bytes) };
    new DataView(frame.bytes.buffer).setUint32(12, position, true);
    return frame;
  };
  return {
    add: () => frameOf(++last),
    get reads() {
      return reads;
    },
    waiting: () => Array.from({ length: last }, (_, i) => i + 1).filter((i) => !acked.has(i)),
    next(position: number) {
      reads++;
      const at = acked.firstMissing(Math.max(1, position));
      return at <= last ? frameOf(at) : undefined;
    },
    acknowledge(_epoch: string, ranges: readonly SequenceRange[]) {
      for (const [from, to] of ranges) acked.add(from, to);
      return ranges.map(([from, to]): SequenceRange => [from, to]);
    },
  };
}

function createPipe() {
  const sent: { position: number; backlog: boolean }[] = [];
  return {
    sent,
    buffered: 0,
    send(bytes: Uint8Array) {
      sent.push({ position: new DataView(bytes.buffer).getUint32(12, true), backlog: bytes[20] === 1 });
    },
    bufferedBytes() {
      return this.buffered;
    },
  };
}

test('the backlog goes out in order and marked, what is new at once and unmarked, each once', async () => {
  const clock = createFakeClock();
  const spool = createSpool(16 * 1024);
  const delivery = createDelivery({ spool, clock });
  for (let i = 0; i < 20; i++) delivery.offer(spool.add()); // no link: nothing goes
  const pipe = createPipe();
  delivery.start(pipe);
  assert.equal(pipe.sent.length, 4, 'a window of 64 KiB');
  delivery.offer(spool.add());
  assert.deepEqual(pipe.sent.at(-1), { position: 21, backlog: false });
  while (spool.waiting().length > 0) {
    const news = pipe.sent.map(({ position }): SequenceRange => [position, position]);
    delivery.acknowledged(EPOCH, news);
    await clock.advance(50);
  }
  assert.deepEqual(
    pipe.sent.filter(({ backlog }) => backlog).map(({ position }) => position),
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
  assert.equal(pipe.sent.length, 21);
});

test('the window of the backlog grows with quick answers and shrinks with slow ones', async () => {
  const clock = createFakeClock();
  const spool = createSpool(16 * 1024);
  const delivery = createDelivery({ spool, clock });
  for (let i = 0; i < 2_000; i++) spool.add();
  const pipe = createPipe();
  delivery.start(pipe);
  const inOneRound = async (waitMs: number) => {
    const before = pipe.sent.length;
    const all = pipe.sent.map(({ position }): SequenceRange => [position, position]);
    await clock.advance(waitMs);
    delivery.acknowledged(EPOCH, all);
    return pipe.sent.length - before;
  };
  let quick = 0;
  for (let i = 0; i < 20; i++) quick = await inOneRound(100);
  assert.equal(quick, 64, 'up to 1 MiB');
  assert.equal(await inOneRound(2_000), 4, 'back to 64 KiB');
});

test('a pipe that is full takes no backlog, and what is new waits for its turn without being lost', async () => {
  const clock = createFakeClock();
  const spool = createSpool(1_024);
  const delivery = createDelivery({ spool, clock });
  const pipe = createPipe();
  delivery.start(pipe);
  pipe.buffered = 5 * 1024 * 1024;
  for (let i = 0; i < 3; i++) delivery.offer(spool.add());
  await clock.advance(200);
  assert.equal(pipe.sent.length, 0);
  pipe.buffered = 0;
  await clock.advance(50);
  assert.deepEqual(
    pipe.sent.map(({ position }) => position),
    [1, 2, 3],
  );
});

test('what is not acknowledged bounds what is sent, and is sent again after a while, less and less often', async () => {
  const clock = createFakeClock();
  const spool = createSpool(1024 * 1024);
  const delivery = createDelivery({ spool, clock });
  const pipe = createPipe();
  delivery.start(pipe);
  for (let i = 0; i < 50; i++) delivery.offer(spool.add());
  assert.equal(pipe.sent.length, 8, 'a window of 8 MiB');
  await clock.advance(9_900);
  assert.equal(pipe.sent.length, 8);
  await clock.advance(200);
  assert.deepEqual(pipe.sent.slice(8), [{ position: 1, backlog: true }], 'again, in order, and slowly');
  await clock.advance(19_000);
  assert.equal(pipe.sent.length, 9);
  await clock.advance(1_100);
  assert.equal(pipe.sent.length, 10);
});

test('a new connection begins with all that waits', () => {
  const spool = createSpool(100);
  const delivery = createDelivery({ spool, clock: createFakeClock() });
  const first = createPipe();
  delivery.start(first);
  for (let i = 0; i < 5; i++) delivery.offer(spool.add());
  delivery.acknowledged(EPOCH, [[2, 3]]);
  delivery.pause();
  delivery.offer(spool.add());
  const second = createPipe();
  delivery.start(second);
  assert.deepEqual(
    second.sent.map(({ position }) => position),
    [1, 4, 5, 6],
  );
  assert.ok(second.sent.every(({ backlog }) => backlog));
});

test('a link that is up to date reads nothing from disk', async () => {
  const clock = createFakeClock();
  const spool = createSpool(100);
  const delivery = createDelivery({ spool, clock });
  const pipe = createPipe();
  delivery.start(pipe);
  for (let i = 1; i <= 100; i++) {
    delivery.offer(spool.add());
    await clock.advance(50);
    delivery.acknowledged(EPOCH, [[i, i]]);
  }
  assert.equal(pipe.sent.length, 100);
  assert.ok(pipe.sent.every(({ backlog }) => !backlog));
  const before = spool.reads;
  await clock.advance(10_000);
  assert.ok(spool.reads - before <= 200, 'one look each time, past the end');
});
