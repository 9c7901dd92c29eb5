/** So many packets a second over all traces, evenly: what is not used is not saved up for a burst. */
export interface Pacer {
  /** Whether one more may go now. */
  take(): boolean;
  /** Once a turn, before anything is taken. */
  turn(nowMs: number): void;
}

/** A turn that comes late sends what a turn in time would have, and no more. */
const LONGEST_TURN_MS = 10;

export function createPacer(packetsPerSecond: number): Pacer {
  const most = Math.max(1, (packetsPerSecond * LONGEST_TURN_MS) / 1_000);
  let credit = 1;
  let lastMs: number | undefined;
  return {
    turn(nowMs) {
      if (lastMs !== undefined)
        credit = Math.min(most, credit + (Math.max(0, nowMs - lastMs) * packetsPerSecond) / 1_000);
      lastMs = nowMs;
    },
    take() {
      if (credit < 1) return false;
      credit--;
      return true;
    },
  };
}
