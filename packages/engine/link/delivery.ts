/**
 * How frames travel from the spool to the server. What the sensor just said goes out at once; what waits
 * on disk is drained in order beside it, through a window of its own that grows while the server answers
 * quickly and shrinks when it does not: the pipe never holds so much of the past that the present is late.
 * Each frame is sent once a connection, unless the server lets it go unanswered.
 */
import type { Cancel, Clock } from '@maille/base/clock';
import { createSequenceSet, type SequenceRange } from '@maille/base/sequence-set';
import { markBacklog } from '@maille/wire/link/sample-frame';

/** A frame that waits in the spool. `position` orders frames over all epochs. */
export interface DeliverableFrame {
  position: number;
  samples: number;
  bytes: Uint8Array;
}

export interface DeliverySpool {
  next(position: number): DeliverableFrame | undefined;
  acknowledge(epoch: string, ranges: readonly SequenceRange[]): SequenceRange[];
}

export interface DeliveryPipe {
  send(bytes: Uint8Array): void;
  /** What was sent and has not left this process. */
  bufferedBytes(): number;
}

export interface Delivery {
  /** A frame that was spooled just now. */
  offer(frame: DeliverableFrame): void;
  acknowledged(epoch: string, ranges: readonly SequenceRange[]): void;
  /** The link stands and this agent is approved. */
  start(pipe: DeliveryPipe): void;
  pause(): void;
}

/** Bytes sent and not acknowledged; more would only wait in the server's memory instead of on our disk. */
const WINDOW_BYTES = 8 * 1024 * 1024;
const MIN_BACKLOG_WINDOW_BYTES = 64 * 1024;
const MAX_BACKLOG_WINDOW_BYTES = 1024 * 1024;
const WINDOW_STEP_BYTES = 16 * 1024;
/** Above this, live frames go by disk too: the network is slower than what is measured. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
const MAX_BUFFERED_FOR_BACKLOG_BYTES = 64 * 1024;
const QUICK_ACK_MS = 400;
const SLOW_ACK_MS = 1_000;
const PUMP_EVERY_MS = 50;
/** A frame unanswered for so long is sent again: the server could not keep it, or lost it. */
const FIRST_RESEND_MS = 10_000;
const LAST_RESEND_MS = 60_000;

interface InFlight {
  bytes: number;
  backlog: boolean;
  sentAtMs: number;
}

export function createDelivery(options: { spool: DeliverySpool; clock: Clock }): Delivery {
  const { spool, clock } = options;
  /** By position, in the order of sending. */
  const inFlight = new Map<number, InFlight>();
  /** Positions sent on this connection, from the cursor on. */
  const sent = createSequenceSet();
  let pipe: DeliveryPipe | undefined;
  let stopPumping: Cancel | undefined;
  let cursor = 0;
  let inFlightBytes = 0;
  let backlogInFlightBytes = 0;
  let backlogWindowBytes = MIN_BACKLOG_WINDOW_BYTES;
  let resendMs = FIRST_RESEND_MS;

  function send(to: DeliveryPipe, frame: DeliverableFrame, backlog: boolean): void {
    if (backlog) markBacklog(frame.bytes);
    const bytes = frame.bytes.length;
    inFlight.set(frame.position, { bytes, backlog, sentAtMs: clock.monoMs() });
    inFlightBytes += bytes;
    if (backlog) backlogInFlightBytes += bytes;
    sent.add(frame.position);
    to.send(frame.bytes);
  }

  function land(position: number): void {
    const flight = inFlight.get(position);
    if (!flight) return;
    inFlight.delete(position);
    inFlightBytes -= flight.bytes;
    if (!flight.backlog) return;
    backlogInFlightBytes -= flight.bytes;
    const tookMs = clock.monoMs() - flight.sentAtMs;
    if (tookMs < QUICK_ACK_MS) backlogWindowBytes += WINDOW_STEP_BYTES;
    else if (tookMs > SLOW_ACK_MS) backlogWindowBytes /= 2;
    backlogWindowBytes = Math.max(
      MIN_BACKLOG_WINDOW_BYTES,
      Math.min(MAX_BACKLOG_WINDOW_BYTES, backlogWindowBytes),
    );
  }

  function forgetSent(): void {
    inFlight.clear();
    sent.clear();
    inFlightBytes = 0;
    backlogInFlightBytes = 0;
    cursor = 0;
  }

  function resendUnanswered(): void {
    const oldest = inFlight.values().next().value;
    if (!oldest || clock.monoMs() - oldest.sentAtMs < resendMs) return;
    resendMs = Math.min(LAST_RESEND_MS, resendMs * 2);
    forgetSent();
  }

  function pump(): void {
    if (!pipe) return;
    resendUnanswered();
    while (
      backlogInFlightBytes < backlogWindowBytes &&
      inFlightBytes < WINDOW_BYTES &&
      pipe.bufferedBytes() < MAX_BUFFERED_FOR_BACKLOG_BYTES
    ) {
      const frame = spool.next(sent.firstMissing(cursor));
      if (!frame) return;
      if (sent.has(frame.position)) {
        // What lay in between was acknowledged meanwhile.
        cursor = frame.position;
        sent.dropBelow(cursor);
        continue;
      }
      send(pipe, frame, true);
      cursor = frame.position;
      sent.dropBelow(cursor);
    }
  }

  return {
    offer(frame) {
      if (!pipe || inFlightBytes >= WINDOW_BYTES || pipe.bufferedBytes() >= MAX_BUFFERED_BYTES) return;
      send(pipe, frame, false);
    },
    acknowledged(epoch, ranges) {
      for (const [from, to] of spool.acknowledge(epoch, ranges)) {
        for (let position = from; position <= to; position++) land(position);
      }
      resendMs = FIRST_RESEND_MS;
      pump();
    },
    start(to) {
      forgetSent();
      pipe = to;
      backlogWindowBytes = MIN_BACKLOG_WINDOW_BYTES;
      resendMs = FIRST_RESEND_MS;
      stopPumping?.();
      stopPumping = clock.every(PUMP_EVERY_MS, pump);
      pump();
    },
    pause() {
      pipe = undefined;
      stopPumping?.();
      stopPumping = undefined;
      forgetSent();
    },
  };
}
