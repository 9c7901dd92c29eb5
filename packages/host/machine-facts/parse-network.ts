/** Gateways and resolvers out of the kernel's and the resolver's own files: text in, addresses out. */
import { fromHex } from '@maille/base/bytes';
import { canonicalIpAddress, formatIpAddress } from '@maille/base/ip-address';

const RTF_UP = 0x1;
const RTF_GATEWAY = 0x2;

/** /proc/net/route: a header, then columns; addresses are hexadecimal in the byte order of the machine. */
export function parseIpv4Gateways(text: string): string[] {
  const found: string[] = [];
  for (const line of text.split('\n').slice(1)) {
    const [device, destination, gateway, flags, , , , mask] = line.trim().split(/\s+/);
    if (!device || destination !== '00000000' || mask !== '00000000') continue;
    if ((Number.parseInt(flags ?? '', 16) & (RTF_UP | RTF_GATEWAY)) !== (RTF_UP | RTF_GATEWAY)) continue;
    const bytes = fromHex(gateway ?? '');
    if (bytes?.length === 4) found.push(formatIpAddress({ family: 4, bytes: bytes.reverse() }));
  }
  return [...new Set(found)];
}

/** /proc/net/ipv6_route: no header; network byte order. Link-local gateways get their zone. */
export function parseIpv6Gateways(text: string): string[] {
  const found: string[] = [];
  for (const line of text.split('\n')) {
    const [destination, length, , , gateway, , , , flags, device] = line.trim().split(/\s+/);
    if (!device || device === 'lo' || destination !== '0'.repeat(32) || length !== '00') continue;
    if ((Number.parseInt(flags ?? '', 16) & (RTF_UP | RTF_GATEWAY)) !== (RTF_UP | RTF_GATEWAY)) continue;
    const bytes = fromHex(gateway ?? '');
    if (bytes?.length !== 16) continue;
    const isLinkLocal = bytes[0] === 0xfe && ((bytes[1] as number) & 0xc0) === 0x80;
    const zone = isLinkLocal ? { zone: device } : {};
    found.push(formatIpAddress({ family: 6, bytes, ...zone }));
  }
  return [...new Set(found)];
}

/** resolv.conf(5): lines `nameserver ADDRESS`. */
export function parseResolvers(text: string): string[] {
  const found: string[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*nameserver\s+(\S+)/.exec(line);
    const address = match && canonicalIpAddress(match[1] as string);
    if (address) found.push(address);
  }
  return [...new Set(found)];
}

/** os-release(5): the name that people know it by. */
export function parseOsName(text: string): string {
  const value = /^PRETTY_NAME=(.*)$/m.exec(text)?.[1]?.trim() ?? '';
  return value.replace(/^(["'])(.*)\1$/, '$2').replace(/\\(["$`\\])/g, '$1');
}

/** The line `btime` of /proc/stat: when the kernel started, seconds since the epoch. */
export function parseBootTimeMs(text: string): number {
  return Number(/^btime (\d+)$/m.exec(text)?.[1] ?? 0) * 1_000;
}
