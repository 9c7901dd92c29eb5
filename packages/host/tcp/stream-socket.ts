/** The calls on one TCP socket that a connection probe needs. Memory for them is taken once. */
import { createControlReader } from '../icmp/control-data.ts';
import { close, connect, getsockname, getsockopt, lastErrno, setsockopt, socket } from '../syscalls/libc.ts';
import { createMessageBatch, MSG_ERRQUEUE } from '../syscalls/message-batch.ts';
import { AF_INET, AF_INET6, SOL_SOCKET } from '../syscalls/packet-socket.ts';

const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SO_ERROR = 4;
const SO_LINGER = 13;
const IPPROTO_TCP = 6;
const TCP_INFO = 11;
const SOL_IP = 0;
const SOL_IPV6 = 41;
const IP_RECVERR = 11;
const IPV6_RECVERR = 25;
const EINPROGRESS = 115;

/** `struct tcp_info` up to what is read of it; words of 4 bytes. */
const TCP_INFO_WORDS = 26;
const RTT_WORD = 17; // microseconds, smoothed: after the handshake, the handshake's own
const TOTAL_RETRANSMISSIONS_WORD = 25;

const ERROR_SLOT_BYTES = 128;
const ERROR_CONTROL_BYTES = 128;
const ERRORS = 8;

export interface StreamSocketCalls {
  /** Opens a socket that leaves nothing behind when it is closed, and hears what ICMP says; fd, or minus errno. */
  open(family: number): number;
  /** Begins a connection: 0, or errno. */
  connect(fd: number, family: number, address: Uint32Array, at: number, zone: number, port: number): number;
  /** Reads TCP_INFO; the fields below hold what it said. */
  readInfo(fd: number): void;
  readonly rttNs: number;
  readonly retransmissions: number;
  /** Reads the error queue empty; whether ICMP was in it, and in the fields below the last that was. */
  readIcmp(fd: number): boolean;
  readonly icmpType: number;
  readonly icmpCode: number;
  /** Takes the socket's pending error. */
  takeError(fd: number): number;
  localPort(fd: number): number;
  close(fd: number): void;
}

export function createStreamSocketCalls(): StreamSocketCalls {
  const lingerNothing = new Uint32Array(new ArrayBuffer(8));
  lingerNothing[0] = 1; // on, for 0 s: close sends a reset, and no TIME_WAIT holds the port
  const one = new Int32Array(new ArrayBuffer(4)).fill(1);
  const value = new Int32Array(new ArrayBuffer(4));
  const length = new Uint32Array(new ArrayBuffer(4));
  const info = new Uint32Array(new ArrayBuffer(4 * TCP_INFO_WORDS));
  const nameWords = new Uint32Array(new ArrayBuffer(28));
  const name = new DataView(nameWords.buffer);
  const errors = createMessageBatch(ERRORS, ERROR_SLOT_BYTES, ERROR_CONTROL_BYTES);
  const control = createControlReader(0);

  const calls = {
    rttNs: 0,
    retransmissions: 0,
    icmpType: 0,
    icmpCode: 0,
    open(family: number) {
      const fd = socket(family === 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (fd < 0) return -lastErrno();
      setsockopt(fd, SOL_SOCKET, SO_LINGER, lingerNothing, 8);
      if (family === 4) setsockopt(fd, SOL_IP, IP_RECVERR, one, 4);
      else setsockopt(fd, SOL_IPV6, IPV6_RECVERR, one, 4);
      return fd;
    },
    connect(fd: number, family: number, address: Uint32Array, at: number, zone: number, port: number) {
      nameWords.fill(0);
      name.setUint16(0, family === 4 ? AF_INET : AF_INET6, true);
      name.setUint16(2, port);
      if (family === 4) {
        nameWords[1] = address[at] as number;
      } else {
        for (let word = 0; word < 4; word++) nameWords[2 + word] = address[at + word] as number;
        nameWords[6] = zone;
      }
      if (connect(fd, nameWords, family === 4 ? 16 : 28) === 0) return 0;
      const errno = lastErrno();
      return errno === EINPROGRESS ? 0 : errno;
    },
    readInfo(fd: number) {
      length[0] = info.byteLength;
      const read = getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, length) === 0;
      calls.rttNs = read ? (info[RTT_WORD] as number) * 1_000 : 0;
      calls.retransmissions = read ? (info[TOTAL_RETRANSMISSIONS_WORD] as number) : 0;
    },
    readIcmp(fd: number) {
      let found = false;
      for (let count = ERRORS; count === ERRORS; ) {
        count = errors.receive(fd, MSG_ERRQUEUE);
        for (let i = 0; i < count; i++) {
          control.read(errors, i);
          if (!control.isIcmp) continue;
          found = true;
          calls.icmpType = control.icmpType;
          calls.icmpCode = control.icmpCode;
        }
      }
      return found;
    },
    takeError(fd: number) {
      length[0] = 4;
      return getsockopt(fd, SOL_SOCKET, SO_ERROR, value, length) === 0 ? (value[0] as number) : lastErrno();
    },
    localPort(fd: number) {
      length[0] = 28;
      return getsockname(fd, nameWords, length) === 0 ? name.getUint16(2) : 0;
    },
    close,
  };
  return calls;
}
