/**
 * A ConnectPort over one socket a connection. The round trip is the kernel's own (TCP_INFO): it takes the
 * time of the SYN and of its answer itself, so nothing depends on when this process looks. What ICMP says
 * comes by the error queue; the errno alone would take a port that a firewall rejects for one that refuses.
 */
import {
  type ConnectPort,
  NEWS_CONNECTED,
  NEWS_ENDED,
  NEWS_FAILED,
  NEWS_REFUSED,
  NEWS_RESET,
  NEWS_UNREACHABLE,
} from '@maille/base/connect-port';
import { ifNametoindex } from '../syscalls/libc.ts';
import { realTimeNs } from '../syscalls/real-time.ts';
import { EPOLLERR, EPOLLHUP, EPOLLRDHUP, openEpoll } from './epoll.ts';
import type { RefusalStamps } from './refusal-stamps.ts';
import { createStreamSocketCalls } from './stream-socket.ts';

export interface ConnectSockets extends ConnectPort {
  /** Breaks off every connection, and ends. */
  stop(): void;
}

export interface ConnectSocketsOptions {
  capacity: number;
  epochMs: number;
  /** Undefined where this process may not have it. */
  refusals: RefusalStamps | undefined;
}

const ENODEV = 19;
const EMFILE = 24;
const EPIPE = 32;
const ENETUNREACH = 101;
const ECONNABORTED = 103;
const ECONNRESET = 104;
const ECONNREFUSED = 111;
const EHOSTUNREACH = 113;
const NEWS_AT_ONCE = 512;

/** How ICMP would say it, where the kernel says it by errno alone: of either family type, no route, no host. */
const unreachableOf = { 4: { type: 3, network: 0, host: 1 }, 6: { type: 1, network: 0, host: 3 } } as const;

export function createConnectSockets({ capacity, epochMs, refusals }: ConnectSocketsOptions): ConnectSockets {
  const epochSeconds = Math.floor(epochMs / 1_000);
  const epoll = openEpoll(NEWS_AT_ONCE);
  const calls = createStreamSocketCalls();
  const fds = new Int32Array(capacity).fill(-1);
  const families = new Uint8Array(capacity);
  const ports = new Uint16Array(capacity);
  const addresses = new Uint32Array(4 * capacity);
  const free = Uint32Array.from({ length: capacity }, (_, i) => capacity - 1 - i);
  let freeCount = capacity;
  const news = {
    capacity: NEWS_AT_ONCE,
    handles: new Uint32Array(NEWS_AT_ONCE),
    kinds: new Uint8Array(NEWS_AT_ONCE),
    rttsNs: new Float64Array(NEWS_AT_ONCE),
    resent: new Uint8Array(NEWS_AT_ONCE),
    stampsNs: new Float64Array(NEWS_AT_ONCE),
    icmpTypes: new Uint8Array(NEWS_AT_ONCE),
    codes: new Uint8Array(NEWS_AT_ONCE),
  };

  const takeInfo = (i: number, fd: number) => {
    calls.readInfo(fd);
    news.rttsNs[i] = calls.rttNs;
    news.resent[i] = Math.min(255, calls.retransmissions);
  };

  const setUnreachable = (i: number, type: number, code: number) => {
    news.kinds[i] = NEWS_UNREACHABLE;
    news.icmpTypes[i] = type;
    news.codes[i] = code;
  };

  const takeFailure = (i: number, handle: number, fd: number, flags: number) => {
    if (calls.readIcmp(fd)) return setUnreachable(i, calls.icmpType, calls.icmpCode);
    const errno = calls.takeError(fd);
    if (errno === 0 && (flags & EPOLLHUP) === 0) return takeAcceptance(i, fd, flags);
    takeInfo(i, fd); // where there is a round trip there was a connection
    const refused = errno === ECONNREFUSED || (errno === ECONNRESET && calls.rttNs === 0);
    if (refused) {
      news.kinds[i] = NEWS_REFUSED;
      news.stampsNs[i] =
        refusals?.stampNs(calls.localPort(fd), addresses, 4 * handle, ports[handle] as number) ?? Number.NaN;
    } else if (errno === ECONNRESET || errno === EPIPE) {
      news.kinds[i] = NEWS_RESET;
    } else if (errno === EHOSTUNREACH || errno === ENETUNREACH) {
      const { type, network, host } = unreachableOf[families[handle] as 4 | 6];
      setUnreachable(i, type, errno === EHOSTUNREACH ? host : network);
    } else {
      news.kinds[i] = NEWS_FAILED;
      news.codes[i] = errno || ECONNABORTED;
    }
  };

  const takeAcceptance = (i: number, fd: number, flags: number) => {
    takeInfo(i, fd);
    news.kinds[i] = (flags & EPOLLRDHUP) === 0 ? NEWS_CONNECTED : NEWS_ENDED;
  };

  const close = (handle: number) => {
    calls.close(fds[handle] as number);
    fds[handle] = -1;
    free[freeCount++] = handle;
  };

  const sockets = {
    capacity,
    stampsRefusals: refusals !== undefined,
    openedNs: 0,
    open(family: number, address: Uint32Array, at: number, zone: number, port: number) {
      refusals?.listen();
      sockets.openedNs = realTimeNs(epochSeconds); // where it goes no further, the time is known all the same
      if (zone < 0) return -ENODEV;
      if (freeCount === 0) return -EMFILE;
      const fd = calls.open(family);
      if (fd < 0) return fd;
      const handle = free[--freeCount] as number;
      fds[handle] = fd;
      families[handle] = family;
      ports[handle] = port;
      for (let word = 0; word < 4; word++) addresses[4 * handle + word] = address[at + word] as number;
      sockets.openedNs = realTimeNs(epochSeconds);
      const errno = calls.connect(fd, family, address, at, zone, port) || epoll.add(fd, handle);
      if (errno === 0) return handle;
      close(handle);
      return -errno;
    },
    news,
    receive() {
      const taken = epoll.take();
      refusals?.read(); // after it: whatever was refused by now has its stamp
      for (let i = 0; i < taken; i++) {
        const handle = epoll.tagAt(i);
        const flags = epoll.flagsAt(i);
        const fd = fds[handle] as number;
        news.handles[i] = handle;
        if ((flags & (EPOLLERR | EPOLLHUP)) !== 0) takeFailure(i, handle, fd, flags);
        else takeAcceptance(i, fd, flags);
      }
      return taken;
    },
    close,
    zoneIndex: (zone: string) => (/^\d+$/.test(zone) ? Number(zone) : ifNametoindex(zone)),
    stop() {
      for (let handle = 0; handle < capacity; handle++) if (fds[handle] !== -1) close(handle);
      epoll.close();
      refusals?.close();
    },
  };
  return sockets;
}
