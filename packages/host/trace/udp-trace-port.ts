/**
 * Traces by datagrams to a port where nobody listens. One socket a flow, each with a source port of its
 * own that stays the same for all targets and lives; the kernel joins the errors to the socket. Needs no right
 * at all. What comes back otherwise is thrown away by the kernel: we have said nothing that has a reply.
 */
import type { TraceNews } from '@maille/base/trace-port';
import { keepNothing } from '../icmp/ident-filter.ts';
import { createMessageBatch } from '../syscalls/message-batch.ts';
import { openPacketSocket, type PacketSocket, SOCK_DGRAM, SOL_SOCKET } from '../syscalls/packet-socket.ts';
import { realTimeNs } from '../syscalls/real-time.ts';
import { createErrorQueue } from './error-queue.ts';
import { type ClosablePort, STAMP_BOTH_WAYS, sendOne } from './icmp-trace-port.ts';
import {
  domainOf,
  holdFlowLabel,
  keepToFamily,
  nameBytesOf,
  setTtl,
  wantErrors,
  writeSocketAddress,
} from './socket-address.ts';

const SO_TIMESTAMPING = 37;
const MAX_FLOWS = 8;
/** What every traceroute asks for, and firewalls that know it let through. */
const TARGET_PORT = 33_434;
/** Below the ports that the kernel gives to others; where somebody has one, the same place further up. */
export const FIRST_SOURCE_PORT = 24_480;
const SOURCE_PORT_TRIES = 16;
const BUFFER_BYTES = 256 * 1024;
const ATTEMPTS = 4;

/** Throws a Problem when the kernel has no such family. */
export function openUdpTracePort(family: 4 | 6, epochMs: number): ClosablePort {
  const epochSeconds = Math.floor(epochMs / 1_000);
  const sockets: (PacketSocket | undefined)[] = [openFlow(family, 0)];
  const busy = new Set<number>();
  const outgoing = createMessageBatch(1, 64, 0);
  const names = new Uint8Array(outgoing.names.buffer);
  const errors = createErrorQueue(family, epochSeconds);

  return {
    method: 'udp',
    family,
    flows: MAX_FLOWS,
    maxUnderWay: Number.POSITIVE_INFINITY,
    ident: 0,
    messagesHaveIpHeader: false,
    send({ flow, ttl, to, bytes }) {
      sockets[flow] ??= openFlow(family, flow);
      const socket = sockets[flow];
      busy.add(flow);
      const errno = writeSocketAddress(names, 0, to, TARGET_PORT);
      if (errno !== 0) return errno;
      setTtl(socket, family, ttl);
      outgoing.bytes.set(bytes);
      outgoing.lengths[0] = bytes.length;
      return sendOne(() => outgoing.send(socket.fd, 0, 1, nameBytesOf(family)), ATTEMPTS);
    },
    receive(news: TraceNews) {
      for (const flow of busy) {
        errors.read((sockets[flow] as PacketSocket).fd, {
          sent: news.sent,
          error: (report) => news.error({ ...report, flow }),
        });
      }
    },
    forget() {},
    rest() {
      busy.clear();
    },
    nowNs: () => realTimeNs(epochSeconds),
    close() {
      for (const socket of sockets) socket?.close();
    },
  };
}

function openFlow(family: 4 | 6, flow: number): PacketSocket {
  const socket = openPacketSocket(domainOf(family), SOCK_DGRAM, 0);
  try {
    keepNothing(socket);
    socket.setBuffers(BUFFER_BYTES, BUFFER_BYTES);
    socket.setOption(SOL_SOCKET, SO_TIMESTAMPING, STAMP_BOTH_WAYS);
    wantErrors(socket, family);
    holdFlowLabel(socket, family);
    keepToFamily(socket, family);
    bindSource(socket, family, flow);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function bindSource(socket: PacketSocket, family: 4 | 6, flow: number): void {
  for (let attempt = 0; attempt < SOURCE_PORT_TRIES; attempt++) {
    try {
      socket.bindAny(domainOf(family), FIRST_SOURCE_PORT + attempt * MAX_FLOWS + flow);
      return;
    } catch {
      // Another agent on this machine, perhaps: further up.
    }
  }
  socket.bindAny(domainOf(family));
}
