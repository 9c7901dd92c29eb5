/**
 * Batches of messages for sendmmsg and recvmmsg: headers, addresses, packets and control data in arenas
 * whose pointers are written once. Layout of `struct mmsghdr` (64 bytes, here as words of 4):
 *   0 name* · 2 name length · 4 iovec* · 6 iovecs · 8 control* · 10 control length · 12 flags · 14 bytes moved
 */
import { addressOf, lastErrno, recvmmsg, sendmmsg } from './libc.ts';

const HEADER_WORDS = 16;
const NAME_LENGTH_WORD = 2;
const CONTROL_LENGTH_WORD = 10;
const MOVED_WORD = 14;
/** Room for sockaddr_in and sockaddr_in6. */
export const NAME_BYTES = 32;
export const NAME_WORDS = NAME_BYTES / 4;

export const MSG_DONTWAIT = 0x40;
export const MSG_ERRQUEUE = 0x2000;

export interface MessageBatch {
  readonly capacity: number;
  readonly slotBytes: number;
  readonly controlBytes: number;
  /** Message `i` at `i * slotBytes`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** `struct sockaddr` of message `i` at `i * NAME_WORDS`. */
  readonly names: Uint32Array<ArrayBuffer>;
  /** Control data of message `i` at `i * controlBytes / 4`. */
  readonly control: Uint32Array<ArrayBuffer>;
  /** Bytes of message `i`; set before a send, valid after a receive. */
  readonly lengths: Uint32Array<ArrayBuffer>;
  /** Bytes of control data that message `i` brought. */
  readonly controlLengths: Uint32Array<ArrayBuffer>;
  /** Sends messages `from` to `to - 1`; how many the kernel took, or minus errno. */
  send(fd: number, from: number, to: number, nameBytes: number): number;
  /** How many messages came, 0 when there was none or an error was pending. */
  receive(fd: number, flags: number): number;
}

export function createMessageBatch(capacity: number, slotBytes: number, controlBytes: number): MessageBatch {
  const headers = new Uint32Array(new ArrayBuffer(capacity * HEADER_WORDS * 4));
  const pointers = new BigUint64Array(headers.buffer);
  const vectors = new BigUint64Array(new ArrayBuffer(capacity * 16));
  const vectorWords = new Uint32Array(vectors.buffer);
  const bytes = new Uint8Array(new ArrayBuffer(capacity * slotBytes));
  const names = new Uint32Array(new ArrayBuffer(capacity * NAME_BYTES));
  const control = new Uint32Array(new ArrayBuffer(Math.max(8, capacity * controlBytes)));
  const lengths = new Uint32Array(new ArrayBuffer(capacity * 4));
  const controlLengths = new Uint32Array(new ArrayBuffer(capacity * 4));

  const pointer = (memory: Uint8Array | Uint32Array | BigUint64Array, offset: number) =>
    addressOf(memory) + BigInt(offset);
  for (let i = 0; i < capacity; i++) {
    pointers[i * 8] = pointer(names, i * NAME_BYTES);
    pointers[i * 8 + 2] = pointer(vectors, i * 16);
    pointers[i * 8 + 3] = 1n;
    pointers[i * 8 + 4] = controlBytes === 0 ? 0n : pointer(control, i * controlBytes);
    vectors[i * 2] = pointer(bytes, i * slotBytes);
    vectors[i * 2 + 1] = BigInt(slotBytes);
  }

  /** The kernel writes what it used over what there was room for: put the room back. */
  const clear = (count: number) => {
    for (let i = 0; i < count; i++) {
      headers[i * HEADER_WORDS + NAME_LENGTH_WORD] = NAME_BYTES;
      headers[i * HEADER_WORDS + CONTROL_LENGTH_WORD] = controlBytes;
    }
  };
  let unclean = capacity;

  return {
    capacity,
    slotBytes,
    controlBytes,
    bytes,
    names,
    control,
    lengths,
    controlLengths,
    send(fd, from, to, nameBytes) {
      for (let i = from; i < to; i++) {
        headers[i * HEADER_WORDS + NAME_LENGTH_WORD] = nameBytes;
        vectorWords[i * 4 + 2] = lengths[i] as number;
      }
      const start = from === 0 ? headers : headers.subarray(from * HEADER_WORDS);
      const taken = sendmmsg(fd, start, to - from, MSG_DONTWAIT);
      return taken < 0 ? -lastErrno() : taken;
    },
    receive(fd, flags) {
      clear(unclean);
      const count = Math.max(0, recvmmsg(fd, headers, capacity, flags | MSG_DONTWAIT, null));
      for (let i = 0; i < count; i++) {
        lengths[i] = headers[i * HEADER_WORDS + MOVED_WORD] as number;
        controlLengths[i] = headers[i * HEADER_WORDS + CONTROL_LENGTH_WORD] as number;
      }
      unclean = count;
      return count;
    },
  };
}
