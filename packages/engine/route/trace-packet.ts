/**
 * What a probe of a trace carries, and what is read of its answers.
 *
 * A router that spreads load looks at the first words behind the IP header: ports of UDP and TCP, type,
 * code and checksum of ICMP. These stay the same for all probes of a flow, on the whole way and in every
 * round (Paris traceroute). What tells the probes apart stands elsewhere: for UDP in the payload, for ICMP in
 * the sequence and the payload, whose last word makes up for the difference in the checksum.
 *   payload: 0 u32[2] nonce of this session · 8 u32 serial · 12 u16 makes up · 14 u16 zero
 */
import type { TracePort } from '@maille/base/trace-port';
import {
  ICMP_HEADER_BYTES,
  ICMP4_ECHO_REPLY,
  ICMP4_ECHO_REQUEST,
  ICMP4_TIME_EXCEEDED,
  ICMP4_UNREACHABLE,
  ICMP6_ECHO_REPLY,
  ICMP6_ECHO_REQUEST,
  ICMP6_TIME_EXCEEDED,
  ICMP6_UNREACHABLE,
  type SessionNonce,
} from '../probe/echo-packet.ts';
import { internetChecksum } from '../probe/internet-checksum.ts';

export const IDENTITY_BYTES = 16;
const FIRST_CHECKSUM = 0x4d54;
const CHECKSUM_STEP = 0x1111;

/** The checksum of every echo request of a flow; where the kernel adds a pseudo header, as constant as that. */
export const checksumOfFlow = (flow: number): number => FIRST_CHECKSUM + flow * CHECKSUM_STEP;

export function writeIdentity(nonce: SessionNonce, serial: number): Uint8Array {
  const bytes = new Uint8Array(IDENTITY_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, nonce[0], true);
  view.setUint32(4, nonce[1], true);
  view.setUint32(8, serial, true);
  return bytes;
}

/** The serial that `bytes` from `at` on say, -1 where they are not this session's. */
export function readIdentity(bytes: Uint8Array, at: number, nonce: SessionNonce): number {
  if (at < 0 || bytes.length - at < 12) return -1;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
  if (view.getUint32(0, true) !== nonce[0] || view.getUint32(4, true) !== nonce[1]) return -1;
  return view.getUint32(8, true);
}

/** Whether a router quoted less than the identity: nothing, or zeros in its place (RFC 4884 pads). */
export function isCutShort(quote: Uint8Array, at: number): boolean {
  return quote.length - at < 12 || quote.subarray(at, at + 12).every((byte) => byte === 0);
}

export function writeTraceEcho(
  port: Pick<TracePort, 'family' | 'ident'>,
  nonce: SessionNonce,
  serial: number,
  flow: number,
): Uint8Array {
  const bytes = new Uint8Array(ICMP_HEADER_BYTES + IDENTITY_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, port.family === 4 ? ICMP4_ECHO_REQUEST : ICMP6_ECHO_REQUEST);
  view.setUint16(4, port.ident);
  view.setUint16(6, serial & 0xffff);
  bytes.set(writeIdentity(nonce, serial), ICMP_HEADER_BYTES);
  const wanted = checksumOfFlow(flow);
  view.setUint16(ICMP_HEADER_BYTES + 12, makeUp(bytes, wanted));
  view.setUint16(2, wanted);
  return bytes;
}

/** The word that brings the sum of all to where its complement is `wanted`. */
function makeUp(bytes: Uint8Array, wanted: number): number {
  const inMemory = ~internetChecksum(bytes, 0, bytes.length) & 0xffff;
  const sum = (inMemory >> 8) | ((inMemory & 0xff) << 8); // as sums of words in network order
  return ((~wanted & 0xffff) + (~sum & 0xffff)) % 0xffff;
}

/** An answer, as far as its bytes say. */
export interface TraceAnswer {
  kind: 'reply' | 'exceeded' | 'unreachable';
  code: number;
  /** The low half of the serial, at least. */
  sequence: number;
  /** The whole serial; -1 where the quote was too short for it. */
  serial: number;
  /** Where the probe went; of a reply, who it is from says it. */
  to: Uint8Array | undefined;
}

