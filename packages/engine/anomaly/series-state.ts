/**
 * What is remembered of each series (one target as one agent sees it): 38 floats, 9 times and 3 flags, 227
 * bytes in three typed arrays; no object a series, none a sample. Ten thousand series fit into the caches
 * of an ordinary processor.
 */

// Learnt: what is usual. These are what a baseline is, and what outlives a restart.
/** Running quartiles of ln RTT, RTT in units of 10 ns. */
export const Q25 = 0;
export const Q50 = 1;
export const Q75 = 2;
/** How often RTT lies far above the median all the same, after a reply that did not: spikes, a higher mode. */
export const EXCEED = 3;
/** The same after a reply that did: modes stay for a while. */
export const STAY = 4;
export const LOSS = 5;
/** Counted up to what a warm-up needs. */
export const SENT = 6;
export const REPLIES = 7;
/** Running median of ln jitter, and how often jitter lies far above it. */
export const JITTER_Q50 = 8;
export const JITTER_EXCEED = 9;
/** Where the top of what lies far above usually is, ln RTT: of a path with two modes, that of the higher one. */
export const TOP = 10;
/** How often RTT lies above even that, after a reply that did not and after one that did. */
export const TOP_ENTER = 11;
export const TOP_STAY = 12;
/** How often a loss is followed by another, and from how many losses that is known. */
export const LOSS_STAY = 13;
export const LOSS_STAYS = 14;
export const LEARNT = 15;

// Of the moment.
/** Median of ln RTT over the last minute or so. */
export const RECENT = 15;
/** Interarrival jitter as RFC 3550 has it, units of 10 ns. */
export const JITTER = 16;
export const LAST_RTT = 17;
/** CUSUM sums of loss: silence, half, fast and slow; four in a row. */
export const S_LOSS = 18;
export const S_RTT = 22;
/** Of what lies above the top. */
export const S_TOP = 23;
export const S_JITTER = 24;
/** Evidence for the end of an alarm, sums as well. */
export const CLEAR_LOSS = 25;
export const CLEAR_RTT = 26;
export const CLEAR_JITTER = 27;
/** Since the fast, and since the slow sum of loss left zero. */
export const FAST_SENT = 28;
export const FAST_LOST = 29;
/** Of those, lost right after another. */
export const FAST_PAIRS = 30;
export const SLOW_SENT = 31;
export const SLOW_LOST = 32;
/** So many replies in a row; below zero: so many lost. */
export const RUN = 33;
/** Replies, round and round: what is not done at each is done by it. */
export const COUNT = 34;
/** Of ln RTT, among those that lie far above. */
export const FAR_LEVEL = 35;
/** 1 where the last reply lay far above, 2 where it lay above the top. */
export const WAS_FAR = 36;
/** 1 where it has two modes. */
export const MODES = 37;
export const VALUES = 38;

/** Send time of the newest sample. */
export const LAST_SENT_MS = 0;
/** Of the first lost one in a row. */
export const SILENT_SINCE_MS = 1;
export const FAST_SINCE_MS = 2;
export const SLOW_SINCE_MS = 3;
export const RTT_SINCE_MS = 4;
export const JITTER_SINCE_MS = 5;
/** When what ends the alarm of loss, and that of RTT, began. */
export const LOSS_ENDED_MS = 6;
export const RTT_ENDED_MS = 7;
/** When the sum of what lies above the top left zero. */
export const TOP_SINCE_MS = 8;
export const TIMES = 9;

/** Alarm of loss: 0, or 1 + the number of its test. */
export const LOSS_ALARM = 0;
export const RTT_ALARM = 1;
export const JITTER_ALARM = 2;
export const FLAGS = 3;

export interface SeriesState {
  values: Float32Array;
  times: Float64Array;
  flags: Uint8Array;
}

export function createSeriesState(capacity: number): SeriesState {
  return {
    values: new Float32Array(capacity * VALUES),
    times: new Float64Array(capacity * TIMES),
    flags: new Uint8Array(capacity * FLAGS),
  };
}

/** Keeps what is there; `capacity` is not smaller than before. */
export function growSeriesState(state: SeriesState, capacity: number): void {
  const grown = createSeriesState(capacity);
  grown.values.set(state.values);
  grown.times.set(state.times);
  grown.flags.set(state.flags);
  Object.assign(state, grown);
}

/** What a test says after a sample. */
export const QUIET = 0;
/** An alarm begins, or the one that stands is of another kind now. */
export const RAISED = 1;
export const CLEARED = 2;
/** The alarm ends because the new level has lasted so long that it is the baseline now. */
export const ADOPTED = 3;
