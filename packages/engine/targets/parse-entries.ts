/**
 * What a person pastes becomes hosts to probe: addresses, names, ranges and prefixes, separated by commas,
 * semicolons, spaces or lines; `#` starts a comment. Each bad entry is named with its line and reason, the
 * good ones are kept. Pure, and linear in what comes out.
 */
import { cidrHosts, cidrSize, enclosingCidr, formatCidr, parseCidr } from '@maille/base/cidr';
import {
  formatIpAddress,
  type IpAddress,
  ipAddressFromBigInt,
  ipAddressToBigInt,
  parseIpAddress,
} from '@maille/base/ip-address';
import { MAX_TARGETS, type RefusedEntry } from '@maille/wire/rest/targets';

export interface ParsedHost {
  /** Canonical address, or a name in lower case. */
  host: string;
  prefix: string;
}

export interface ParsedEntries {
  /** Without repetitions, in the order of their first appearance. */
  hosts: ParsedHost[];
  refused: RefusedEntry[];
}

/** More reasons than this help nobody. */
const MAX_REFUSED = 1_000;
/** The tile of everything that has no address of its own. */
export const NAMES_PREFIX = 'names';

type Reason = RefusedEntry['reason'];
class Refusal {
  readonly reason: Reason;
  readonly message: string;
  constructor(reason: Reason, message: string) {
    this.reason = reason;
    this.message = message;
  }
}

export function parseEntries(text: string, maxHosts = MAX_TARGETS): ParsedEntries {
  const hosts = new Map<string, ParsedHost>();
  const refused: RefusedEntry[] = [];
  let refusedBeyond = 0;
  const lines = text.split(/\r\n|[\n\r]/);
  for (let i = 0; i < lines.length; i++) {
    const content = (lines[i] as string).split('#', 1)[0] as string;
    // `10.0.0.1 - 10.0.0.9` is one range, as people write it.
    for (const entry of content.replace(/[ \t]+-[ \t]+/g, '-').split(/[\s,;]+/)) {
      if (entry === '') continue;
      const refusal = addEntry(entry, hosts, maxHosts);
      if (!refusal) continue;
      if (refused.length >= MAX_REFUSED) refusedBeyond++;
      else
        refused.push({
          line: i + 1,
          entry: shown(entry),
          reason: refusal.reason,
          message: refusal.message,
        });
    }
  }
  if (refusedBeyond > 0)
    refused.push({
      line: lines.length,
      entry: '…',
      reason: 'too-many',
      message: `${refusedBeyond} more entries are bad: nobody reads so many reasons`,
    });
  return { hosts: [...hosts.values()], refused };
}

/** Adds what one entry stands for, all of it or nothing. */
function addEntry(entry: string, hosts: Map<string, ParsedHost>, maxHosts: number): Refusal | undefined {
  if (entry.includes('/')) return addPrefix(entry, hosts, maxHosts);
  const address = parseIpAddress(entry);
  if (address) return addSpan([address], 1n, hosts, maxHosts);
  const range = parseRange(entry);
  if (range instanceof Refusal) return range;
  if (range)
    return addSpan(rangeHosts(range), range.to - range.from + 1n, hosts, maxHosts, range.from === range.to);
  return addName(entry, hosts, maxHosts);
}

function addPrefix(entry: string, hosts: Map<string, ParsedHost>, maxHosts: number): Refusal | undefined {
  const cidr = parseCidr(entry);
  if (!cidr) {
    const base = parseIpAddress(entry.slice(0, entry.indexOf('/')));
    if (!base) return new Refusal('not-an-address', 'what stands before the slash is no address');
    const longest = base.bytes.length * 8;
    return new Refusal('bad-length', `the length of this prefix is a number from 0 to ${longest}`);
  }
  return addSpan(cidrHosts(cidr), cidrSize(cidr), hosts, maxHosts, cidrSize(cidr) === 1n);
}

interface Range {
  family: 4 | 6;
  from: bigint;
  to: bigint;
}

/** Undefined when the entry is none: a name may hold a hyphen too. */
function parseRange(entry: string): Range | Refusal | undefined {
  const hyphen = entry.indexOf('-');
  if (hyphen < 0) return undefined;
  const from = parseIpAddress(entry.slice(0, hyphen));
  if (!from) return undefined;
  const endText = entry.slice(hyphen + 1);
  const to = parseIpAddress(endText) ?? lastByteEnd(from, endText);
  if (!to || from.zone !== undefined || to.zone !== undefined || to.family !== from.family)
    return new Refusal(
      'not-an-address',
      'a range ends with an address of the same kind, or with a last number',
    );
  const range = { family: from.family, from: ipAddressToBigInt(from), to: ipAddressToBigInt(to) };
  if (range.to < range.from) return new Refusal('range-reversed', 'this range ends before it begins');
  return range;
}