/** What an ICMP type means for a trace. */
export function kindOfIcmp(family: 4 | 6, type: number): 'exceeded' | 'unreachable' | undefined {
  if (type === (family === 4 ? ICMP4_TIME_EXCEEDED : ICMP6_TIME_EXCEEDED)) return 'exceeded';
  if (type === (family === 4 ? ICMP4_UNREACHABLE : ICMP6_UNREACHABLE)) return 'unreachable';
  return undefined;
}

/** "I have no such port (or protocol)": said by the target, it is an answer. */
export function isEndPointCode(family: 4 | 6, code: number): boolean {
  return family === 4 ? code === 2 || code === 3 : code === 4;
}

/** Reads an ICMP message; the bytes come from strangers, and what does not fit is undefined. */
export function readTraceMessage(
  port: Pick<TracePort, 'family' | 'ident' | 'messagesHaveIpHeader'>,
  bytes: Uint8Array,
  nonce: SessionNonce,
): TraceAnswer | undefined {
  const at = port.messagesHaveIpHeader ? afterIpv4Header(bytes, 0) : 0;
  if (at < 0 || bytes.length - at < ICMP_HEADER_BYTES) return undefined;
  const type = bytes[at] as number;
  if (type === (port.family === 4 ? ICMP4_ECHO_REPLY : ICMP6_ECHO_REPLY)) {
    const found = readEcho(port, bytes.subarray(at), nonce);
    return found && found.serial >= 0 ? { kind: 'reply', code: 0, to: undefined, ...found } : undefined;
  }
  const kind = kindOfIcmp(port.family, type);
  if (!kind) return undefined;
  const quote = bytes.subarray(at + ICMP_HEADER_BYTES);
  const echoAt = port.family === 4 ? afterQuotedIpv4(quote) : afterQuotedIpv6(quote);
  if (echoAt < 0) return undefined;
  const to = port.family === 4 ? quote.slice(16, 20) : quote.slice(24, 40);
  const found = readQuotedEcho(port, quote.subarray(echoAt), nonce);
  return found && { kind, code: bytes[at + 1] as number, to, ...found };
}

/** An echo request that was quoted, from its ICMP header on. */
export function readQuotedEcho(
  port: Pick<TracePort, 'family' | 'ident'>,
  quote: Uint8Array,
  nonce: SessionNonce,
): { sequence: number; serial: number } | undefined {
  const request = port.family === 4 ? ICMP4_ECHO_REQUEST : ICMP6_ECHO_REQUEST;
  return quote[0] === request ? readEcho(port, quote, nonce) : undefined;
}

function readEcho(port: Pick<TracePort, 'ident'>, echo: Uint8Array, nonce: SessionNonce) {
  if (echo.length < ICMP_HEADER_BYTES) return undefined;
  const view = new DataView(echo.buffer, echo.byteOffset, echo.length);
  if (view.getUint16(4) !== port.ident) return undefined;
  const sequence = view.getUint16(6);
  if (isCutShort(echo, ICMP_HEADER_BYTES)) return { sequence, serial: -1 };
  const serial = readIdentity(echo, ICMP_HEADER_BYTES, nonce);
  return serial >= 0 && (serial & 0xffff) === sequence ? { sequence, serial } : undefined;
}

const PROTOCOL_ICMP = 1;
const NEXT_HEADER_ICMPV6 = 58;
const IPV6_HEADER_BYTES = 40;

function afterIpv4Header(bytes: Uint8Array, at: number): number {
  if (bytes.length - at < 20) return -1;
  const first = bytes[at] as number;
  const headerBytes = (first & 15) * 4;
  return first >> 4 === 4 && headerBytes >= 20 && bytes.length - at >= headerBytes ? at + headerBytes : -1;
}

function afterQuotedIpv4(quote: Uint8Array): number {
  const at = afterIpv4Header(quote, 0);
  if (at < 0 || quote[9] !== PROTOCOL_ICMP) return -1;
  const isFirstFragment = ((quote[6] as number) & 0x1f) === 0 && quote[7] === 0;
  return isFirstFragment ? at : -1;
}

function afterQuotedIpv6(quote: Uint8Array): number {
  const fits = quote.length >= IPV6_HEADER_BYTES && (quote[0] as number) >> 4 === 6;
  return fits && quote[6] === NEXT_HEADER_ICMPV6 ? IPV6_HEADER_BYTES : -1;
}
