/** What strangers, forgers and those who replay can do: nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Identity } from '@maille/base/identity';
import { createIdentity } from '@maille/host/identity';
import { createPresenceLan, type LanHost } from '@maille/testkit/presence-lan';
import { type DatagramBody, GREETING_BYTES } from '@maille/wire/presence/datagram';
import { encodeDatagram } from '@maille/wire/presence/datagram-codec';

const hex = (length: number) =>
  Array.from({ length }, () => Math.floor(Math.random() * 16).toString(16)).join('');
const self = {
  incarnation: 0,
  role: 'agent' as const,
  hostname: 'x',
  version: '1',
  inventory: '0'.repeat(16),
};
let sequence = 0;
/** A datagram as the holder of that key could send it; `forged` breaks the signature. */
function write(
  identity: Identity,
  body: DatagramBody,
  over: { boot?: string; token?: string; forged?: boolean } = {},
) {
  return encodeDatagram(
    {
      from: identity.id,
      boot: over.boot ?? hex(16),
      token: over.token ?? hex(16),
      sequence: ++sequence,
      key: identity.publicKey,
      wallMs: Date.UTC(2026, 0, 1),
      ...body,
    } as Parameters<typeof encodeDatagram>[0],
    (message) => (over.forged ? new Uint8Array(64) : identity.sign(message)),
    GREETING_BYTES,
  );
}
/** The list without what changes as time goes by. */
const table = (host: LanHost) =>
  host.engine.peers().map(({ lastSeenMs: _, clockSkewMs: __, ...rest }) => rest);

test('everything that was ever heard, played again from anywhere, changes nothing', async () => {
  const lan = createPresenceLan();
  const [a, b, c] = [lan.addHost(), lan.addHost(), lan.addHost()] as const;
  await lan.clock.advance(60_000);
  b.kill();
  await lan.clock.advance(100_000);
  const before = table(a);
  assert.equal(before.find((peer) => peer.id === b.identity.id)?.state, 'down');
  // Also what a did not hear itself: c's share holds numbers that are new to a.
  for (const { bytes, from } of [...a.heard, ...c.heard]) {
    lan.inject(a, bytes, from);
    lan.inject(a, bytes, { address: '10.65.0.99', port: 9 }, a.address);
    await lan.clock.advance(300);
  }
  assert.deepEqual(table(a), before);
});

test('one who starts anew is not taken in by what was recorded before', async () => {
  const lan = createPresenceLan();
  const [a, b] = [lan.addHost(), lan.addHost()] as const;
  await lan.clock.advance(60_000);
  b.kill();
  const fresh = lan.addHost();
  for (const { bytes, from } of a.heard) {
    lan.inject(fresh, bytes, from);
    await lan.clock.advance(300);
  }
  assert.deepEqual(
    fresh.engine.peers().map((peer) => peer.id),
    [a.identity.id],
  );
});

test('a signed beat from a borrowed address gets no peer listed and no address believed', async () => {
  const lan = createPresenceLan();
  const [a, b] = [lan.addHost(), lan.addHost()] as const;
  await lan.clock.advance(5_000);
  const before = table(a);
  const mallory = createIdentity();
  lan.inject(a, write(mallory, { type: 'beat', ...self, greet: true }), { address: b.address, port: 4432 });
  lan.inject(a, write(mallory, { type: 'beat', ...self, greet: false }), {
    address: '10.65.0.99',
    port: 4432,
  });
  lan.inject(a, write(mallory, { type: 'reply', ...self }), { address: '10.65.0.99', port: 4432 });
  lan.inject(a, write(mallory, { type: 'leave' }), { address: '10.65.0.99', port: 4432 });
  await lan.clock.advance(5_000);
  assert.deepEqual(table(a), before);
});

