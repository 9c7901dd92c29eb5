/**
 * IPv4 and IPv6 addresses as bytes and as canonical text. Canonical means: dotted decimal without
 * leading zeros; RFC 5952 for IPv6, zone (`%eth0`) kept behind it; an IPv4-mapped address stays IPv6.
 */
export interface IpAddress {
  family: 4 | 6;
  /** 4 or 16 bytes in network order. */
  bytes: Uint8Array;
  /** Interface name or index of a link-local address (RFC 4007), without the `%`. */
  zone?: string;
}

/** Returns undefined when `text` is no address: the caller knows what to say about it. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (text.includes(':')) return parseIpv6(text);
  const bytes = parseIpv4Bytes(text);
  return bytes && { family: 4, bytes };
}

function parseIpv4Bytes(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const part = parts[i] as string;
    // Leading zeros are refused: inet_aton reads 010 as eight, most people as ten.
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[i] = Number(part);
  }
  return bytes;
}

function parseIpv6(text: string): IpAddress | undefined {
  const percent = text.indexOf('%');
  const zone = percent < 0 ? undefined : text.slice(percent + 1);
  if (zone !== undefined && !/^[A-Za-z0-9._-]{1,15}$/.test(zone)) return undefined;
  let body = percent < 0 ? text : text.slice(0, percent);

  // A dotted tail is two groups.
  const lastColon = body.lastIndexOf(':');
  const tail = body.slice(lastColon + 1);
  if (tail.includes('.')) {
    const v4 = parseIpv4Bytes(tail);
    if (!v4) return undefined;
    const [a, b, c, d] = v4 as unknown as [number, number, number, number];
    body = `${body.slice(0, lastColon + 1)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }

  const halves = body.split('::');
  if (halves.length > 2) return undefined;
  const groupsOf = (half: string): number[] | undefined => {
    if (half === '') return [];
    const groups: number[] = [];
    for (const group of half.split(':')) {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      groups.push(Number.parseInt(group, 16));
    }
    return groups;
  };
  const head = groupsOf(halves[0] as string);
  const rest = halves.length === 2 ? groupsOf(halves[1] as string) : [];
  if (!head || !rest) return undefined;
  const missing = 8 - head.length - rest.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...rest];
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 8; i++) {
    bytes[2 * i] = (groups[i] as number) >> 8;
    bytes[2 * i + 1] = (groups[i] as number) & 0xff;
  }
  return zone === undefined ? { family: 6, bytes } : { family: 6, bytes, zone };
}

export function formatIpAddress(address: IpAddress): string {
  if (address.family === 4) return address.bytes.join('.');
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) {
    groups.push(((address.bytes[i] as number) << 8) | (address.bytes[i + 1] as number));
  }
  // RFC 5952: the longest run of two or more zero groups is shortened, the first one of equals.
  let bestStart = -1;
  let bestLength = 1;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > bestLength) {
      bestStart = start;
      bestLength = length;
    }
  }
  const hex = groups.map((group) => group.toString(16));
  const text =
    bestStart < 0
      ? hex.join(':')
      : `${hex.slice(0, bestStart).join(':')}::${hex.slice(bestStart + bestLength).join(':')}`;
  return address.zone === undefined ? text : `${text}%${address.zone}`;
}

/**
 * The address that packets to it go to: `::ffff:192.0.2.1` is IPv4 written as IPv6 (RFC 4291, 2.5.5.2), and
 * a socket that is given it speaks IPv4. Who judges by network asks this first.
 */
export function unmapIpAddress(address: IpAddress): IpAddress {
  const { family, bytes } = address;
  const isMapped = family === 6 && bytes.subarray(0, 12).every((byte, i) => byte === (i < 10 ? 0 : 0xff));
  return isMapped ? { family: 4, bytes: bytes.slice(12) } : address;
}

/** The canonical text of an address, or undefined when it is none. */
export function canonicalIpAddress(text: string): string | undefined {
  const address = parseIpAddress(text);
  return address && formatIpAddress(address);
}

/** The address as one unsigned integer of 32 or 128 bits. */
export function ipAddressToBigInt(address: IpAddress): bigint {
  let value = 0n;
  for (const byte of address.bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

export function ipAddressFromBigInt(value: bigint, family: 4 | 6): IpAddress {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(value & 0xffn);
    value >>= 8n;
  }
  return { family, bytes };
}
