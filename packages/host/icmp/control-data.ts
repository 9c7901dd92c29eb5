/**
 * What the kernel says beside a packet: its stamp, and on the error queue why the packet is there.
 * `struct cmsghdr` in words: 0 length (u64, with this header of 4 words) · 2 level · 3 type · 4 data.
 */
import type { MessageBatch } from '../syscalls/message-batch.ts';
import { SOL_SOCKET } from '../syscalls/packet-socket.ts';
import { timespecNs } from '../syscalls/real-time.ts';

const SCM_TIMESTAMPING = 37;
const SOL_IP = 0;
const SOL_IPV6 = 41;
const IP_RECVERR = 11;
const IPV6_RECVERR = 25;
const ORIGIN_ICMP = 2;
const ORIGIN_ICMP6 = 3;
const ORIGIN_TIMESTAMPING = 4;
const CMSG_HEADER_BYTES = 16;

export interface ControlReader {
  /** Reads message `i`; what it found stands in the fields until the next read. */
  read(batch: MessageBatch, i: number): void;
  /** NaN where there was none. */
  readonly stampNs: number;
  readonly isSendStamp: boolean;
  readonly isIcmp: boolean;
  readonly icmpType: number;
  readonly icmpCode: number;
  /** Of an ICMP error: the word where the `struct sockaddr` of who sent it begins; -1 where there is none. */
  readonly offenderAt: number;
}

export function createControlReader(epochSeconds: number): ControlReader {
  const found = {
    stampNs: Number.NaN,
    isSendStamp: false,
    isIcmp: false,
    icmpType: 0,
    icmpCode: 0,
    offenderAt: -1,
    read(batch: MessageBatch, i: number) {
      found.stampNs = Number.NaN;
      found.isSendStamp = false;
      found.isIcmp = false;
      found.offenderAt = -1;
      const words = batch.control;
      let at = (i * batch.controlBytes) / 4;
      const end = at + (batch.controlLengths[i] as number) / 4;
      while (at + CMSG_HEADER_BYTES / 4 <= end) {
        const bytes = words[at] as number;
        if (bytes < CMSG_HEADER_BYTES) return;
        const level = words[at + 2];
        const type = words[at + 3];
        if (level === SOL_SOCKET && type === SCM_TIMESTAMPING) {
          found.stampNs = timespecNs(words, at + 4, epochSeconds);
        } else if (
          (level === SOL_IP && type === IP_RECVERR) ||
          (level === SOL_IPV6 && type === IPV6_RECVERR)
        ) {
          // struct sock_extended_err: u32 errno · u8 origin · u8 type · u8 code · u8 · u32 info · u32 data
          const kind = words[at + 5] as number;
          const origin = kind & 0xff;
          found.isSendStamp = origin === ORIGIN_TIMESTAMPING;
          found.isIcmp = origin === ORIGIN_ICMP || origin === ORIGIN_ICMP6;
          found.icmpType = (kind >> 8) & 0xff;
          found.icmpCode = (kind >> 16) & 0xff;
          const addressBytes = level === SOL_IP ? 16 : 28;
          if (found.isIcmp && bytes >= CMSG_HEADER_BYTES + 16 + addressBytes) found.offenderAt = at + 8;
        }
        at += (bytes + 7 - ((bytes + 7) % 8)) / 4;
      }
    },
  };
  return found;
}
