/** The calls themselves, over a UDP socket on loopback: no privilege needed. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { Problem } from '@maille/base/problem';
import { createMessageBatch, NAME_WORDS } from './message-batch.ts';
import { AF_INET, openPacketSocket, SOCK_DGRAM, SOL_SOCKET } from './packet-socket.ts';
import { realTimeNs } from './real-time.ts';

const LOOPBACK = new Uint32Array(Uint8Array.of(127, 0, 0, 1).buffer)[0] as number;
const inNetworkOrder = (port: number) => ((port & 0xff) << 8) | (port >> 8);

function open(t: TestContext) {
  const socket = openPacketSocket(AF_INET, SOCK_DGRAM, 0);
  t.after(socket.close);
  return { socket, port: socket.bindAny(AF_INET) };
}

test('a batch goes out and comes in: bytes, lengths and addresses; then there is nothing', (t) => {
  const sender = open(t);
  const receiver = open(t);
  const outgoing = createMessageBatch(8, 32, 0);
  for (let i = 0; i < 8; i++) {
    outgoing.bytes.fill(i + 1, i * 32, i * 32 + i + 1);
    outgoing.lengths[i] = i + 1;
    outgoing.names[i * NAME_WORDS] = AF_INET | (inNetworkOrder(receiver.port) << 16);
    outgoing.names[i * NAME_WORDS + 1] = LOOPBACK;
  }
  assert.equal(outgoing.send(sender.socket.fd, 0, 3, 16), 3);
  assert.equal(outgoing.send(sender.socket.fd, 3, 8, 16), 5);
  const incoming = createMessageBatch(5, 4, 0);
  const lengths: number[] = [];
  for (
    let count = incoming.receive(receiver.socket.fd, 0);
    count > 0;
    count = incoming.receive(receiver.socket.fd, 0)
  ) {
    for (let i = 0; i < count; i++) {
      const length = incoming.lengths[i] as number;
      lengths.push(length);
      const expected = Math.min(4, lengths.length);
      assert.deepEqual(
        [...incoming.bytes.subarray(i * 4, i * 4 + length)],
        Array(expected).fill(lengths.length),
      );
      assert.equal(incoming.names[i * NAME_WORDS + 1], LOOPBACK);
      assert.equal((incoming.names[i * NAME_WORDS] as number) >>> 16, inNetworkOrder(sender.port));
    }
  }
  assert.deepEqual(lengths, [1, 2, 3, 4, 4, 4, 4, 4]); // what is longer than a slot is cut
});

test('a refusal is minus errno, and the place in the batch is kept', (t) => {
  const { socket } = open(t);
  const outgoing = createMessageBatch(2, 8, 0);
  outgoing.names[0] = 0xffff; // no such family
  outgoing.lengths.fill(8);
  assert.ok(outgoing.send(socket.fd, 0, 2, 16) < 0);
});

test('drops are counted when nobody reads', (t) => {
  const sender = open(t);
  const receiver = open(t);
  const given = receiver.socket.setBuffers(4_096, 4_096);
  assert.ok(given > 0 && given <= 16_384);
  const outgoing = createMessageBatch(64, 512, 0);
  for (let i = 0; i < 64; i++) {
    outgoing.lengths[i] = 512;
    outgoing.names[i * NAME_WORDS] = AF_INET | (inNetworkOrder(receiver.port) << 16);
    outgoing.names[i * NAME_WORDS + 1] = LOOPBACK;
  }
  assert.equal(receiver.socket.drops(), 0);
  outgoing.send(sender.socket.fd, 0, 64, 16);
  assert.ok(receiver.socket.drops() > 0);
});

test('a wrong option is a problem with its cause', (t) => {
  const { socket } = open(t);
  assert.throws(
    () => socket.setOption(SOL_SOCKET, 9_999, 1),
    (error) => error instanceof Problem && (error.cause as NodeJS.ErrnoException).code === 'ENOPROTOOPT',
  );
});

test('the kernel’s clock is the wall clock', () => {
  const epochSeconds = Math.floor(Date.now() / 1_000);
  const before = Date.now();
  const nowMs = epochSeconds * 1_000 + realTimeNs(epochSeconds) / 1e6;
  assert.ok(nowMs >= before - 1 && nowMs <= Date.now() + 1);
});
