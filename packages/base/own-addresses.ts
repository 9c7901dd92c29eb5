/**
 * Which addresses are the operator's own without a question: those that the Internet does not carry (RFC
 * 6890: private networks, and what is reserved for tests and documents), and what the operator said is theirs. Everything else belongs to somebody who may not want to be probed.
 */
import { type Cidr, cidrContains, enclosingCidr, parseCidr } from './cidr.ts';
import { type IpAddress, parseIpAddress } from './ip-address.ts';

/** Loopback, RFC 1918, carrier NAT (RFC 6598), link-local, documents (RFC 5737, 3849), benchmarks (RFC 2544), RFC 4193. */
const PRIVATE = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '198.18.0.0/15',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
  '2001:db8::/32',
].map((text) => parseCidr(text) as Cidr);

const isIn = (prefixes: readonly Cidr[], address: IpAddress) =>
  prefixes.some((prefix) => cidrContains(prefix, address));

export function isPrivateAddress(address: IpAddress): boolean {
  return isIn(PRIVATE, address);
}

/** A prefix as an operator writes it; a single address is the prefix of itself. */
export function parseOwnPrefix(text: string): Cidr | undefined {
  const prefix = parseCidr(text.trim());
  if (prefix) return prefix;
  const address = parseIpAddress(text.trim());
  return address && address.zone === undefined ? enclosingCidr(address, address.bytes.length * 8) : undefined;
}

/** Prefixes that cannot be read count for nothing: they were refused when they were set. */
export function createOwnAddresses(ownPrefixes: readonly string[]): (address: IpAddress) => boolean {
  const own = ownPrefixes.flatMap((text) => parseOwnPrefix(text) ?? []);
  return (address) => isPrivateAddress(address) || isIn(own, address);
}