test('nobody can make a peer send more than it was sent, by whatever kind of datagram', async () => {
  const bodies: DatagramBody[] = [
    { type: 'beat', ...self, greet: true },
    { type: 'beat', ...self, greet: false },
    { type: 'probe' },
    { type: 'probe', suspects: 0 },
    { type: 'reply', ...self, asks: hex(16), siblings: [1, 2, 3, 4] },
    { type: 'ask', about: hex(32) },
    { type: 'leave' },
    { type: 'inventory-request', inventory: hex(16), piece: 0 },
  ];
  for (const body of bodies) {
    const lan = createPresenceLan();
    const a = lan.addHost({ hostname: 'h'.repeat(253), services: [{ kind: 'ssh', name: 'y'.repeat(64) }] });
    await lan.clock.advance(12_500);
    const quiet = createPresenceLan();
    const twin = quiet.addHost({
      hostname: 'h'.repeat(253),
      services: [{ kind: 'ssh', name: 'y'.repeat(64) }],
    });
    await quiet.clock.advance(12_500);
    assert.equal(a.sentBytes, twin.sentBytes);
    const bytes = write(createIdentity(), body);
    const beforeBytes = a.sentBytes;
    lan.inject(a, bytes, { address: '192.0.2.66', port: 80 }, a.address);
    await lan.clock.advance(200); // before its next own beat
    assert.ok(a.sentBytes - beforeBytes <= bytes.length, `${body.type}: ${a.sentBytes - beforeBytes}`);
  }
});

test('a copied disk cannot be pretended by replaying an earlier life', async () => {
  const lan = createPresenceLan();
  const [a, b, c] = [lan.addHost(), lan.addHost(), lan.addHost()] as const;
  await lan.clock.advance(30_000);
  b.kill();
  const again = lan.addHost({ identity: b.identity });
  await lan.clock.advance(30_000);
  for (const { bytes, from } of c.heard) {
    lan.inject(a, bytes, from);
    lan.inject(a, bytes, { address: again.address, port: 4432 });
    await lan.clock.advance(300);
  }
  assert.equal(a.engine.peers().find((peer) => peer.id === b.identity.id)?.cloned, false);
});

test('a flood of six hundred a second, half under a peer’s own name, costs a bounded number of checks and harms nobody', async () => {
  const lan = createPresenceLan();
  const [a, b, c] = [lan.addHost(), lan.addHost(), lan.addHost()] as const;
  await lan.clock.advance(30_000);
  const before = table(a);
  const changes: string[] = [];
  a.engine.subscribe(({ put, remove }) => changes.push(...put.map((peer) => peer.state), ...remove));
  const strangers = Array.from({ length: 50 }, () => createIdentity());
  const kinds: Uint8Array[] = [
    ...strangers.map((one) => write(one, { type: 'beat', ...self, greet: true }, { forged: true })),
    ...a.heard.slice(-40).map(({ bytes }) => bytes),
    new Uint8Array(1_400).fill(0x7b),
    new TextEncoder().encode(`{"maille":1,${'x'.repeat(900)}`),
    new Uint8Array(0),
  ];
  const checksBefore = a.engine.counters().signatureChecks;
  for (let ms = 0; ms < 100_000; ms += 100) {
    for (let n = 0; n < 60; n++) {
      // Half of it under the address of a peer, with its id and numbers that could be its next.
      const underB = n % 2 === 0;
      const bytes = underB
        ? write(b.identity, { type: 'beat', ...self, greet: true }, { forged: true })
        : (kinds[n % kinds.length] as Uint8Array);
      const address = underB ? b.address : `10.65.${n}.${ms % 251}`;
      lan.inject(a, bytes, { address, port: 4432 });
    }
    await lan.clock.advance(100);
  }
  assert.deepEqual(table(a), before);
  assert.ok(
    changes.every((one) => one === 'alive'),
    changes.join(),
  );
  const perSecond = (a.engine.counters().signatureChecks - checksBefore) / 100;
  assert.ok(perSecond < 120, `${perSecond} checks a second`);
  assert.equal(c.engine.peers().length, 2);
});
