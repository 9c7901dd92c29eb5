/**
 * The names and addresses of this host, as people on its network type them. Search domains are the host's
 * own; `.local` is multicast DNS. Nobody else can have a page under any of them.
 */
import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import type { Clock } from '@maille/base/clock';

/** Addresses come and go: read anew, but not for each of a hundred requests a second. */
const KEEP_MS = 5_000;

export function createOwnNames(clock: Clock): () => string[] {
  let names: string[] = [];
  let readMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (clock.monoMs() - readMs > KEEP_MS) {
      names = listOwnNames();
      readMs = clock.monoMs();
    }
    return names;
  };
}

export function listOwnNames(resolverFile = '/etc/resolv.conf'): string[] {
  const short = hostname().split('.')[0] as string;
  return [
    hostname(),
    short,
    ...['local', ...searchDomains(resolverFile)].map((domain) => `${short}.${domain}`),
    ...Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []),
  ];
}

function searchDomains(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .filter((line) => /^\s*(search|domain)\s/.test(line))
    .flatMap((line) => line.trim().split(/\s+/).slice(1))
    .map((domain) => domain.replace(/\.$/, ''))
    .filter((domain) => domain !== '');
}
