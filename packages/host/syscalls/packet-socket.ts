/** Sockets that Node's own modules cannot open: options, address and life; batches are next door. */
import { bind, close, getsockname, getsockopt, lastErrno, type Memory, setsockopt, socket } from './libc.ts';
import { syscallProblem } from './syscall-problem.ts';

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

export const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SO_MEMINFO = 55;
const MEMINFO_DROPS = 8; // index in the words that SO_MEMINFO gives

export interface PacketSocket {
  readonly fd: number;
  setOption(level: number, option: number, value: number): void;
  setOptionBytes(level: number, option: number, value: Memory): void;
  /**
   * Asks for buffers of this size; without CAP_NET_ADMIN the system's own limit holds. Returns how many
   * bytes the receive buffer got.
   */
  setBuffers(receiveBytes: number, sendBytes: number): number;
  /** Binds to any address; returns the port, which the kernel chooses where none is asked for. */
  bindAny(family: number, port?: number): number;
  /** Packets dropped because the receive buffer was full. */
  drops(): number;
  close(): void;
}

/** Throws a Problem. Non-blocking, closed on exec. */
export function openPacketSocket(family: number, type: number, protocol: number): PacketSocket {
  const fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  const kind = `${type === SOCK_RAW ? 'a raw' : type === SOCK_STREAM ? 'a TCP' : 'a datagram'} ${family === AF_INET ? 'IPv4' : 'IPv6'} socket`;
  if (fd < 0) throw syscallProblem(`open ${kind}`, lastErrno());
  const word = new Int32Array(new ArrayBuffer(4));
  const trySet = (level: number, option: number, value: number) => {
    word[0] = value;
    return setsockopt(fd, level, option, word, 4) === 0;
  };

  return {
    fd,
    setOption(level, option, value) {
      if (!trySet(level, option, value))
        throw syscallProblem(`set option ${level}/${option} of ${kind}`, lastErrno());
    },
    setOptionBytes(level, option, value) {
      if (setsockopt(fd, level, option, value, value.byteLength) !== 0)
        throw syscallProblem(`set option ${level}/${option} of ${kind}`, lastErrno());
    },
    setBuffers(receiveBytes, sendBytes) {
      if (!trySet(SOL_SOCKET, SO_RCVBUFFORCE, receiveBytes)) trySet(SOL_SOCKET, SO_RCVBUF, receiveBytes);
      if (!trySet(SOL_SOCKET, SO_SNDBUFFORCE, sendBytes)) trySet(SOL_SOCKET, SO_SNDBUF, sendBytes);
      const size = new Int32Array(new ArrayBuffer(4));
      word[0] = 4;
      getsockopt(fd, SOL_SOCKET, SO_RCVBUF, size, word);
      return (size[0] as number) / 2; // the kernel doubles what it is asked for
    },
    bindAny(bindFamily, port = 0) {
      const address = new DataView(new ArrayBuffer(28));
      address.setUint16(0, bindFamily, true);
      address.setUint16(2, port);
      const bytes = address.buffer as ArrayBuffer;
      if (bind(fd, bytes, bindFamily === AF_INET ? 16 : 28) !== 0)
        throw syscallProblem(`bind ${kind}`, lastErrno());
      word[0] = 28;
      if (getsockname(fd, bytes, word) !== 0) throw syscallProblem(`ask ${kind} its name`, lastErrno());
      return address.getUint16(2);
    },
    drops() {
      const words = new Uint32Array(new ArrayBuffer(64));
      word[0] = words.byteLength;
      return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, words, word) === 0 ? (words[MEMINFO_DROPS] as number) : 0;
    },
    close() {
      close(fd);
    },
  };
}
