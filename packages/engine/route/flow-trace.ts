/**
 * One flow of one round: which distance to ask next, and when to stop. Pure bookkeeping: it knows neither
 * packets nor addresses' meaning.
 *
 * Several distances are asked at once, but a distance that stays silent is asked again before it counts
 * as silent: routers answer only so many errors a second (Linux: one, after a burst of six). For the same
 * reason what the last round found is remembered: nobody is asked beyond the target's known distance, and
 * a distance that was silent last time is not asked again and again.
 */
import { MAX_HOPS, type TraceFlow, type TraceHop } from '@maille/wire/traceroute';

const WAIT_MS = 1_000;
const MAX_ATTEMPTS = 3;
const MAX_UNDER_WAY = 4;
/** So many silent distances in a row, and the rest is not asked. */
export const SILENT_HOPS = 5;

/** What one round leaves to the next, of one flow. */
export interface FlowMemory {
  /** Where the last round ended; 0 before the first. */
  distance: number;
  silent: ReadonlySet<number>;
  /** Answers have come that do not say which probe they are about: only one may be under way. */
  oneAtATime: boolean;
}

export const noMemory: FlowMemory = { distance: 0, silent: new Set(), oneAtATime: false };

export type HopEnd = { end: 'reached' } | { end: 'unreachable'; code?: number } | undefined;

export interface FlowTrace {
  readonly done: boolean;
  /** The distance to ask now, 0 when there is none. */
  next(nowMs: number): number;
  asked(ttl: number, nowMs: number): void;
  /** Returns false when this distance was decided before. */
  answered(ttl: number, address: string, rttNs: number, end: HopEnd): boolean;
  /** This machine refused to send: there is no way from here. */
  noWay(): void;
  expire(nowMs: number): void;
  /**
   * From now on one probe at a time. What is under way is asked anew, but not before its answers must have
   * come: until then they are anybody's.
   */
  askOneAtATime(nowMs: number): void;
  /** The only distance that is under way; 0 where there is none, or more than one. */
  onlyUnderWay(): number;
  /** How many distances, from the first on, are decided. */
  readonly decided: number;
  hop(ttl: number): TraceHop;
  result(flow: number): TraceFlow;
  memory(): FlowMemory;
}

interface Hop {
  attempts: number;
  /** NaN while nothing is under way. */
  deadlineMs: number;
  decided: boolean;
  address: string | null;
  rttNs: number | null;
}

export function createFlowTrace(before: FlowMemory, maxUnderWay: number): FlowTrace {
  const hops: Hop[] = [];
  let lastTtl = MAX_HOPS;
  let end: HopEnd;
  let isSilent = false;
  let oneAtATime = before.oneAtATime;
  let quietUntilMs = Number.NEGATIVE_INFINITY;
  let decided = 0;

  const isUnderWay = (hop: Hop) => !hop.decided && !Number.isNaN(hop.deadlineMs);
  const countUnderWay = () => hops.reduce((count, hop) => count + (isUnderWay(hop) ? 1 : 0), 0);
  const attemptsFor = (ttl: number) => (before.silent.has(ttl) ? 1 : MAX_ATTEMPTS);
  const decide = (hop: Hop, address: string | null, rttNs: number | null) => {
    hop.decided = true;
    hop.deadlineMs = Number.NaN;
    hop.address = address;
    hop.rttNs = rttNs;
  };
  /** Moves on over what is decided, and ends where too many in a row were silent. */
  const settle = () => {
    while (decided < lastTtl && hops[decided]?.decided) decided++;
    if (end || decided < SILENT_HOPS) return;
    for (let ttl = SILENT_HOPS; ttl <= decided; ttl++) {
      if (hops.slice(ttl - SILENT_HOPS, ttl).some((hop) => hop.address !== null)) continue;
      isSilent = true;
      lastTtl = ttl;
      decided = ttl;
      return;
    }
  };
  /** Where the last round ended is asked before anything beyond. */
  const furthest = () => {
    const known = before.distance > 0 && decided < before.distance ? before.distance : MAX_HOPS;
    return Math.min(lastTtl, known);
  };

  return {
    get done() {
      return decided >= lastTtl;
    },
    get decided() {
      return decided;
    },
    next(nowMs) {
      const limit = oneAtATime ? 1 : Math.min(MAX_UNDER_WAY, maxUnderWay);
      if (nowMs < quietUntilMs || decided >= lastTtl || countUnderWay() >= limit) return 0;
      const again = hops.findIndex((hop, i) => i < lastTtl && !hop.decided && Number.isNaN(hop.deadlineMs));
      if (again >= 0) return again + 1;
      return hops.length < furthest() ? hops.length + 1 : 0;
    },
    asked(ttl, nowMs) {
      while (hops.length < ttl)
        hops.push({ attempts: 0, deadlineMs: Number.NaN, decided: false, address: null, rttNs: null });
      const hop = hops[ttl - 1] as Hop;
      hop.attempts++;
      hop.deadlineMs = nowMs + WAIT_MS;
    },
    answered(ttl, address, rttNs, atEnd) {
      const hop = hops[ttl - 1];
      if (!hop || hop.decided || ttl > lastTtl) return false;
      decide(hop, address, rttNs);
      if (atEnd) {
        end = atEnd;
        lastTtl = ttl;
      }
      settle();
      return true;
    },
    noWay() {
      end = { end: 'unreachable' };
      lastTtl = decided;
    },
    expire(nowMs) {
      for (const [i, hop] of hops.entries()) {
        if (!isUnderWay(hop) || nowMs < hop.deadlineMs) continue;
        hop.deadlineMs = Number.NaN;
        if (hop.attempts >= attemptsFor(i + 1)) decide(hop, null, null);
      }
      settle();
    },
    askOneAtATime(nowMs) {
      if (oneAtATime) return;
      oneAtATime = true;
      quietUntilMs = nowMs + WAIT_MS;
      for (const hop of hops) {
        if (!isUnderWay(hop)) continue;
        hop.deadlineMs = Number.NaN;
        hop.attempts = 0;
      }
    },
    onlyUnderWay() {
      const only = hops.findIndex(isUnderWay);
      return only >= 0 && countUnderWay() === 1 ? only + 1 : 0;
    },
    hop: (ttl) => {
      const { address, rttNs } = hops[ttl - 1] as Hop;
      return { address, rttNs };
    },
    result: (flow) => ({
      flow,
      hops: hops.slice(0, lastTtl).map(({ address, rttNs }) => ({ address, rttNs })),
      ...(end ?? { end: isSilent ? 'silent' : 'too-far' }),
    }),
    memory: () => ({
      distance: end ? lastTtl : 0,
      silent: new Set(hops.slice(0, lastTtl).flatMap((hop, i) => (hop.address === null ? [i + 1] : []))),
      oneAtATime,
    }),
  };
}
