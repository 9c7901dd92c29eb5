/**
 * Presence on a real host: the engine on real sockets. The engine comes in as an option
 * (`createEngine: createPresenceEngine`), because host imports no engine.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '@maille/base/clock';
import type { Identity, IdentityVerifier } from '@maille/base/identity';
import type { Log } from '@maille/base/log';
import { PRESENCE_PORT } from '@maille/wire/presence/datagram';
import type { Peer, PeerService } from '@maille/wire/presence/peer';
import type { CreatePresenceEngine, PeerChange, PresenceCounters } from '@maille/wire/presence/presence-port';
import { type LocalAddress, listLocalAddresses } from './interfaces.ts';
import { openPresenceSockets, type PresenceSockets } from './presence-sockets.ts';
import { createSeedBook } from './seeds.ts';

export interface Presence {
  peers(): Peer[];
  /** Hears of changes from now on; the result ends it. */
  subscribe(receive: (change: PeerChange) => void): () => void;
  /** What this machine offers; announced beside its presence. */
  setServices(services: PeerService[]): void;
  /** Hosts to greet by unicast: `host`, `host:port`, `[v6]:port`. */
  setSeeds(hosts: string[]): void;
  /** What was received, and what was refused for which reason. */
  counters(): PresenceCounters;
  /** Sockets that are open. */
  listening(): { address: string; port: number }[];
  /** Says goodbye, then closes. */
  stop(): Promise<void>;
}

export interface PresenceHostOptions {
  createEngine: CreatePresenceEngine;
  identity: Identity;
  verifier: IdentityVerifier;
  clock: Clock;
  role: Peer['role'];
  hostname: string;
  version: string;
  port?: number;
  seeds?: string[];
  log: Log;
  listLocalAddresses?: () => LocalAddress[];
}

export async function createPresence(options: PresenceHostOptions): Promise<Presence> {
  const { clock, log, identity, verifier, port = PRESENCE_PORT } = options;
  let sockets: PresenceSockets | undefined;
  const engine = options.createEngine(
    {
      clock,
      identity,
      verifier,
      random: Math.random,
      randomHex64: () => randomBytes(8).toString('hex'),
      digest: (text) => createHash('sha256').update(text).digest('hex').slice(0, 16),
      ways: () => sockets?.ways() ?? [],
      multicast: (way, bytes) => sockets?.multicast(way, bytes),
      unicast: (to, bytes) => sockets?.unicast(to, bytes),
    },
    {
      role: options.role,
      hostname: plain(options.hostname, /[^A-Za-z0-9._-]+/g, 253, 'unknown'),
      version: plain(options.version, /[^A-Za-z0-9.+~_-]+/g, 64, '0'),
    },
  );
  sockets = await openPresenceSockets({
    port,
    clock,
    log,
    listLocalAddresses: options.listLocalAddresses ?? listLocalAddresses,
    onDatagram: (arrival) => engine.receive(arrival),
    onWaysChanged: () => engine.waysChanged(),
  });
  const seedBook = createSeedBook({
    clock,
    log,
    defaultPort: port || PRESENCE_PORT,
    onEndpoints: (endpoints) => engine.setSeeds(endpoints),
  });
  let cloned = false;
  const unwatch = engine.subscribe(() => {
    const now = engine.peers().some((peer) => peer.id === identity.id);
    if (now && !cloned)
      log.error({ id: identity.id }, "another machine runs with this one's key: was its disk copied?");
    cloned = now;
  });
  engine.start();
  seedBook.set(options.seeds ?? []);
  const opened = sockets;
  let stopping: Promise<void> | undefined;
  return {
    peers: () => engine.peers(),
    subscribe: (receive) =>
      engine.subscribe((change) => {
        try {
          receive(change);
        } catch (error) {
          log.error({ error }, 'a listener to presence failed');
        }
      }),
    setServices(services) {
      const left = engine.setServices(services);
      if (left > 0) log.warn({ left }, 'too many services to announce: some are left out');
    },
    setSeeds: (hosts) => seedBook.set(hosts),
    counters: () => engine.counters(),
    listening: () => opened.describe(),
    stop() {
      stopping ??= (async () => {
        seedBook.stop();
        unwatch();
        await engine.stop();
        await opened.stop();
      })();
      return stopping;
    },
  };
}

/** The protocol takes plain ASCII only. */
function plain(text: string, strange: RegExp, maxLength: number, fallback: string): string {
  return text.replace(strange, '-').slice(0, maxLength) || fallback;
}
