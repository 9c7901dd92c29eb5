/**
 * What a machine's administrator says that its sensor may probe, and nothing else. It stands on the machine
 * and the server has no way to change it: whoever takes the server over gets no further than this.
 *
 * It is the whole list: not even loopback is added, for a connection to a port of this machine is worth
 * something to an attacker as well.
 */
import { type Cidr, cidrContains, enclosingCidr, formatCidr } from '@maille/base/cidr';
import { parseIpAddress, unmapIpAddress } from '@maille/base/ip-address';
import { parseOwnPrefix } from '@maille/base/own-addresses';
import { Problem } from '@maille/base/problem';

export const OWN_PREFIXES_VARIABLE = 'MAILLE_OWN_PREFIXES';
export const MAX_OWN_PREFIXES = 256;
/** Said wherever something is not probed because of it: the file is where `maille install` has its settings. */
export const OUTSIDE_REMEDY = `Choose another agent for it; or, on the machine itself, add the prefix to ${OWN_PREFIXES_VARIABLE} (/etc/maille/sensor.env) and restart maille-sensor.`;

export interface OwnPrefixes {
  /** As they are understood, canonical. */
  readonly texts: readonly string[];
  /** False for what is no address. */
  includes(address: string): boolean;
}

/** Undefined where nothing is set: then there is no such bound. Throws a Problem that names the variable. */
export function readOwnPrefixes(text: string | undefined): OwnPrefixes | undefined {
  if (!text) return undefined;
  const words = text.split(',').map((word) => word.trim());
  if (words.length > MAX_OWN_PREFIXES) throw malformed(`it names more than ${MAX_OWN_PREFIXES} prefixes`);
  return createOwnPrefixes(
    words.map((word) => {
      const prefix = parseOwnPrefix(word);
      if (!prefix) throw malformed(word === '' ? 'an entry is empty' : `${word} is no prefix`);
      return formatCidr(unmapped(prefix));
    }),
  );
}

/** Of prefixes that were read once already, such as a sensor tells of itself; others count for nothing. */
export function createOwnPrefixes(texts: readonly string[]): OwnPrefixes {
  const prefixes = texts.flatMap((text) => parseOwnPrefix(text) ?? []).map(unmapped);
  return {
    texts,
    includes(text) {
      const parsed = parseIpAddress(text);
      if (!parsed) return false;
      const address = unmapIpAddress(parsed);
      return prefixes.some((prefix) => cidrContains(prefix, address));
    },
  };
}

/** A prefix of mapped addresses is one of IPv4. A shorter one, `::/0` too, is of IPv6 alone. */
function unmapped(prefix: Cidr): Cidr {
  const MAPPED_BITS = 96;
  if (prefix.prefixLength < MAPPED_BITS) return prefix;
  const base = unmapIpAddress(prefix.base);
  return base === prefix.base ? prefix : enclosingCidr(base, prefix.prefixLength - MAPPED_BITS);
}

function malformed(why: string): Problem {
  return new Problem('invalid', `${OWN_PREFIXES_VARIABLE} cannot be read: ${why.slice(0, 200)}`, {
    remedy: `Prefixes or addresses with commas between them, such as 10.0.0.0/8,fd00::/8; or leave ${OWN_PREFIXES_VARIABLE} out, and the sensor probes what its server asks for.`,
  });
}
