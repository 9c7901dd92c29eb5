/** What somebody gets who is not an agent: nothing. Over real TLS on loopback. */
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { createAgentHandshake } from '@maille/engine/link/agent-handshake';
import { createIdentity, createIdentityVerifier } from '@maille/host/identity';
import { exportChannelBinding } from '@maille/host/link/connect-websocket';
import { eventually } from '@maille/testkit/eventually';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { createLabAgent } from '@maille/testkit/lab-agent';
import { createLinkLab, labBatch, labFacts, labTarget } from '@maille/testkit/link-lab';
import { encodeSampleFrame } from '@maille/wire/link/sample-frame';
import { WebSocket, WebSocketServer } from 'ws';
import { createConnectionGate } from './connection-gate.ts';

const lab = await createLinkLab();
lab.setTargets([labTarget(1)]);
after(() => lab.stop());
const verifier = createIdentityVerifier();

interface Knock {
  socket: WebSocket;
  channelBinding: string;
  said: Record<string, unknown>[];
  closed: Promise<number>;
}

/** A WebSocket at /link with nothing behind it. */
function knock(options: Record<string, unknown> = {}): Promise<Knock> {
  const socket = new WebSocket(lab.url, 'maille-link.1', { rejectUnauthorized: false, ...options });
  const said: Record<string, unknown>[] = [];
  let tls: TLSSocket;
  socket.on('upgrade', (response) => {
    tls = response.socket as TLSSocket;
  });
  socket.on('message', (data) => said.push(JSON.parse(data.toString())));
  const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => resolve({ socket, said, closed, channelBinding: exportChannelBinding(tls) }));
  });
}
const call = (id: number, method: string, params?: unknown) =>
  JSON.stringify({ jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) });

test('nothing but hello and prove is answered before the proof', async () => {
  const { socket, said, closed } = await knock();
  socket.send(call(1, 'targets.resync'));
  socket.send(call(2, 'prove', { signature: 'A'.repeat(86), facts: labFacts }));
  assert.equal(await closed, 4403);
  assert.deepEqual(
    said.map(({ id, error, result }) => [id, (error as { code: number }).code, result]),
    [
      [1, -32000, undefined],
      [2, -32000, undefined],
    ],
  );
});

test('notifications and samples before the proof end the connection', async () => {
  const frame = encodeSampleFrame({
    epoch: 'ab'.repeat(8),
    sequence: 1,
    backlog: false,
    batch: labBatch([1], 1),
  });
  const stored = lab.series.stored.size;
  for (const first of [
    JSON.stringify({ jsonrpc: '2.0', method: 'peers', params: { replace: true, put: [], remove: [] } }),
    frame,
    'no json',
    Buffer.from('no frame'),
  ]) {
    const { socket, said, closed } = await knock();
    socket.send(first);
    assert.equal(await closed, 4400);
    assert.deepEqual(
      said.filter((message) => 'result' in message),
      [],
    );
  }
  assert.equal(lab.series.stored.size, stored);
});

test('what an agent said on another connection does not open this one', async () => {
  const identity = createIdentity();
  const open = async () => {
    const one = await knock();
    const handshake = createAgentHandshake({
      identity,
      verifier,
      pinnedServerId: lab.identity.id,
      channelBinding: one.channelBinding,
      nonce: 'n'.repeat(22),
    });
    return { ...one, handshake };
  };
  const first = await open();
  const hello = first.handshake.hello();
  first.socket.send(call(1, 'hello', hello));
  await eventually('hello', () => first.said.length === 1);
  const { params } = first.handshake.prove(first.said[0]?.result, labFacts);
  first.socket.send(call(2, 'prove', params));
  await eventually('proven', () => first.said.length > 1);
  assert.equal((first.said[1] as { result: { state: string } }).result.state, 'pending');

  const second = await open();
  second.socket.send(call(1, 'hello', hello));
  second.socket.send(call(2, 'prove', params));
  assert.equal(await second.closed, 4403);
  first.socket.close();
});

