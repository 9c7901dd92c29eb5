/** Presence on loopback alone, without privileges: seeds by name and address, goodbyes, counters. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { systemClock } from '@maille/base/clock';
import { silentLog } from '@maille/base/log';
import { createPresenceEngine } from '@maille/engine/presence/presence-engine';
import type { Peer } from '@maille/wire/presence/peer';
import { createIdentity, createIdentityVerifier } from '../identity.ts';
import { createPresence, type Presence, type PresenceHostOptions } from './presence.ts';
import { parseSeed } from './seeds.ts';

const loopback = () => [
  { interfaceName: 'lo', interfaceIndex: 1, family: 4 as const, address: '127.0.0.1', multicast: false },
];
const start = (options: { port: number } & Partial<PresenceHostOptions>) => {
  const identity = createIdentity();
  return createPresence({
    createEngine: (ports, self) => createPresenceEngine(ports, self, { timings: { beatMs: 300 } }),
    identity,
    verifier: createIdentityVerifier(),
    clock: systemClock,
    role: 'agent',
    hostname: 'here',
    version: '0.1.0',
    log: silentLog,
    listLocalAddresses: loopback,
    ...options,
  });
};
const freePort = async () => {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
};
const until = (presence: Presence, condition: (peers: Peer[]) => boolean) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`still ${JSON.stringify(presence.peers())}`)), 10_000);
    const look = () => {
      if (!condition(presence.peers())) return;
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const unsubscribe = presence.subscribe(look);
    look();
  });

test('a seed by name is found, and finds who greeted it; a stop is a goodbye', async () => {
  const port = await freePort();
  const near = await start({ port, hostname: 'ÿ nät/name' });
  const far = await start({ port: 0, seeds: [`localhost:${port}`] });
  await until(far, (peers) => peers[0]?.state === 'alive');
  await until(near, (peers) => peers[0]?.state === 'alive');
  assert.equal(far.peers()[0]?.hostname, '-n-t-name');
  assert.deepEqual(near.peers()[0]?.addresses, ['127.0.0.1']);
  near.setServices([{ kind: 'web', name: 'nginx', port: 80 }]);
  await until(far, (peers) => peers[0]?.services.length === 1);
  assert.ok(far.counters().accepted > 0);
  await near.stop();
  await near.stop();
  await until(far, (peers) => peers[0]?.state === 'left');
  await far.stop();
});

test('a port that another program holds alone is complained of once, and presence speaks still', async () => {
  const holder = createSocket('udp4');
  await new Promise<void>((resolve) => holder.bind(0, resolve));
  const { port } = holder.address();
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (_: object, message: string) => void warnings.push(message) };
  const multicast = () => loopback().map((local) => ({ ...local, multicast: true }));
  const presence = await start({ port, log, listLocalAddresses: multicast });
  assert.match(warnings.join('\n'), /^presence cannot hear multicast on lo: bind EADDRINUSE/);
  assert.ok(presence.listening().some(({ address }) => address === '127.0.0.1'));
  await presence.stop();
  await new Promise<void>((resolve) => holder.close(() => resolve()));
});

test('seeds are names or addresses, with or without a port', () => {
  for (const [text, host, port] of [
    ['lab.example', 'lab.example', 4432],
    [' lab.example:99 ', 'lab.example', 99],
    ['192.0.2.7', '192.0.2.7', 4432],
    ['192.0.2.7:5', '192.0.2.7', 5],
    ['2001:db8::1', '2001:db8::1', 4432],
    ['[2001:db8::1]:77', '2001:db8::1', 77],
    ['[fe80::1%eth0]', 'fe80::1%eth0', 4432],
  ] as const) {
    assert.deepEqual(parseSeed(text, 4432), { host, port }, text);
  }
  for (const text of [
    '',
    'a b',
    '-x',
    'host:0',
    'host:70000',
    '[nonsense]:1',
    'a:b:c',
    '$(reboot)',
    'x\ny',
  ]) {
    assert.throws(() => parseSeed(text, 4432), { code: 'invalid' }, text);
  }
});
