/**
 * The sensor's turns: each part works when it asked to. Turns that follow each other closely are slept to,
 * a few in a row, instead of waited for on the event loop: under load a turn on the loop costs as much as
 * eight echoes, and all that the loop has for the sensor is its agent's word, which can wait for some
 * milliseconds. See docs/decisions/0016.
 */
import type { Clock } from '@maille/base/clock';
import type { Part } from '@maille/base/lifecycle';
import type { SensorPart } from './sensor-part.ts';

export type Turner = Pick<SensorPart, 'tick' | 'flush'>;

export interface SensorTurnsOptions {
  /** Who has turns; may grow meanwhile. */
  turners: readonly Turner[];
  clock: Clock;
  /** Keeps the thread waiting. */
  sleep(ms: number): void;
}

export interface SensorTurns extends Part {
  /** Everybody is asked at once: what they were told may be due before what they said. */
  allSoon(): void;
}

/** Soon enough that the live grid moves with every batch. */
const FLUSH_MS = 150;
/** Each part has its turn when it asked for one, or a moment before: one wake-up then serves several. */
const EARLY_MS = 1;
/** Longer waits are the event loop's. */
const MAX_SLEEP_MS = 10;
/** How long the event loop may go without its turn. */
const MAX_AWAY_MS = 40;

export function startSensorTurns(options: SensorTurnsOptions): SensorTurns {
  const { turners, clock, sleep } = options;
  const dueMs: number[] = []; // of each turner; at once where it is not known
  let nextFlushMs = clock.monoMs();
  let cancelTurn = () => {};

  const flushAll = () => {
    for (let i = 0; i < turners.length; i++) (turners[i] as Turner).flush();
  };
  /** In how many milliseconds the next is. */
  const takeTurn = (beganMs: number): number => {
    let soonestMs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < turners.length; i++) {
      let ownDueMs = dueMs[i] ?? beganMs;
      if (ownDueMs <= beganMs + EARLY_MS) ownDueMs = beganMs + (turners[i] as Turner).tick();
      dueMs[i] = ownDueMs;
      if (ownDueMs < soonestMs) soonestMs = ownDueMs;
    }
    const nowMs = clock.monoMs();
    if (nowMs >= nextFlushMs) {
      flushAll();
      nextFlushMs = nowMs + FLUSH_MS;
    }
    return Math.max(0, Math.min(soonestMs, nextFlushMs) - nowMs);
  };
  const takeTurns = () => {
    const cameMs = clock.monoMs();
    for (let nowMs = cameMs; ; nowMs = clock.monoMs()) {
      const waitMs = takeTurn(nowMs);
      if (waitMs > MAX_SLEEP_MS || nowMs + waitMs - cameMs > MAX_AWAY_MS) {
        cancelTurn = clock.after(waitMs, takeTurns);
        return;
      }
      if (waitMs > 0) sleep(waitMs);
    }
  };
  takeTurns();

  return {
    allSoon() {
      dueMs.length = 0;
    },
    stop() {
      cancelTurn();
      flushAll();
    },
  };
}
