/**
 * What other machines can call this host by, where Settings does not say: its name when that is a whole
 * one, else its address on the way out. A bare name means something to this machine alone.
 */
import { readFileSync } from 'node:fs';
import { hostname, type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

export function outsideName(): string {
  let routes = '';
  try {
    routes = readFileSync('/proc/net/route', 'utf8');
  } catch {
    // Then the first address will do.
  }
  return chooseOutsideName(hostname(), networkInterfaces(), routes);
}

/** `routes` is /proc/net/route. */
export function chooseOutsideName(
  name: string,
  interfaces: NodeJS.Dict<Pick<NetworkInterfaceInfo, 'family' | 'address' | 'internal'>[]>,
  routes: string,
): string {
  if (name.includes('.')) return name;
  const wayOut = routes
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[1] === '00000000' && fields[7] === '00000000')?.[0];
  const order = Object.keys(interfaces).sort((a, b) => Number(b === wayOut) - Number(a === wayOut));
  const usable = order
    .flatMap((device) => interfaces[device] ?? [])
    .filter(
      ({ internal, address }) => !internal && !/^fe80:/i.test(address) && !address.startsWith('169.254.'),
    );
  const best = usable.find(({ family }) => family === 'IPv4') ?? usable[0];
  if (!best) return name;
  return best.family === 'IPv6' ? `[${best.address}]` : best.address;
}
