import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPresenceLan, type LanHost } from '@maille/testkit/presence-lan';

const seen = (by: LanHost, of: LanHost) => by.engine.peers().find((peer) => peer.id === of.identity.id);
const state = (by: LanHost, of: LanHost) => seen(by, of)?.state;

test('ten peers find each other within two seconds, and from then on nobody is suspected', async () => {
  const lan = createPresenceLan();
  const hosts = Array.from({ length: 10 }, () => lan.addHost());
  await lan.clock.advance(2_000);
  for (const a of hosts) assert.equal(a.engine.peers().length, 9);
  const changes: string[] = [];
  hosts[0]?.engine.subscribe(({ put }) => changes.push(...put.map((peer) => peer.state)));
  await lan.clock.advance(300_000);
  assert.ok(
    changes.every((one) => one === 'alive'),
    changes.join(),
  );
});

test('a peer that is killed is suspected after three missed beats and down after six', async () => {
  const lan = createPresenceLan();
  const [a, b, c] = [lan.addHost(), lan.addHost(), lan.addHost()] as [LanHost, LanHost, LanHost];
  await lan.clock.advance(30_000);
  b.kill();
  const heardMs = a.engine.peers().find((peer) => peer.id === b.identity.id)?.lastSeenMs as number;
  const silent = async (seconds: number) => lan.clock.advance(heardMs + seconds * 1_000 - lan.clock.wallMs());
  await silent(35);
  assert.equal(state(a, b), 'alive');
  await silent(38);
  assert.equal(state(a, b), 'suspect');
  await silent(71);
  assert.equal(state(a, b), 'suspect');
  await silent(74);
  assert.equal(state(a, b), 'down');
  assert.equal(state(a, c), 'alive');
});

test('a goodbye is "left" at once, though two of three are lost', async () => {
  const lan = createPresenceLan();
  const [a, b] = [lan.addHost(), lan.addHost()] as [LanHost, LanHost];
  await lan.clock.advance(5_000);
  let passed = 0;
  lan.blocks(() => passed++ < 2);
  const stopped = b.engine.stop();
  await lan.clock.advance(500);
  await stopped;
  assert.equal(state(a, b), 'left');
});
