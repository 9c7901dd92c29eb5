/** epoll, edge-triggered: says which of many sockets have news, without waiting. */
import { arch } from 'node:os';
import { close, epollCreate1, epollCtl, epollWait, lastErrno } from '../syscalls/libc.ts';
import { syscallProblem } from '../syscalls/syscall-problem.ts';

const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
const EPOLLET = 0x8000_0000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CLOEXEC = 0o2000000;

/** `struct epoll_event` in words: u32 events, u64 data; packed on x64, and there alone. */
const EVENT_WORDS = arch() === 'x64' ? 3 : 4;
const DATA_WORD = EVENT_WORDS - 2;

export interface Epoll {
  /** What happens to `fd` will carry `tag`; closing the descriptor ends that. 0, or errno. */
  add(fd: number, tag: number): number;
  /** Takes what happened; how many. */
  take(): number;
  tagAt(i: number): number;
  flagsAt(i: number): number;
  close(): void;
}

export function openEpoll(capacity: number): Epoll {
  const epoll = epollCreate1(EPOLL_CLOEXEC);
  if (epoll < 0) throw syscallProblem('open an epoll', lastErrno());
  const event = new Uint32Array(new ArrayBuffer(4 * EVENT_WORDS));
  const events = new Uint32Array(new ArrayBuffer(4 * EVENT_WORDS * capacity));
  return {
    add(fd, tag) {
      event[0] = EPOLLOUT | EPOLLRDHUP | EPOLLET;
      event[DATA_WORD] = tag;
      return epollCtl(epoll, EPOLL_CTL_ADD, fd, event) === 0 ? 0 : lastErrno();
    },
    take: () => Math.max(0, epollWait(epoll, events, capacity, 0)),
    tagAt: (i) => events[i * EVENT_WORDS + DATA_WORD] as number,
    flagsAt: (i) => events[i * EVENT_WORDS] as number,
    close() {
      close(epoll);
    },
  };
}
