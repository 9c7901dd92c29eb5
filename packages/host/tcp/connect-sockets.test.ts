/** The calls themselves, over loopback: no privilege needed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
import { setImmediate as breathe } from 'node:timers/promises';
import {
  type ConnectPort,
  NEWS_CONNECTED,
  NEWS_ENDED,
  NEWS_REFUSED,
  NEWS_RESET,
} from '@maille/base/connect-port';
import { createConnectSockets } from './connect-sockets.ts';
import { descriptorLimit } from './open-connect-sockets.ts';

const EMFILE = 24;
const ENODEV = 19;
const EPOCH_MS = 1_700_000_000_000;
const LOOPBACK = { 4: [127, 0, 0, 1], 6: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] } as const;

function open(t: TestContext, capacity = 4) {
  const sockets = createConnectSockets({ capacity, epochMs: EPOCH_MS, refusals: undefined });
  t.after(sockets.stop);
  const connect = (family: 4 | 6, port: number, zone = 0) => {
    const words = new Uint32Array(4);
    new Uint8Array(words.buffer).set(LOOPBACK[family]);
    return sockets.open(family, words, 0, zone, port);
  };
  return { sockets, connect };
}

async function listen(t: TestContext, family: 4 | 6, onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => onSocket(socket.on('error', () => {})));
  server.listen(0, family === 4 ? '127.0.0.1' : '::1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Waits for the next news; the kernel has them within a turn or two of the loop. */
async function next({ receive, news }: ConnectPort) {
  for (;;) {
    const count = receive();
    if (count === 0) {
      await breathe();
      continue;
    }
    assert.equal(count, 1);
    return { handle: news.handles[0], kind: news.kinds[0], rttNs: news.rttsNs[0] as number };
  }
}

for (const family of [4, 6] as const) {
  test(`IPv${family}: accepted, then reset; ended; refused`, { timeout: 20_000 }, async (t) => {
    const { sockets, connect } = open(t);
    const arrived = Promise.withResolvers<Socket>();
    const port = await listen(t, family, arrived.resolve);
    const handle = connect(family, port);
    const accepted = await next(sockets);
    assert.deepEqual([accepted.handle, accepted.kind], [handle, NEWS_CONNECTED]);
    assert.ok(accepted.rttNs > 0 && accepted.rttNs < 1e9);
    const openedMs = EPOCH_MS + sockets.openedNs / 1e6;
    assert.ok(Math.abs(openedMs - Date.now()) < 20_000);
    (await arrived.promise).resetAndDestroy();
    assert.deepEqual(await next(sockets), { handle, kind: NEWS_RESET, rttNs: accepted.rttNs });
    sockets.close(handle);

    const ending = await listen(t, family, (socket) => socket.end());
    const second = connect(family, ending);
    let last = await next(sockets);
    if (last.kind === NEWS_CONNECTED) last = await next(sockets); // told apart only where it took a while
    assert.deepEqual([last.handle, last.kind], [second, NEWS_ENDED]);
    sockets.close(second);

    const server = createServer().listen(0, family === 4 ? '127.0.0.1' : '::1');
    await once(server, 'listening');
    const closed = (server.address() as AddressInfo).port;
    await new Promise((done) => server.close(done));
    const third = connect(family, closed);
    const refused = await next(sockets);
    assert.deepEqual([refused.handle, refused.kind, refused.rttNs], [third, NEWS_REFUSED, 0]);
  });
}

test('no more than there is room for, no interface that is not there; what is closed makes room', async (t) => {
  const { sockets, connect } = open(t, 2);
  const port = await listen(t, 4, () => {});
  const handles = [connect(4, port), connect(4, port)];
  assert.deepEqual(handles.toSorted(), [0, 1]);
  assert.equal(connect(4, port), -EMFILE);
  assert.equal(connect(6, port, -1), -ENODEV);
  sockets.close(1);
  assert.equal(connect(4, port), 1);
});

test('how many files may be open', () => {
  const line = (value: string) =>
    `Max cpu time  unlimited  unlimited  seconds\nMax open files            ${value}  4096  files\n`;
  assert.equal(descriptorLimit(line('1024')), 1_024);
  assert.equal(descriptorLimit(line('unlimited')), Number.POSITIVE_INFINITY);
  assert.equal(descriptorLimit(''), 0);
});
