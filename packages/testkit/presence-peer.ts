/**
 * A peer as a program, for networks of namespaces: `node presence-peer.ts '{"hostname":"a",…}'`. Prints
 * JSON lines: `ready`, every change of its list, and on SIGUSR2 its counters. SIGTERM says goodbye.
 */
import { systemClock } from '@maille/base/clock';
import { silentLog } from '@maille/base/log';
import { createPresenceEngine } from '@maille/engine/presence/presence-engine';
import type { PresenceOptions } from '@maille/engine/presence/presence-options';
import { createIdentityVerifier, openIdentity } from '@maille/host/identity';
import { createPresence } from '@maille/host/presence/presence';
import type { Peer, PeerService } from '@maille/wire/presence/peer';
import type { PresenceCounters } from '@maille/wire/presence/presence-port';

export interface PresencePeerOptions extends PresenceOptions {
  keyFile: string;
  hostname: string;
  role?: 'agent' | 'server';
  seeds?: string[];
  services?: PeerService[];
  /** Prints `usage` every second. */
  measure?: boolean;
}

export type PresencePeerLine =
  | { type: 'ready'; id: string; listening: { address: string; port: number }[] }
  | { type: 'change'; put: Peer[]; remove: string[] }
  | {
      type: 'usage';
      cpuUs: number;
      rssBytes: number;
      heapBytes: number;
      counters: PresenceCounters;
      peers: Peer[];
    };

const options = JSON.parse(process.argv[2] ?? '{}') as PresencePeerOptions;
const say = (line: PresencePeerLine) => process.stdout.write(`${JSON.stringify(line)}\n`);
const identity = openIdentity(options.keyFile);
const presence = await createPresence({
  createEngine: (ports, self) => createPresenceEngine(ports, self, options),
  identity,
  verifier: createIdentityVerifier(512),
  clock: systemClock,
  role: options.role ?? 'agent',
  hostname: options.hostname,
  version: '0.1.0',
  seeds: options.seeds ?? [],
  log: silentLog,
});
presence.subscribe((change) => say({ type: 'change', ...change }));
if (options.services) presence.setServices(options.services);
say({ type: 'ready', id: identity.id, listening: presence.listening() });
if (options.measure) {
  setInterval(() => {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    say({
      type: 'usage',
      cpuUs: user + system,
      rssBytes: rss,
      heapBytes: heapUsed,
      counters: presence.counters(),
      peers: presence.peers(),
    });
  }, 1_000);
}
process.on('SIGTERM', () => void presence.stop().then(() => process.exit(0)));
