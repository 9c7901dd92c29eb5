/**
 * Traces by connecting: the kernel sends the SYN with the TTL asked for and joins the errors to the socket.
 * Needs no right at all. A socket serves one probe, and two sockets cannot have the same ports and target:
 * so a flow asks one distance at a time. A connection that stands is torn down by a reset.
 */

import { formatIpAddress } from '@maille/base/ip-address';
import type { TraceNews, TraceProbe } from '@maille/base/trace-port';
import { connect, getsockopt, lastErrno } from '../syscalls/libc.ts';
import { openPacketSocket, type PacketSocket, SOCK_STREAM, SOL_SOCKET } from '../syscalls/packet-socket.ts';
import { realTimeNs } from '../syscalls/real-time.ts';
import type { RefusalStamps } from '../tcp/refusal-stamps.ts';
import { createErrorQueue } from './error-queue.ts';
import type { ClosablePort } from './icmp-trace-port.ts';
import {
  domainOf,
  holdFlowLabel,
  keepToFamily,
  nameBytesOf,
  setTtl,
  wantErrors,
  writeSocketAddress,
} from './socket-address.ts';
import { FIRST_SOURCE_PORT } from './udp-trace-port.ts';

const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const SO_LINGER = 13;
const SO_TIMESTAMPING = 37;
const STAMP_RECEIVED = (1 << 3) | (1 << 4);
const IPPROTO_TCP = 6;
const TCP_INFO = 11;
const TCP_INFO_BYTES = 104;
const TCP_INFO_RTT_AT = 68;
const STATE_ESTABLISHED = 1;
const STATE_SYN_SENT = 2;
const STATE_CLOSE_WAIT = 8;
const EINPROGRESS = 115;
const ECONNREFUSED = 111;
const MAX_FLOWS = 8;
/** `struct linger`: on, zero seconds. */
const LINGER_RESET = new Int32Array(new ArrayBuffer(8)).fill(1, 0, 1);

interface Attempt {
  socket: PacketSocket;
  probe: TraceProbe;
  key: string;
  sentNs: number;
}

/** Throws a Problem when the kernel has no such family. */
export function openTcpTracePort(
  family: 4 | 6,
  epochMs: number,
  refusals: Pick<RefusalStamps, 'listen' | 'read' | 'stampNs'> | undefined,
): ClosablePort {
  openPacketSocket(domainOf(family), SOCK_STREAM, 0).close();
  refusals?.listen();
  const epochSeconds = Math.floor(epochMs / 1_000);
  const attempts = new Map<number, Attempt>();
  const serials = new Map<string, number>();
  const errors = createErrorQueue(family, epochSeconds);
  const name = new Uint8Array(new ArrayBuffer(32));
  const info = new DataView(new ArrayBuffer(TCP_INFO_BYTES));
  const word = new Int32Array(new ArrayBuffer(4));
  const length = new Int32Array(new ArrayBuffer(4));
  const target = new Uint32Array(4);

  const forget = (serial: number) => {
    const attempt = attempts.get(serial);
    if (!attempt) return;
    attempts.delete(serial);
    if (serials.get(attempt.key) === serial) serials.delete(attempt.key);
    attempt.socket.close();
  };
  const stateOf = (fd: number) => {
    length[0] = TCP_INFO_BYTES;
    getsockopt(fd, IPPROTO_TCP, TCP_INFO, info.buffer as ArrayBuffer, length);
    return info.getUint8(0);
  };
  const errorOf = (fd: number) => {
    length[0] = 4;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, word, length);
    return word[0] as number;
  };
  /** By the kernel's stamp where there are rights to see it, else by when it is read. */
  const refusedAfterNs = ({ probe, sentNs }: Attempt) => {
    refusals?.read();
    target.fill(0);
    new Uint8Array(target.buffer).set(probe.to.bytes);
    const stampNs = refusals?.stampNs(FIRST_SOURCE_PORT + probe.flow, target, 0, probe.port) ?? Number.NaN;
    return stampNs >= sentNs ? stampNs - sentNs : realTimeNs(epochSeconds) - sentNs;
  };
  const look = (serial: number, attempt: Attempt, news: TraceNews) => {
    const { fd } = attempt.socket;
    let told = false;
    // First: an error that comes while connect still holds the socket leaves its state as it is.
    errors.read(fd, {
      error({ from, to: _, ...report }) {
        if (!from || told) return;
        told = true;
        news.error({ ...report, from, to: undefined, flow: 0, serial });
      },
    });
    if (told) return forget(serial);
    const state = stateOf(fd);
    if (state === STATE_SYN_SENT) return;
    const rttNs = info.getUint32(TCP_INFO_RTT_AT, true) * 1_000;
    if (state === STATE_ESTABLISHED || state === STATE_CLOSE_WAIT) news.answered(serial, rttNs);
    else if (errorOf(fd) === ECONNREFUSED) news.answered(serial, refusedAfterNs(attempt));
    forget(serial);
  };

  return {
    method: 'tcp',
    family,
    flows: MAX_FLOWS,
    maxUnderWay: 1,
    ident: 0,
    messagesHaveIpHeader: false,
    send(probe) {
      const key = `${probe.flow} ${probe.port} ${formatIpAddress(probe.to)}`;
      const before = serials.get(key);
      if (before !== undefined) forget(before); // asked again: its socket holds the ports
      const errno = writeSocketAddress(name, 0, probe.to, probe.port);
      if (errno !== 0) return errno;
      let socket: PacketSocket | undefined;
      try {
        socket = openAttempt(family, probe);
        const sentNs = realTimeNs(epochSeconds);
        const refused = connect(socket.fd, name, nameBytesOf(family)) === 0 ? 0 : lastErrno();
        if (refused !== 0 && refused !== EINPROGRESS) {
          socket.close();
          return refused;
        }
        attempts.set(probe.serial, { socket, probe, key, sentNs });
        serials.set(key, probe.serial);
        return 0;
      } catch (error) {
        socket?.close();
        return errnoOf(error);
      }
    },
    receive(news) {
      for (const [serial, attempt] of attempts) look(serial, attempt, news);
    },
    forget,
    rest() {},
    nowNs: () => realTimeNs(epochSeconds),
    close() {
      for (const serial of [...attempts.keys()]) forget(serial);
    },
  };
}

function openAttempt(family: 4 | 6, { flow, ttl }: TraceProbe): PacketSocket {
  const socket = openPacketSocket(domainOf(family), SOCK_STREAM, 0);
  try {
    socket.setOption(SOL_SOCKET, SO_REUSEADDR, 1);
    socket.setOptionBytes(SOL_SOCKET, SO_LINGER, LINGER_RESET);
    socket.setOption(SOL_SOCKET, SO_TIMESTAMPING, STAMP_RECEIVED);
    wantErrors(socket, family);
    holdFlowLabel(socket, family);
    keepToFamily(socket, family);
    setTtl(socket, family, ttl);
    socket.bindAny(domainOf(family), FIRST_SOURCE_PORT + flow);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

const ENOBUFS = 105;
const errnoOf = (error: unknown): number =>
  ((error as { cause?: { errno?: number } }).cause?.errno as number | undefined) ?? ENOBUFS;
