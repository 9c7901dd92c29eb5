/** `struct sockaddr_in` and `sockaddr_in6` in arenas, and the socket options that the families name differently. */
import type { IpAddress } from '@maille/base/ip-address';
import { ifNametoindex } from '../syscalls/libc.ts';
import { AF_INET, AF_INET6, type PacketSocket } from '../syscalls/packet-socket.ts';

const SOL_IP = 0;
const SOL_IPV6 = 41;
const IP_TTL = 2;
const IP_RECVERR = 11;
const IPV6_UNICAST_HOPS = 16;
const IPV6_RECVERR = 25;
const IPV6_V6ONLY = 26;
const IPV6_AUTOFLOWLABEL = 70;

export const nameBytesOf = (family: 4 | 6) => (family === 4 ? 16 : 28);
export const domainOf = (family: 4 | 6) => (family === 4 ? AF_INET : AF_INET6);

/** The errno where the address names an interface that is not there, else 0. */
export function writeSocketAddress(bytes: Uint8Array, at: number, to: IpAddress, port: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, nameBytesOf(to.family));
  view.setUint16(0, domainOf(to.family), true);
  view.setUint16(2, port);
  if (to.family === 4) {
    bytes.set(to.bytes, at + 4);
    return 0;
  }
  bytes.fill(0, at + 4, at + 28);
  bytes.set(to.bytes, at + 8);
  if (to.zone === undefined) return 0;
  const index = /^\d+$/.test(to.zone) ? Number(to.zone) : ifNametoindex(to.zone);
  view.setUint32(24, index, true);
  return index === 0 ? ENODEV : 0;
}
const ENODEV = 19;

export function readSocketAddress(bytes: Uint8Array, at: number, family: 4 | 6): Uint8Array {
  return family === 4 ? bytes.slice(at + 4, at + 8) : bytes.slice(at + 8, at + 24);
}

export function setTtl(socket: PacketSocket, family: 4 | 6, ttl: number): void {
  if (family === 4) socket.setOption(SOL_IP, IP_TTL, ttl);
  else socket.setOption(SOL_IPV6, IPV6_UNICAST_HOPS, ttl);
}

/** The kernel joins ICMP errors to the socket that asked, and keeps them for it with who sent them. */
export function wantErrors(socket: PacketSocket, family: 4 | 6): void {
  if (family === 4) socket.setOption(SOL_IP, IP_RECVERR, 1);
  else socket.setOption(SOL_IPV6, IPV6_RECVERR, 1);
}

/**
 * Without the flow label that the kernel draws anew for each IPv6 socket: routers spread load by it, and each
 * round would go another way.
 */
export function holdFlowLabel(socket: PacketSocket, family: 4 | 6): void {
  if (family === 6) socket.setOption(SOL_IPV6, IPV6_AUTOFLOWLABEL, 0);
}

/** So that both families can have the same port. */
export function keepToFamily(socket: PacketSocket, family: 4 | 6): void {
  if (family === 6) socket.setOption(SOL_IPV6, IPV6_V6ONLY, 1);
}
