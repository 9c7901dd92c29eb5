/**
 * A simulated LAN for presence: segments that carry multicast, hosts with interfaces on them, loss,
 * delay, cut cables and one-way filters, all on one fake clock. Keys are real.
 */
import { createHash } from 'node:crypto';
import type { Identity } from '@maille/base/identity';
import { createPresenceEngine } from '@maille/engine/presence/presence-engine';
import type { PresenceOptions } from '@maille/engine/presence/presence-options';
import { createIdentity, createIdentityVerifier } from '@maille/host/identity';
import type { PeerService } from '@maille/wire/presence/peer';
import type { Endpoint, PresenceEngine } from '@maille/wire/presence/presence-port';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { createRandom } from './random.ts';

export interface LanHost {
  engine: PresenceEngine;
  identity: Identity;
  address: string;
  /** Its monotonic clock goes on without its timers, as when a process is stopped and continued. */
  sleep(ms: number): void;
  /** As kill -9: no goodbye, and nothing is received any more. */
  kill(): void;
  /** Datagrams that arrived and left, counted and kept for replaying (the last thousand). */
  heard: { bytes: Uint8Array; from: Endpoint }[];
  sentBytes: number;
  /** Its wall clock minus the true time; a test may step it. */
  clockErrorMs: number;
}

export interface LanHostOptions extends PresenceOptions {
  identity?: Identity;
  hostname?: string;
  /** Segments that it has an interface on; the first one's address is `address`. */
  segments?: string[];
  clockErrorMs?: number;
  role?: 'agent' | 'server';
  services?: PeerService[];
}

export interface PresenceLan {
  clock: FakeClock;
  addHost(options?: LanHostOptions): LanHost;
  /** Datagrams lost, 0 to 1. */
  lossRatio: number;
  /** Refuses datagrams: a cut cable, a filter. */
  blocks(filter: (from: string, to: string, multicast: boolean) => boolean): void;
  /** Delivers bytes to a host from wherever is claimed. */
  inject(to: LanHost, bytes: Uint8Array, from: Endpoint, toAddress?: string): void;
}

const PORT = 4432;

export function createPresenceLan(seed = 1): PresenceLan {
  const clock = createFakeClock();
  const verifier = createIdentityVerifier();
  const random = createRandom(seed);
  let blocked: (from: string, to: string, multicast: boolean) => boolean = () => false;
  const segments = new Map<string, Map<string, (bytes: Uint8Array, from: Endpoint, to?: string) => void>>();
  let serial = 0;

  const lan: PresenceLan = {
    clock,
    lossRatio: 0,
    blocks(filter) {
      blocked = filter;
    },
    inject: (to, bytes, from, toAddress) =>
      to.engine.receive({ bytes, from, ...(toAddress !== undefined && { to: toAddress }) }),
    addHost(options = {}) {
      const identity = options.identity ?? createIdentity();
      const number = ++serial;
      const names = options.segments ?? ['lan'];
      const addressOn = (segment: string) =>
        `10.${[...segment].reduce((sum, c) => sum + c.charCodeAt(0), 0) % 250}.0.${number}`;
      let alive = true;
      let sleptMs = 0;
      const carry = (from: string, to: string, bytes: Uint8Array, multicast: boolean, segment: string) => {
        if (random() < lan.lossRatio || blocked(from, to, multicast)) return;
        clock.after(0.1 + random(), () =>
          segments.get(segment)?.get(to)?.(bytes, { address: from, port: PORT }, multicast ? undefined : to),
        );
      };
      const engine = createPresenceEngine(
        {
          clock: {
            ...clock,
            wallMs: () => clock.wallMs() + host.clockErrorMs,
            monoMs: () => clock.monoMs() + sleptMs,
          },
          random,
          randomHex64: () =>
            Buffer.from(Array.from({ length: 8 }, () => Math.floor(random() * 256))).toString('hex'),
          identity,
          verifier,
          digest: (text) => createHash('sha256').update(text).digest('hex').slice(0, 16),
          ways: () => names,
          multicast(way, bytes) {
            if (!alive) return;
            host.sentBytes += bytes.length;
            for (const to of segments.get(way)?.keys() ?? []) carry(addressOn(way), to, bytes, true, way);
          },
          unicast(to, bytes) {
            if (!alive) return;
            host.sentBytes += bytes.length;
            for (const way of names) {
              if (segments.get(way)?.has(to.address)) carry(addressOn(way), to.address, bytes, false, way);
            }
          },
        },
        { role: options.role ?? 'agent', hostname: options.hostname ?? `host-${number}`, version: '0.1.0' },
        options,
      );
      const host: LanHost = {
        engine,
        identity,
        address: addressOn(names[0] as string),
        heard: [],
        sentBytes: 0,
        clockErrorMs: options.clockErrorMs ?? 0,
        sleep(ms) {
          sleptMs += ms;
        },
        kill() {
          alive = false;
          for (const name of names) segments.get(name)?.delete(addressOn(name));
        },
      };
      for (const name of names) {
        const segment = segments.get(name) ?? new Map();
        segments.set(name, segment);
        segment.set(addressOn(name), (bytes: Uint8Array, from: Endpoint, to?: string) => {
          if (host.heard.length < 1_000) host.heard.push({ bytes, from });
          engine.receive({ bytes, from, ...(to !== undefined && { to }) });
        });
      }
      engine.setServices(options.services ?? []);
      engine.start();
      return host;
    },
  };
  return lan;
}