/** `10.0.0.1-50`: the end has the start's first three numbers. */
function lastByteEnd(from: IpAddress, text: string): IpAddress | undefined {
  if (from.family !== 4 || !/^(0|[1-9]\d{0,2})$/.test(text) || Number(text) > 255) return undefined;
  const bytes = from.bytes.slice();
  bytes[3] = Number(text);
  return { family: 4, bytes };
}

function* rangeHosts({ family, from, to }: Range): Generator<IpAddress> {
  for (let value = from; value <= to; value++) yield ipAddressFromBigInt(value, family);
}

/** `single`: say what is wrong with the address; in a span every address is looked at as well. */
function addSpan(
  addresses: Iterable<IpAddress>,
  size: bigint,
  hosts: Map<string, ParsedHost>,
  maxHosts: number,
  single = true,
): Refusal | undefined {
  if (size > BigInt(maxHosts) + 2n)
    return new Refusal('too-many', `this is ${size} addresses; ${maxHosts} targets is the bound`);
  const added: ParsedHost[] = [];
  for (const address of addresses) {
    const reason = refusalOf(address);
    if (reason)
      return single ? reason : new Refusal(reason.reason, `${formatIpAddress(address)}: ${reason.message}`);
    const host = formatIpAddress(address);
    if (!hosts.has(host)) added.push({ host, prefix: prefixOf(address) });
  }
  if (hosts.size + added.length > maxHosts)
    return new Refusal('too-many', `with this there would be more than ${maxHosts} targets`);
  for (const one of added) hosts.set(one.host, one);
  return undefined;
}

/** Addresses that are nobody's own: an echo to them would have no answer, or many. */
function refusalOf({ family, bytes, zone }: IpAddress): Refusal | undefined {
  const first = bytes[0] as number;
  if (bytes.every((byte) => byte === 0)) return new Refusal('unspecified', 'this address means “none”');
  if (family === 4) {
    if (first >= 224 && first < 240) return new Refusal('multicast', 'this is a multicast address');
    if (bytes.every((byte) => byte === 255)) return new Refusal('broadcast', 'this is the broadcast address');
    if (first === 0) return new Refusal('unspecified', 'addresses that begin with 0 are no host’s');
  } else if (first === 0xff) return new Refusal('multicast', 'this is a multicast address');
  else if (first === 0xfe && ((bytes[1] as number) & 0xc0) === 0x80 && zone === undefined)
    return new Refusal('no-zone', 'a link-local address needs its interface, such as fe80::1%eth0');
  return undefined;
}

export function prefixOf(address: IpAddress): string {
  const bare: IpAddress = { family: address.family, bytes: address.bytes };
  return formatCidr(enclosingCidr(bare, address.family === 4 ? 24 : 64));
}

function addName(entry: string, hosts: Map<string, ParsedHost>, maxHosts: number): Refusal | undefined {
  // Digits, dots and colons alone, or a hexadecimal number: an address gone wrong, and resolvers read
  // such names as addresses that nobody meant.
  if (/^[\d.]+$/.test(entry) || entry.includes(':') || /(^|\.)(0x[0-9a-f]*|\d+)\.?$/i.test(entry))
    return new Refusal('not-an-address', 'this is no address: four numbers from 0 to 255, or IPv6');
  const name = entry.toLowerCase().replace(/\.$/, '');
  if (!isHostName(name))
    return new Refusal('bad-name', 'a name has letters, digits, hyphens and dots, at most 63 between dots');
  if (hosts.has(name)) return undefined;
  if (hosts.size >= maxHosts)
    return new Refusal('too-many', `with this there would be more than ${maxHosts} targets`);
  hosts.set(name, { host: name, prefix: NAMES_PREFIX });
  return undefined;
}

/** RFC 1123, and the underscore that many local networks use. */
function isHostName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/.test(label));
}

/** Hostile text: one line, cut. */
function shown(entry: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced here
  return entry.replace(/[\u0000-\u001f\u007f]/g, '�').slice(0, 300);
}
