/** Prefixes (RFC 4632, RFC 4291): a base address and a length, host bits always zero. */
import {
  formatIpAddress,
  type IpAddress,
  ipAddressFromBigInt,
  ipAddressToBigInt,
  parseIpAddress,
} from './ip-address.ts';

export interface Cidr {
  base: IpAddress;
  prefixLength: number;
}

/** Host bits are cleared: `192.0.2.9/24` is `192.0.2.0/24`. Undefined when `text` is no prefix. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = parseIpAddress(text.slice(0, slash));
  const lengthText = text.slice(slash + 1);
  if (!address || address.zone !== undefined || !/^\d{1,3}$/.test(lengthText)) return undefined;
  const prefixLength = Number(lengthText);
  if (prefixLength > address.bytes.length * 8) return undefined;
  return enclosingCidr(address, prefixLength);
}

export function formatCidr(cidr: Cidr): string {
  return `${formatIpAddress(cidr.base)}/${cidr.prefixLength}`;
}

/** The prefix of the given length that holds the address. */
export function enclosingCidr(address: IpAddress, prefixLength: number): Cidr {
  const bytes = address.bytes.slice();
  for (let i = 0; i < bytes.length; i++) {
    const kept = Math.max(0, Math.min(8, prefixLength - 8 * i));
    bytes[i] = (bytes[i] as number) & (0xff << (8 - kept)) & 0xff;
  }
  return { base: { family: address.family, bytes }, prefixLength };
}

/** How many addresses a prefix holds. */
export function cidrSize(cidr: Cidr): bigint {
  return 1n << BigInt(cidr.base.bytes.length * 8 - cidr.prefixLength);
}

export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  const { base, prefixLength } = cidr;
  if (address.family !== base.family) return false;
  const whole = prefixLength >> 3;
  for (let i = 0; i < whole; i++) if (address.bytes[i] !== base.bytes[i]) return false;
  const rest = prefixLength & 7;
  if (rest === 0) return true;
  const differs = (address.bytes[whole] as number) ^ (base.bytes[whole] as number);
  return differs >> (8 - rest) === 0;
}

/**
 * The addresses that can be probed in a prefix: for IPv4 shorter than /31 without the network and
 * broadcast addresses (RFC 3021 keeps both of a /31). The caller bounds the size first.
 */
export function* cidrHosts(cidr: Cidr): Generator<IpAddress> {
  const first = ipAddressToBigInt(cidr.base);
  const size = cidrSize(cidr);
  const skip = cidr.base.family === 4 && cidr.prefixLength < 31 ? 1n : 0n;
  for (let value = first + skip; value < first + size - skip; value++) {
    yield ipAddressFromBigInt(value, cidr.base.family);
  }
}
