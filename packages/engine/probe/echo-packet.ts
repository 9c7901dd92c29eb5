/**
 * The echo requests that Maille sends. ICMP's own identifier and sequence are 16 bits each and shared by
 * everybody on the machine, so who a packet belongs to stands in its payload:
 *   0 u32[2] nonce of this session · 8 u32 serial of the probe · 12 u32 target slot · 16 u32 generation
 *   of the slot · 20 u32 seconds · 24 u32 nanoseconds of the send (for readers of captures)
 * little-endian. The ICMP sequence is the low half of the serial: a router that quotes only eight bytes
 * of the request still says which one it was.
 */
import type { EchoPort } from '@maille/base/echo-port';
import { internetChecksum } from './internet-checksum.ts';

export const ICMP_HEADER_BYTES = 8;
export const ECHO_BYTES = ICMP_HEADER_BYTES + 28;

export const ICMP4_ECHO_REPLY = 0;
export const ICMP4_UNREACHABLE = 3;
export const ICMP4_ECHO_REQUEST = 8;
export const ICMP4_TIME_EXCEEDED = 11;
export const ICMP6_UNREACHABLE = 1;
export const ICMP6_TIME_EXCEEDED = 3;
export const ICMP6_ECHO_REQUEST = 128;
export const ICMP6_ECHO_REPLY = 129;

/** Two random words that nobody off the path can guess. */
export type SessionNonce = readonly [number, number];

export type WriteEcho = (
  index: number,
  serial: number,
  slot: number,
  generation: number,
  seconds: number,
  nanoseconds: number,
) => void;

/** Fills what never changes into every slot of the port's outgoing arena, once. */
export function createEchoWriter(
  port: Pick<EchoPort, 'family' | 'ident' | 'needsChecksum' | 'outgoing'>,
  nonce: SessionNonce,
): WriteEcho {
  const { bytes, slotBytes, capacity, lengths } = port.outgoing;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < capacity; i++) {
    const at = i * slotBytes;
    bytes.fill(0, at, at + ECHO_BYTES);
    bytes[at] = port.family === 4 ? ICMP4_ECHO_REQUEST : ICMP6_ECHO_REQUEST;
    view.setUint16(at + 4, port.ident);
    view.setUint32(at + 8, nonce[0], true);
    view.setUint32(at + 12, nonce[1], true);
    lengths[i] = ECHO_BYTES;
  }
  return (index, serial, slot, generation, seconds, nanoseconds) => {
    const at = index * slotBytes;
    view.setUint16(at + 2, 0);
    view.setUint16(at + 6, serial & 0xffff);
    view.setUint32(at + 16, serial, true);
    view.setUint32(at + 20, slot, true);
    view.setUint32(at + 24, generation, true);
    view.setUint32(at + 28, seconds, true);
    view.setUint32(at + 32, nanoseconds, true);
    if (port.needsChecksum) view.setUint16(at + 2, internetChecksum(bytes, at, at + ECHO_BYTES), true);
  };
}

/** What identifies one probe in a packet; one object, filled again for every packet. */
export interface EchoIdentity {
  serial: number;
  slot: number;
  generation: number;
}

/** Reads the identity of an ICMP echo at `at`; false unless ident and nonce are this session's. */
export function readEchoIdentity(
  view: DataView,
  at: number,
  end: number,
  ident: number,
  nonce: SessionNonce,
  into: EchoIdentity,
): boolean {
  if (end - at < ECHO_BYTES) return false;
  if (view.getUint32(at + 8, true) !== nonce[0] || view.getUint32(at + 12, true) !== nonce[1]) return false;
  if (view.getUint16(at + 4) !== ident) return false;
  into.serial = view.getUint32(at + 16, true);
  into.slot = view.getUint32(at + 20, true);
  into.generation = view.getUint32(at + 24, true);
  return view.getUint16(at + 6) === (into.serial & 0xffff);
}
