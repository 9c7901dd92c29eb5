/**
 * Rounds of traceroute on their way to the server: in messages of some, when there is a link. They are not
 * spooled like samples: while the link is down the last thousand are kept, and of older ones the next
 * round says the same again.
 */
import type { Cancel, Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import type { RoutesParams } from '@maille/wire/link/messages';
import type { TraceRound } from '@maille/wire/traceroute';

export interface RouteOutbox {
  add(round: TraceRound): void;
  /** The agent is approved: what waits may go. */
  start(channel: RouteChannel): void;
  pause(): void;
  readonly waiting: number;
  /** Rounds given up, since the start. */
  readonly dropped: number;
}

export interface RouteChannel {
  say(params: RoutesParams): void;
  bufferedBytes(): number;
}

export const MAX_WAITING_ROUNDS = 1_000;
/** Rounds that end together travel together. */
const GATHER_MS = 200;
/** A long round has 20 KB: far below what a frame may have. */
const MAX_ROUNDS_A_MESSAGE = 64;
/** Samples go first: what is measured each second must not wait for what is measured each minute. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

export function createRouteOutbox(clock: Clock, log: Log): RouteOutbox {
  const rounds: TraceRound[] = [];
  let channel: RouteChannel | undefined;
  let cancel: Cancel | undefined;
  let dropped = 0;
  let toldDropped = 0;

  const plan = () => {
    cancel ??= channel && rounds.length > 0 ? clock.after(GATHER_MS, send) : undefined;
  };
  function send(): void {
    cancel = undefined;
    while (channel && rounds.length > 0 && channel.bufferedBytes() < MAX_BUFFERED_BYTES)
      channel.say({ rounds: rounds.splice(0, MAX_ROUNDS_A_MESSAGE) });
    plan();
  }

  return {
    add(round) {
      rounds.push(round);
      if (rounds.length > MAX_WAITING_ROUNDS) {
        rounds.shift();
        dropped++;
      }
      plan();
    },
    start(to) {
      channel = to;
      if (dropped > toldDropped)
        log.warn(
          { rounds: dropped - toldDropped },
          'rounds of traceroute were given up while the link was down',
        );
      toldDropped = dropped;
      plan();
    },
    pause() {
      channel = undefined;
      cancel?.();
      cancel = undefined;
    },
    get waiting() {
      return rounds.length;
    },
    get dropped() {
      return dropped;
    },
  };
}
