/**
 * What became of a probe in one byte, ordered from best to worst, so that merging what several agents
 * saw is `max`, and drawing is a table lookup:
 *   0 nothing · 1 not sent (the error was ours, it says nothing of the target)
 *   2 … 241 answered: RTT on a log scale from 10 µs to 10 s, 2.3 % of a decade a step
 *   248 … 253 lost, the worse the less of the way was gone: answered too late, accepted and broken off,
 *   refused by the host itself, turned back on the way, nothing heard at all
 * The exact RTT is kept beside it for those who ask.
 */
import {
  OUTCOME_LATE,
  OUTCOME_LOCAL_ERROR,
  OUTCOME_REFUSED,
  OUTCOME_REPLY,
  OUTCOME_RESET,
  OUTCOME_TTL_EXCEEDED,
  OUTCOME_UNREACHABLE,
} from '@maille/wire/link/samples';

export const LEVEL_NONE = 0;
export const LEVEL_NOT_SENT = 1;
export const LEVEL_FASTEST = 2;
export const LEVEL_SLOWEST = 241;
export const LEVEL_LATE = 248;
export const LEVEL_RESET = 249;
export const LEVEL_REFUSED = 250;
export const LEVEL_TTL_EXCEEDED = 251;
export const LEVEL_UNREACHABLE = 252;
export const LEVEL_TIMEOUT = 253;

/** Ends of the scale that rings and colours show: below is as short as it gets, above as long. */
export const SHORTEST_SHOWN_NS = 1e5;
export const LONGEST_SHOWN_NS = 1e9;

const BOTTOM_NS = 1e4;
const DECADES = 6;
const STEPS = LEVEL_SLOWEST - LEVEL_FASTEST;

/** Where an RTT lies on the scale of levels, between two of them as a rule. */
export function levelPlaceOfRtt(rttNs: number): number {
  const share = Math.log10(Math.max(rttNs, BOTTOM_NS) / BOTTOM_NS) / DECADES;
  return LEVEL_FASTEST + Math.min(STEPS, share * STEPS);
}

export function levelOfRtt(rttNs: number): number {
  return Math.round(levelPlaceOfRtt(rttNs));
}

export function rttOfLevel(level: number): number {
  return BOTTOM_NS * 10 ** (((level - LEVEL_FASTEST) / STEPS) * DECADES);
}

export function levelOfOutcome(outcome: number, rttNs: number): number {
  switch (outcome) {
    case OUTCOME_REPLY:
      return levelOfRtt(rttNs);
    case OUTCOME_LATE:
      return LEVEL_LATE;
    case OUTCOME_RESET:
      return LEVEL_RESET;
    case OUTCOME_REFUSED:
      return LEVEL_REFUSED;
    case OUTCOME_UNREACHABLE:
      return LEVEL_UNREACHABLE;
    case OUTCOME_TTL_EXCEEDED:
      return LEVEL_TTL_EXCEEDED;
    case OUTCOME_LOCAL_ERROR:
      return LEVEL_NOT_SENT;
    default:
      return LEVEL_TIMEOUT;
  }
}

export const isAnswered = (level: number) => level >= LEVEL_FASTEST && level <= LEVEL_SLOWEST;
export const isLost = (level: number) => level >= LEVEL_LATE;

/** 0 to 1: where an RTT stands on the shown scale. */
export function shareOfRtt(rttNs: number): number {
  const share = Math.log(rttNs / SHORTEST_SHOWN_NS) / Math.log(LONGEST_SHOWN_NS / SHORTEST_SHOWN_NS);
  return Math.min(1, Math.max(0, share));
}

/** `shareOfRtt` of every answered level; 0 for the others. */
export const shareOfLevel: Float32Array = Float32Array.from({ length: 256 }, (_, level) =>
  isAnswered(level) ? shareOfRtt(rttOfLevel(level)) : 0,
);
