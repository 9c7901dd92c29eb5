/**
 * Seed addresses: peers that are greeted by unicast where multicast does not reach. `host`, `host:port`,
 * `[v6]:port`; names are looked up again every minute, and all their addresses are greeted.
 */
import { lookup } from 'node:dns/promises';
import type { Cancel, Clock } from '@maille/base/clock';
import { parseIpAddress } from '@maille/base/ip-address';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import type { Endpoint } from '@maille/wire/presence/presence-port';

const LOOKUP_AGAIN_MS = 60_000;
const MAX_SEEDS = 256;

export interface Seed {
  host: string;
  port: number;
}

/** Throws a Problem that says what is wrong with it. */
export function parseSeed(text: string, defaultPort: number): Seed {
  const trimmed = text.trim();
  if (parseIpAddress(trimmed)) return { host: trimmed, port: defaultPort };
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(trimmed);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  const isName = host !== undefined && /^(?!-)[A-Za-z0-9._-]{1,253}$/.test(host);
  const isAddress = host !== undefined && parseIpAddress(host) !== undefined;
  if (!host || port < 1 || port > 65_535 || (match?.[1] !== undefined ? !isAddress : !isName && !isAddress)) {
    throw new Problem('invalid', `"${trimmed.slice(0, 100)}" is no address to greet`, {
      remedy:
        'Write a host name or an address, with a port if it is not the usual one: host, host:4432, [fe80::1%eth0]:4432',
    });
  }
  return { host, port };
}

export interface SeedBook {
  set(hosts: readonly string[]): void;
  stop(): void;
}

export function createSeedBook(deps: {
  clock: Clock;
  log: Log;
  defaultPort: number;
  onEndpoints(endpoints: Endpoint[]): void;
}): SeedBook {
  let seeds: Seed[] = [];
  let round = 0;
  let told = '';
  let cancel: Cancel = () => {};

  async function resolve(): Promise<void> {
    const mine = ++round;
    const found = new Map<string, Endpoint>();
    await Promise.all(
      seeds.map(async ({ host, port }) => {
        try {
          const addresses = parseIpAddress(host) ? [{ address: host }] : await lookup(host, { all: true });
          for (const { address } of addresses) found.set(`${address} ${port}`, { address, port });
        } catch (error) {
          deps.log.warn({ host, error: (error as Error).message }, 'a seed address cannot be looked up');
        }
      }),
    );
    if (mine !== round) return;
    const endpoints = [...found.values()].slice(0, MAX_SEEDS);
    const now = JSON.stringify([...found.keys()].sort());
    if (now !== told) deps.onEndpoints(endpoints);
    told = now;
    if (seeds.some(({ host }) => !parseIpAddress(host))) {
      cancel = deps.clock.after(LOOKUP_AGAIN_MS, () => void resolve());
    }
  }

  return {
    set(hosts) {
      cancel();
      seeds = [];
      for (const host of hosts.slice(0, MAX_SEEDS)) {
        try {
          seeds.push(parseSeed(host, deps.defaultPort));
        } catch (error) {
          deps.log.warn({ host }, (error as Error).message);
        }
      }
      void resolve();
    },
    stop() {
      round++;
      cancel();
    },
  };
}
