/** The addresses that presence speaks from: those of every interface that is up, but loopback. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { toHex } from '@maille/base/bytes';
import { parseIpAddress } from '@maille/base/ip-address';

export interface LocalAddress {
  interfaceName: string;
  /** Tells an interface from another that came later under its name. */
  interfaceIndex: number;
  family: 4 | 6;
  /** Link-local IPv6 with its zone, as it must be given to bind. */
  address: string;
  /** One a family and interface carries the multicast. */
  multicast: boolean;
}

export function listLocalAddresses(): LocalAddress[] {
  const found: LocalAddress[] = [];
  for (const [interfaceName, addresses] of Object.entries(networkInterfaces())) {
    const interfaceIndex = indexOf(interfaceName);
    for (const { address, internal, family } of addresses ?? []) {
      if (internal) continue;
      if (family === 'IPv4')
        found.push({ interfaceName, interfaceIndex, family: 4, address, multicast: false });
      else {
        const linkLocal = isLinkLocal(address);
        // Multicast of this scope goes out from the link-local address; others are there to be greeted at.
        found.push({
          interfaceName,
          interfaceIndex,
          family: 6,
          address: linkLocal ? `${address}%${interfaceName}` : address,
          multicast: linkLocal,
        });
      }
    }
  }
  const seen = new Set<string>();
  for (const local of found) {
    if (local.family !== 4 && !local.multicast) continue;
    const key = `${local.interfaceName} ${local.family}`;
    local.multicast = !seen.has(key);
    seen.add(key);
  }
  return found;
}

function isLinkLocal(address: string): boolean {
  const bytes = parseIpAddress(address)?.bytes;
  return bytes !== undefined && /^fe[89ab]/.test(toHex(bytes.subarray(0, 2)));
}

function indexOf(interfaceName: string): number {
  try {
    return Number(readFileSync(`/sys/class/net/${interfaceName}/ifindex`, 'utf8'));
  } catch {
    return 0; // gone meanwhile, or an alias such as eth0:1, which has no folder of its own
  }
}
