/**
 * Reads what came back: an echo reply, or an ICMP error that quotes the request it is about. The bytes
 * come from strangers; whatever does not fit is `ANSWER_FOREIGN`, and no read goes past `end`.
 */
import { OUTCOME_TTL_EXCEEDED, OUTCOME_UNREACHABLE } from '@maille/wire/link/samples';
import {
  ECHO_BYTES,
  type EchoIdentity,
  ICMP_HEADER_BYTES,
  ICMP4_ECHO_REPLY,
  ICMP4_ECHO_REQUEST,
  ICMP4_TIME_EXCEEDED,
  ICMP4_UNREACHABLE,
  ICMP6_ECHO_REPLY,
  ICMP6_ECHO_REQUEST,
  ICMP6_TIME_EXCEEDED,
  ICMP6_UNREACHABLE,
  readEchoIdentity,
  type SessionNonce,
} from './echo-packet.ts';
import { internetChecksum } from './internet-checksum.ts';

export const ANSWER_FOREIGN = 0;
export const ANSWER_REPLY = 1;
/** Refused on the way; `outcome` and `code` say how, the identity says which probe. */
export const ANSWER_REFUSED = 2;
/** Refused likewise, but the quote ends after the ICMP header: only `sequence` says which probe. */
export const ANSWER_REFUSED_SHORT = 3;

export interface FoundAnswer extends EchoIdentity {
  outcome: number;
  code: number;
  sequence: number;
  /** Where the quoted request went, as four words in memory order. */
  destination: Uint32Array;
}

export function createFoundAnswer(): FoundAnswer {
  return {
    serial: 0,
    slot: 0,
    generation: 0,
    outcome: 0,
    code: 0,
    sequence: 0,
    destination: new Uint32Array(4),
  };
}

export interface AnswerReader {
  family: 4 | 6;
  ident: number;
  nonce: SessionNonce;
  hasIpHeader: boolean;
  /** IPv4 raw sockets see packets before the kernel has checked their ICMP checksum. */
  verifyChecksum: boolean;
}

/** `complete` is false where the arena's slot was too short for the packet. */
export function readAnswer(
  reader: AnswerReader,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  end: number,
  complete: boolean,
  found: FoundAnswer,
): number {
  let at = from;
  if (reader.hasIpHeader) {
    at = afterIpv4Header(view, from, end);
    if (at < 0) return ANSWER_FOREIGN;
  }
  if (end - at < ICMP_HEADER_BYTES) return ANSWER_FOREIGN;
  if (reader.verifyChecksum && complete && internetChecksum(bytes, at, end) !== 0) return ANSWER_FOREIGN;
  const type = view.getUint8(at);
  const code = view.getUint8(at + 1);
  if (type === (reader.family === 4 ? ICMP4_ECHO_REPLY : ICMP6_ECHO_REPLY)) {
    const ours = code === 0 && readEchoIdentity(view, at, end, reader.ident, reader.nonce, found);
    return ours ? ANSWER_REPLY : ANSWER_FOREIGN;
  }
  const outcome = outcomeOfIcmp(reader.family, type);
  if (outcome < 0) return ANSWER_FOREIGN;
  const quoteAt = at + ICMP_HEADER_BYTES;
  const requestAt = afterQuotedIpHeader(reader.family, view, quoteAt, end, found.destination);
  if (requestAt < 0) return ANSWER_FOREIGN;
  return readQuotedRequest(reader, view, requestAt, end, outcome, code, found);
}

/** A request quoted by an error, from its ICMP header on. */
export function readQuotedRequest(
  reader: AnswerReader,
  view: DataView,
  at: number,
  end: number,
  outcome: number,
  code: number,
  found: FoundAnswer,
): number {
  if (end - at < ICMP_HEADER_BYTES) return ANSWER_FOREIGN;
  const requestType = reader.family === 4 ? ICMP4_ECHO_REQUEST : ICMP6_ECHO_REQUEST;
  if (view.getUint8(at) !== requestType || view.getUint16(at + 4) !== reader.ident) return ANSWER_FOREIGN;
  found.outcome = outcome;
  found.code = code;
  found.sequence = view.getUint16(at + 6);
  if (end - at < ECHO_BYTES) return ANSWER_REFUSED_SHORT;
  return readEchoIdentity(view, at, end, reader.ident, reader.nonce, found) ? ANSWER_REFUSED : ANSWER_FOREIGN;
}

/** The outcome that an ICMP error type means for a probe; -1 for types that say nothing about one. */
export function outcomeOfIcmp(family: 4 | 6, type: number): number {
  if (type === (family === 4 ? ICMP4_UNREACHABLE : ICMP6_UNREACHABLE)) return OUTCOME_UNREACHABLE;
  if (type === (family === 4 ? ICMP4_TIME_EXCEEDED : ICMP6_TIME_EXCEEDED)) return OUTCOME_TTL_EXCEEDED;
  return -1;
}

function afterIpv4Header(view: DataView, at: number, end: number): number {
  if (end - at < 20) return -1;
  const first = view.getUint8(at);
  const headerBytes = (first & 15) * 4;
  if (first >> 4 !== 4 || headerBytes < 20 || end - at < headerBytes) return -1;
  return at + headerBytes;
}

const IPV6_HEADER_BYTES = 40;
const PROTOCOL_ICMP = 1;
const NEXT_HEADER_ICMPV6 = 58;

/** Where the quoted request's ICMP header starts; -1 where the quote is no first fragment of an echo. */
function afterQuotedIpHeader(
  family: 4 | 6,
  view: DataView,
  at: number,
  end: number,
  destination: Uint32Array,
): number {
  if (family === 4) {
    const after = afterIpv4Header(view, at, end);
    if (after < 0 || view.getUint8(at + 9) !== PROTOCOL_ICMP) return -1;
    if ((view.getUint16(at + 6) & 0x1fff) !== 0) return -1; // a later fragment
    destination[0] = view.getUint32(at + 16, true);
    destination[1] = destination[2] = destination[3] = 0;
    return after;
  }
  if (end - at < IPV6_HEADER_BYTES || view.getUint8(at) >> 4 !== 6) return -1;
  if (view.getUint8(at + 6) !== NEXT_HEADER_ICMPV6) return -1; // we send no extension headers
  for (let word = 0; word < 4; word++) destination[word] = view.getUint32(at + 24 + 4 * word, true);
  return at + IPV6_HEADER_BYTES;
}
