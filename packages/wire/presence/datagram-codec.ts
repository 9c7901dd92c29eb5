/**
 * Writes and reads presence datagrams. Reading goes in three steps, each dearer than the one before, so
 * that a receiver can refuse between them: `peekDatagram` looks at the fixed head only, `parseDatagram`
 * reads the JSON and checks its schema, and the signature over `signedBytes` is checked last, by the caller.
 */
import { fromBase64Url, toBase64Url } from '@maille/base/bytes';
import { type Checker, checker } from '../schema.ts';
import {
  type Datagram,
  type DatagramType,
  datagramSchemas,
  MAX_DATAGRAM_BYTES,
  MIN_DATAGRAM_BYTES,
  SIGNATURE_CONTEXT,
} from './datagram.ts';

const HEAD = '{"maille":1,"signature":"';
const BETWEEN = '","signed":';
const SIGNATURE_CHARACTERS = 86;
const SIGNED_AT = HEAD.length + SIGNATURE_CHARACTERS + BETWEEN.length;
/** Head, ids and the longest sequence number: what `peekDatagram` looks at. */
const PEEK_BYTES = SIGNED_AT + 132;

const fixed = new RegExp(
  `^\\{"maille":1,"signature":"([A-Za-z0-9_-]{${SIGNATURE_CHARACTERS}})","signed":` +
    '\\{"from":"([0-9a-f]{32})","boot":"([0-9a-f]{16})","token":"([0-9a-f]{16})","sequence":([1-9][0-9]{0,15}),"type":"',
);

const encoder = new TextEncoder();
const context = encoder.encode(SIGNATURE_CONTEXT);
const asciiDecoder = new TextDecoder('latin1');
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const checkers = new Map<string, Checker<unknown>>(
  Object.entries(datagramSchemas).map(([type, schema]) => [type, checker(schema)]),
);

/** The head of a datagram: nothing of it is proven yet. */
export interface DatagramHead {
  signature: string;
  from: string;
  boot: string;
  token: string;
  sequence: number;
}

/** Undefined when the bytes cannot be a datagram of this version. */
export function peekDatagram(bytes: Uint8Array): DatagramHead | undefined {
  if (bytes.length < MIN_DATAGRAM_BYTES || bytes.length > MAX_DATAGRAM_BYTES) return undefined;
  if (bytes[0] !== 0x7b || bytes[bytes.length - 1] !== 0x7d) return undefined;
  const match = fixed.exec(asciiDecoder.decode(bytes.subarray(0, PEEK_BYTES)));
  if (!match) return undefined;
  const sequence = Number(match[5]);
  if (!Number.isSafeInteger(sequence)) return undefined;
  return {
    signature: match[1] as string,
    from: match[2] as string,
    boot: match[3] as string,
    token: match[4] as string,
    sequence,
  };
}

/** The checked content; undefined when it is no JSON, does not fit, or says another thing than its head. */
export function parseDatagram(bytes: Uint8Array, head: DatagramHead): Datagram | undefined {
  let signed: unknown;
  try {
    // Only the signed range is parsed: whatever stands beside it could not be trusted.
    signed = JSON.parse(strictDecoder.decode(bytes.subarray(SIGNED_AT, bytes.length - 1)));
  } catch {
    return undefined;
  }
  if (typeof signed !== 'object' || signed === null) return undefined;
  const datagram = signed as Datagram;
  if (!checkers.get(datagram.type as DatagramType)?.fits(datagram)) return undefined;
  // JSON keeps the last of two members of one name: the head must not say one thing and the rest another.
  const same =
    datagram.from === head.from &&
    datagram.boot === head.boot &&
    datagram.token === head.token &&
    datagram.sequence === head.sequence;
  return same ? datagram : undefined;
}

/** The exact bytes that the signature covers: the context, then the `signed` object as it stands. */
export function signedBytes(bytes: Uint8Array): Uint8Array {
  const signed = bytes.subarray(SIGNED_AT, bytes.length - 1);
  const message = new Uint8Array(context.length + signed.length);
  message.set(context);
  message.set(signed, context.length);
  return message;
}

export function signatureBytes(head: DatagramHead): Uint8Array {
  return fromBase64Url(head.signature) as Uint8Array; // 86 characters of the alphabet: always 64 bytes
}

/** Signs and writes a datagram, padded to `minBytes`. Members go out in the order that the head needs. */
export function encodeDatagram(
  datagram: Datagram,
  sign: (message: Uint8Array) => Uint8Array,
  minBytes = 0,
): Uint8Array {
  const { from, boot, token, sequence, type, pad: _, ...rest } = datagram;
  let signed = JSON.stringify({ from, boot, token, sequence, type, ...rest });
  const withoutPad = SIGNED_AT + encoder.encode(signed).length + 1;
  const padBytes = minBytes - withoutPad - ',"pad":""'.length;
  if (padBytes >= 0) signed = `${signed.slice(0, -1)},"pad":"${'-'.repeat(padBytes)}"}`;
  const signature = toBase64Url(sign(encoder.encode(SIGNATURE_CONTEXT + signed)));
  return encoder.encode(`${HEAD}${signature}${BETWEEN}${signed}}`);
}