test('a relay that ends TLS in the middle is found out by the agent, and gains nothing', async () => {
  // The best such a relay can do: both connections are its own, and it passes every byte on.
  const relay = createServer(lab.certificate);
  const relays = new WebSocketServer({ server: relay, handleProtocols: () => 'maille-link.1' });
  const passed: string[] = [];
  relays.on('connection', (agentSide) => {
    const serverSide = new WebSocket(lab.url, 'maille-link.1', { rejectUnauthorized: false });
    const early: string[] = [];
    agentSide.on('message', (data) => {
      passed.push(data.toString());
      if (serverSide.readyState === WebSocket.OPEN) serverSide.send(data.toString());
      else early.push(data.toString());
    });
    serverSide.on('open', () => {
      for (const text of early) serverSide.send(text);
    });
    serverSide.on('message', (data) => agentSide.send(data.toString()));
    agentSide.on('close', () => serverSide.close());
    serverSide.on('close', () => agentSide.close());
    serverSide.on('error', () => {});
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const { port } = relay.address() as AddressInfo;
  for (const serverId of [lab.identity.id, undefined]) {
    passed.length = 0;
    const agent = createLabAgent({
      server: { url: `wss://127.0.0.1:${port}/link`, serverId, token: 'join_secret' },
    });
    await eventually('found out', () => agent.failures.length > 0);
    assert.match(agent.failures[0] ?? '', /has not proved its key on this connection/);
    assert.ok(!passed.join().includes('join_secret'), 'nor the token');
    assert.ok(
      passed.length > 0 && passed.every((text) => JSON.parse(text).method === 'hello'),
      'no proof was given',
    );
    assert.equal(lab.registry.get(agent.identity.id), undefined);
    assert.equal(agent.server.serverId, serverId, 'nobody was pinned');
    agent.stop();
  }
  relays.close();
  for (const client of relays.clients) client.terminate();
  await new Promise<void>((resolve) => relay.close(() => resolve()));
});

test('TLS 1.2, another subprotocol and another version of the link are refused', async () => {
  await assert.rejects(knock({ maxVersion: 'TLSv1.2' }), /426/);
  const other = new WebSocket(lab.url, 'maille-link.9', { rejectUnauthorized: false });
  await assert.rejects(new Promise((_, reject) => other.on('error', reject)), /400/);
  const { socket, said, closed } = await knock();
  const identity = createIdentity();
  socket.send(
    call(1, 'hello', {
      version: 2,
      agentId: identity.id,
      publicKey: identity.publicKey,
      nonce: 'n'.repeat(22),
    }),
  );
  assert.equal(await closed, 4400);
  assert.match((said[0] as { error: Error }).error.message, /speaks version 1 of the link, the agent 2/);
});

test('a stranger is not given memory', async () => {
  const { socket, closed } = await knock();
  socket.on('error', () => {});
  socket.send('x'.repeat(300 * 1024));
  assert.notEqual(await closed, 1000);
  // Without a WebSocket at all: a request that never ends is TLS's and HTTP's to bound, not the link's.
  const raw = connect({ port: lab.port, host: '127.0.0.1', rejectUnauthorized: false });
  raw.on('error', () => {});
  const answer = new Promise<string>((resolve) => raw.on('data', (data) => resolve(data.toString())));
  raw.write('GET /link HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  assert.match(await answer, /^HTTP\/1\.1 400 /);
  raw.destroy();
});

test('an address that knocks too often waits; others do not', async () => {
  const clock = createFakeClock();
  const gate = createConnectionGate(clock);
  const leave: (() => void)[] = [];
  let entered = 0;
  for (let i = 0; i < 1_000; i++) {
    const left = gate.enter('192.0.2.1');
    if (left) {
      entered++;
      left();
    }
  }
  assert.equal(entered, 100);
  assert.ok(gate.enter('192.0.2.2'));
  await clock.advance(1_000);
  for (let i = 0; i < 20; i++) assert.ok(gate.enter('192.0.2.1')?.() === undefined);
  assert.equal(gate.enter('192.0.2.1'), undefined);

  // Those that do not prove themselves hold places.
  for (let i = 0; i < 100; i++) {
    const left = gate.enter('192.0.2.3');
    if (left) leave.push(left);
  }
  assert.equal(leave.length, 64);
  await clock.advance(10_000);
  assert.equal(gate.enter('192.0.2.3'), undefined);
  leave[0]?.();
  leave[0]?.();
  assert.ok(gate.enter('192.0.2.3'));
  assert.equal(gate.enter('192.0.2.3'), undefined);
  // A host of IPv6 has a /64 to knock from; it is one stranger all the same.
  let fromOneNetwork = 0;
  for (let i = 0; i < 200; i++) if (gate.enter(`2001:db8:ffff:1::${i.toString(16)}`)) fromOneNetwork++;
  assert.equal(fromOneNetwork, 64);
  for (let i = 0; i < 50_000; i++) gate.enter(`2001:db8:0:${i.toString(16)}::1`);
  assert.ok(gate.refused > 40_000, 'and all strangers together are bounded');
});
