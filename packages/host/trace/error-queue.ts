/** Reads a socket's error queue: stamps of what was sent, and the ICMP errors that came for it. */
import { createControlReader } from '../icmp/control-data.ts';
import { createMessageBatch, MSG_ERRQUEUE, NAME_BYTES } from '../syscalls/message-batch.ts';
import { readSocketAddress } from './socket-address.ts';

export interface QueuedError {
  from: Uint8Array | undefined;
  to: Uint8Array;
  type: number;
  code: number;
  quote: Uint8Array;
  stampNs: number;
}

export interface ErrorQueueTaker {
  sent?(frame: Uint8Array, stampNs: number): void;
  error(report: QueuedError): void;
}

const BATCH = 16;
const SLOT_BYTES = 256;
const CONTROL_BYTES = 256;
/** Strangers' errors must not keep the tracer from its turn. */
const MAX_ROUNDS = 16;

export function createErrorQueue(family: 4 | 6, epochSeconds: number) {
  const batch = createMessageBatch(BATCH, SLOT_BYTES, CONTROL_BYTES);
  const control = createControlReader(epochSeconds);
  const names = new Uint8Array(batch.names.buffer);
  const controlBytes = new Uint8Array(batch.control.buffer);

  const takeOne = (i: number, take: ErrorQueueTaker) => {
    control.read(batch, i);
    const at = i * SLOT_BYTES;
    const bytes = batch.bytes.subarray(at, at + (batch.lengths[i] as number));
    const { isSendStamp, isIcmp, stampNs, icmpType: type, icmpCode: code, offenderAt } = control;
    if (isSendStamp) return take.sent?.(bytes, stampNs);
    const to = readSocketAddress(names, i * NAME_BYTES, family);
    const from = offenderAt < 0 ? undefined : readSocketAddress(controlBytes, 4 * offenderAt, family);
    take.error({ from: isIcmp ? from : undefined, to, type, code, quote: bytes, stampNs });
  };

  return {
    read(fd: number, take: ErrorQueueTaker): void {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const count = batch.receive(fd, MSG_ERRQUEUE);
        for (let i = 0; i < count; i++) takeOne(i, take);
        if (count < BATCH) return;
      }
    },
  };
}
