/**
 * Traces by echo requests: through a raw socket where this process may have one, else through an ICMP
 * datagram socket (net.ipv4.ping_group_range), whose errors come by the error queue.
 */
import type { TracePort } from '@maille/base/trace-port';
import { createControlReader } from '../icmp/control-data.ts';
import { filterTypes } from '../icmp/echo-socket.ts';
import { keepOwnAnswers } from '../icmp/ident-filter.ts';
import { createMessageBatch, NAME_BYTES } from '../syscalls/message-batch.ts';
import {
  openPacketSocket,
  type PacketSocket,
  SOCK_DGRAM,
  SOCK_RAW,
  SOL_SOCKET,
} from '../syscalls/packet-socket.ts';
import { realTimeNs } from '../syscalls/real-time.ts';
import { createErrorQueue } from './error-queue.ts';
import {
  domainOf,
  holdFlowLabel,
  nameBytesOf,
  readSocketAddress,
  setTtl,
  wantErrors,
  writeSocketAddress,
} from './socket-address.ts';

export interface ClosablePort extends TracePort {
  close(): void;
}

const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;
const SO_TIMESTAMPING = 37;
export const STAMP_BOTH_WAYS = (1 << 1) | (1 << 3) | (1 << 4);
/** The same in every life of the sensor: a router may choose the way by it. */
const RAW_IDENT = 0x4d54;
const MAX_FLOWS = 8;
const BATCH = 32;
const SLOT_BYTES = 256;
const CONTROL_BYTES = 64;
const MAX_ROUNDS = 16;
const BUFFER_BYTES = 1024 * 1024;
/** A datagram socket's send may report another packet's refusal: that was not this send's fault. */
const ATTEMPTS = 4;

/** Throws a Problem when this process may not, or the kernel has no such family. */
export function openIcmpTracePort(family: 4 | 6, mode: 'raw' | 'datagram', epochMs: number): ClosablePort {
  const protocol = family === 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
  const socket = openPacketSocket(domainOf(family), mode === 'raw' ? SOCK_RAW : SOCK_DGRAM, protocol);
  try {
    return configure(socket, family, mode, Math.floor(epochMs / 1_000));
  } catch (error) {
    socket.close();
    throw error;
  }
}

function configure(
  socket: PacketSocket,
  family: 4 | 6,
  mode: 'raw' | 'datagram',
  epochSeconds: number,
): ClosablePort {
  socket.setBuffers(BUFFER_BYTES, BUFFER_BYTES);
  socket.setOption(SOL_SOCKET, SO_TIMESTAMPING, STAMP_BOTH_WAYS);
  let ident = RAW_IDENT;
  if (mode === 'raw') {
    filterTypes(socket, family, false);
    keepOwnAnswers(socket, family, ident);
  } else {
    ident = bindOwn(socket, family);
    wantErrors(socket, family);
  }
  holdFlowLabel(socket, family);

  const outgoing = createMessageBatch(1, 64, 0);
  const outgoingNames = new Uint8Array(outgoing.names.buffer);
  const incoming = createMessageBatch(BATCH, SLOT_BYTES, CONTROL_BYTES);
  const incomingNames = new Uint8Array(incoming.names.buffer);
  const control = createControlReader(epochSeconds);
  const errors = createErrorQueue(family, epochSeconds);
  let deaf = true;

  return {
    method: 'icmp',
    family,
    flows: MAX_FLOWS,
    maxUnderWay: Number.POSITIVE_INFINITY,
    ident,
    messagesHaveIpHeader: mode === 'raw' && family === 4,
    send({ ttl, to, bytes }) {
      if (deaf && mode === 'raw') filterTypes(socket, family, true);
      deaf = false;
      const errno = writeSocketAddress(outgoingNames, 0, to, 0);
      if (errno !== 0) return errno;
      setTtl(socket, family, ttl);
      outgoing.bytes.set(bytes);
      outgoing.lengths[0] = bytes.length;
      return sendOne(
        () => outgoing.send(socket.fd, 0, 1, nameBytesOf(family)),
        mode === 'raw' ? 1 : ATTEMPTS,
      );
    },
    receive(news) {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const count = incoming.receive(socket.fd, 0);
        // Before the answers are looked at, so that the send of each of them is known.
        errors.read(socket.fd, {
          sent: news.sent,
          error: (report) => news.error({ ...report, flow: 0 }),
        });
        for (let i = 0; i < count; i++) {
          control.read(incoming, i);
          const at = i * SLOT_BYTES;
          const from = readSocketAddress(incomingNames, i * NAME_BYTES, family);
          news.message(
            incoming.bytes.subarray(at, at + (incoming.lengths[i] as number)),
            from,
            control.stampNs,
          );
        }
        if (count < BATCH) return;
      }
    },
    forget() {},
    rest() {
      if (mode === 'raw') filterTypes(socket, family, false);
      deaf = true;
    },
    nowNs: () => realTimeNs(epochSeconds),
    close: socket.close,
  };
}

/** The errno of the last of some attempts, 0 when one of them went. */
export function sendOne(send: () => number, attempts: number): number {
  let taken = 0;
  for (let attempt = 0; attempt < attempts; attempt++) {
    taken = send();
    if (taken > 0) return 0;
  }
  return -taken;
}

/** The kernel makes the port the identifier. */
function bindOwn(socket: PacketSocket, family: 4 | 6): number {
  try {
    return socket.bindAny(domainOf(family), RAW_IDENT);
  } catch {
    return socket.bindAny(domainOf(family)); // somebody has it: any other does as well, until the next start
  }
}
