/** Sends what a schedule says is due, never in a burst: what a stall held up is spread over the turns that follow. */
import type { SendSchedule } from './send-schedule.ts';

/** A turn that comes later than this is a stall. */
const MAX_TICK_MS = 10;
/** How much faster than its rate a prober may send to make up for one. */
const CATCH_UP = 2;

export interface SendPace {
  sendDue(nowMonoMs: number, send: (slot: number, nowMonoMs: number) => void): void;
}

export function createSendPace(schedule: SendSchedule): SendPace {
  let lastMonoMs = 0;
  return {
    sendDue(nowMonoMs, send) {
      const elapsedMs = Math.min(MAX_TICK_MS, nowMonoMs - lastMonoMs);
      lastMonoMs = nowMonoMs;
      let budget = Math.ceil((CATCH_UP * schedule.ratePerSecond * elapsedMs) / 1_000) + 4;
      for (; budget > 0; budget--) {
        const slot = schedule.takeDue(nowMonoMs);
        if (slot < 0) break;
        send(slot, nowMonoMs);
      }
    },
  };
}
