import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { Peer } from '@maille/wire/presence/peer';
import type { PeerChange } from '@maille/wire/presence/presence-port';
import { servePeerStream } from './peer-stream.ts';

const peer = (id: string, over: Partial<Peer> = {}): Peer => ({
  id: id.repeat(32),
  hostname: 'host',
  role: 'agent',
  state: 'alive',
  addresses: ['192.0.2.1'],
  version: '0.1.0',
  services: [],
  firstSeenMs: 1,
  lastSeenMs: 2,
  clockSkewMs: 0,
  cloned: false,
  ...over,
});
function fakePresence(peers: Peer[]) {
  const subscribers = new Set<(change: PeerChange) => void>();
  return {
    subscribers,
    tell: (change: PeerChange) => {
      for (const one of subscribers) one(change);
    },
    peers: () => peers,
    subscribe(fn: (change: PeerChange) => void) {
      subscribers.add(fn);
      return () => subscribers.delete(fn);
    },
  };
}
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};
function reader(port: number) {
  const socket = connect(port, '127.0.0.1');
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  return { socket, next: async () => JSON.parse((await lines.next()).value as string) };
}

test('a reader gets the whole list, then puts and removes, and so does every other', async () => {
  const presence = fakePresence([peer('a')]);
  const stream = await servePeerStream({ presence, port: 0 });
  const readers = [reader(stream.port), reader(stream.port), reader(stream.port)];
  for (const one of readers) assert.deepEqual(await one.next(), { type: 'list', peers: [peer('a')] });
  presence.tell({ put: [peer('b'), peer('a', { state: 'left' })], remove: ['c'.repeat(32)] });
  for (const one of readers) {
    assert.deepEqual(await one.next(), { type: 'remove', id: 'c'.repeat(32) });
    assert.deepEqual(await one.next(), { type: 'put', peer: peer('b') });
    assert.deepEqual(await one.next(), { type: 'put', peer: peer('a', { state: 'left' }) });
    one.socket.destroy();
  }
  await stream.stop();
  assert.equal(presence.subscribers.size, 0);
});

test('a reader that does not read is cut off, and the others go on', async () => {
  const presence = fakePresence([]);
  const stream = await servePeerStream({ presence, port: 0 });
  const slow = connect(stream.port, '127.0.0.1');
  slow.on('error', () => {});
  slow.pause();
  let closed = false;
  slow.on('close', () => {
    closed = true;
  });
  const quick = reader(stream.port);
  await quick.next();
  let put = 0;
  let heard = 0;
  const many = Array.from({ length: 50 }, () => peer('b', { hostname: 'h'.repeat(250) }));
  // The loopback buffers of the kernel take a few megabytes before anything is behind.
  for (; put < 100_000 && !closed; put += many.length) {
    presence.tell({ put: many, remove: [] });
    for (; heard < put; heard++) await quick.next();
    if (put > 40_000) slow.resume(); // to see the end of it
  }
  assert.ok(closed, `still there after ${put} lines`);
  quick.socket.destroy();
  await stream.stop();
});

test('the sixty-fifth reader is sent away', async () => {
  const stream = await servePeerStream({ presence: fakePresence([]), port: 0 });
  const readers = Array.from({ length: 64 }, () => reader(stream.port));
  for (const one of readers) await one.next();
  const late = connect(stream.port, '127.0.0.1');
  let ended = false;
  late.on('error', () => {});
  late.on('close', () => {
    ended = true;
  });
  await until(() => ended);
  for (const one of readers) one.socket.destroy();
  await stream.stop();
});

test('it is served on loopback only, and a taken port is said', async () => {
  const presence = fakePresence([]);
  await assert.rejects(servePeerStream({ presence, host: '0.0.0.0', port: 0 }), /for this machine only/);
  await assert.rejects(servePeerStream({ presence, host: '192.0.2.1', port: 0 }), /for this machine only/);
  const stream = await servePeerStream({ presence, port: 0 });
  await assert.rejects(servePeerStream({ presence, port: stream.port }), { code: 'conflict' });
  assert.equal(presence.subscribers.size, 1, 'the one that failed listens to nothing');
  await stream.stop();
});
