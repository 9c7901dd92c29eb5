/**
 * The few libc calls that Node has no door to, through koffi. Structs are laid out by hand in typed
 * arrays (64-bit little-endian Linux: x64 and arm64 agree on all of them), because the hot path fills
 * thousands of them a second. The functions are those of the C library that Node itself runs on.
 */
import koffi from 'koffi';

/** Memory that a call reads or writes. Never a small `new Uint8Array(n)`: V8 may move those. */
export type Memory = ArrayBuffer | Uint8Array | Uint32Array | Int32Array | BigUint64Array;

const process = koffi.load(null);

/** errno of the last call of this file that failed. */
export const lastErrno = (): number => koffi.errno();

export const addressOf = (memory: Memory): bigint => koffi.address(memory);

export const socket = process.func('int socket(int, int, int)') as unknown as (
  domain: number,
  type: number,
  protocol: number,
) => number;

export const close = process.func('int close(int)') as unknown as (fd: number) => number;

export const bind = process.func('int bind(int, const void*, uint32_t)') as unknown as (
  fd: number,
  address: Memory,
  length: number,
) => number;

export const connect = process.func('int connect(int, const void*, uint32_t)') as unknown as (
  fd: number,
  address: Memory,
  length: number,
) => number;

export const getsockname = process.func('int getsockname(int, void*, void*)') as unknown as (
  fd: number,
  address: Memory,
  length: Memory,
) => number;

export const setsockopt = process.func('int setsockopt(int, int, int, const void*, uint32_t)') as unknown as (
  fd: number,
  level: number,
  option: number,
  value: Memory,
  length: number,
) => number;

export const getsockopt = process.func('int getsockopt(int, int, int, void*, void*)') as unknown as (
  fd: number,
  level: number,
  option: number,
  value: Memory,
  length: Memory,
) => number;

export const sendmmsg = process.func('int sendmmsg(int, void*, uint32_t, int)') as unknown as (
  fd: number,
  headers: Memory,
  count: number,
  flags: number,
) => number;

export const recvmmsg = process.func('int recvmmsg(int, void*, uint32_t, int, void*)') as unknown as (
  fd: number,
  headers: Memory,
  count: number,
  flags: number,
  timeout: null,
) => number;

export const epollCreate1 = process.func('int epoll_create1(int)') as unknown as (flags: number) => number;

export const epollCtl = process.func('int epoll_ctl(int, int, int, void*)') as unknown as (
  epoll: number,
  operation: number,
  fd: number,
  event: Memory,
) => number;

export const epollWait = process.func('int epoll_wait(int, void*, int, int)') as unknown as (
  epoll: number,
  events: Memory,
  capacity: number,
  timeoutMs: number,
) => number;

export const clockGettime = process.func('int clock_gettime(int, void*)') as unknown as (
  clock: number,
  timespec: Memory,
) => number;

export const usleep = process.func('int usleep(uint32_t)') as unknown as (microseconds: number) => number;

export const ifNametoindex = process.func('uint32_t if_nametoindex(const char*)') as unknown as (
  name: string,
) => number;

export const chroot = process.func('int chroot(const char*)') as unknown as (path: string) => number;

export const prctl = process.func(
  'int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)',
) as unknown as (option: number, a: number, b: number, c: number, d: number) => number;
