/**
 * What was seen at one distance of one route. Plain records with functions over them, not closures: there are
 * a hundred thousand of them.
 *
 * Each time a flow is newly led to a router counts as one draw from what lies at this distance. The share of
 * routers drawn only once (Good and Turing) is then the chance that the next draw shows one never seen
 * before: near one behind a wide balancer that is hardly known, zero where all flows always met the same
 * one.
 */
import { MAX_ROUTERS_AT_HOP } from '@maille/wire/rest/traceroutes';

export interface Sighting {
  address: string;
  draws: number;
  /** The round of the route's life that saw it last. */
  lastRound: number;
  rttNs: number | null;
}

/** Rounds in a row that saw nothing known here. */
export interface Fresh {
  sinceMs: number;
  sinceRound: number;
  rounds: number;
  observations: number;
  /** Each flow met the same router in all of them. */
  steady: boolean;
  byFlow: (string | undefined)[];
  seen: Sighting[];
}

/** A router that appeared beside known ones: a branch not met before, or what replaced one. */
export interface Beside {
  address: string;
  sinceMs: number;
  sinceRound: number;
  rounds: number;
  flows: Set<number>;
  /** The one router that all of its flows always met before; null when there is no such one. */
  instead: string | null;
  rttNs: number | null;
}

export interface HopSightings {
  known: Sighting[];
  /** Rounds that taught something here since it began anew. */
  rounds: number;
  /** The last round with an answer. */
  lastRound: number;
  /** By flow: the known router that it met last, and in how many rounds on end. */
  last: (string | undefined)[];
  run: number[];
  fresh: Fresh | undefined;
  beside: Beside[] | undefined;
  /** More routers than are remembered: no judgement here. */
  wide: boolean;
}

export interface Observation {
  flow: number;
  address: string;
  rttNs: number | null;
}

/** Rounds that only teach, at the start. */
export const LEARNING_ROUNDS = 2;
/** A flow that met the same router in so many rounds on end is not drawn anew each time. */
const STOOD_STILL_ROUNDS = 3;
/** Unseen for so many rounds, a router is no longer part of this distance. */
const FORGET_ROUNDS = 256;
const STALE_ROUNDS = 32;

export function createHopSightings(): HopSightings {
  return {
    known: [],
    rounds: 0,
    lastRound: 0,
    last: [],
    run: [],
    fresh: undefined,
    beside: undefined,
    wide: false,
  };
}

export const findRouter = <T extends { address: string }>(list: readonly T[] | undefined, address: string) =>
  list?.find((one) => one.address === address);

/** The chance that a draw shows a router never seen here. */
export function novelty(hop: HopSightings, oneFlow = false): number {
  let draws = 0;
  let once = 0;
  for (const one of hop.known) {
    draws += one.draws;
    if (one.draws === 1) once++;
  }
  // One flow alone is one draw for ever: with it there is nothing to tell a balancer by but time.
  if (oneFlow && draws === 1) return 0;
  return (once + 0.5) / (draws + 1);
}

export const stoodStill = (hop: HopSightings | undefined, flow: number) =>
  hop?.last[flow] !== undefined && (hop.run[flow] ?? 0) >= STOOD_STILL_ROUNDS;

export function remember(hop: HopSightings, one: Sighting): Sighting {
  if (hop.known.length >= MAX_ROUTERS_AT_HOP) {
    hop.wide = true;
    hop.known.sort((a, b) => b.lastRound - a.lastRound).pop();
  }
  hop.known = [...hop.known, one];
  return one;
}

export function learn(hop: HopSightings, { flow, address, rttNs }: Observation, round: number): void {
  const one = findRouter(hop.known, address) ?? remember(hop, { address, draws: 0, lastRound: round, rttNs });
  one.lastRound = round;
  one.rttNs = rttNs;
  if (hop.last[flow] === one.address) {
    hop.run[flow] = Math.min((hop.run[flow] ?? 0) + 1, 255);
  } else {
    one.draws++;
    // An array that is written beyond its end makes room for seventeen.
    if (flow >= hop.last.length) {
      hop.last = Array.from({ length: flow + 1 }, (_, i) => hop.last[i]);
      hop.run = Array.from({ length: flow + 1 }, (_, i) => hop.run[i] ?? 0);
    }
    hop.last[flow] = one.address;
    hop.run[flow] = 1;
  }
}

/** Before a round with answers: after a long silence flows may be anywhere, which says nothing of a move just now. */
export function ageHop(hop: HopSightings, round: number): void {
  if (round - hop.lastRound > STALE_ROUNDS) {
    hop.run.fill(0);
    hop.rounds = 0;
  }
  hop.lastRound = round;
}

/** Once in so many rounds. */
export function forgetOld(hop: HopSightings, round: number): void {
  if (round % FORGET_ROUNDS !== 0) return;
  hop.known = hop.known.filter((one) => one.lastRound >= round - FORGET_ROUNDS);
  if (hop.known.length < MAX_ROUTERS_AT_HOP) hop.wide = false;
}

/** After a change at or before this distance: only what was seen since then is known. */
export function restartHop(hop: HopSightings, sinceRound: number): void {
  const next = { ...createHopSightings(), lastRound: hop.lastRound };
  const { fresh, beside = [] } = hop;
  if (fresh) {
    next.known = fresh.seen;
    next.last = fresh.byFlow;
    next.run = fresh.byFlow.map(() => fresh.rounds);
    next.rounds = fresh.rounds;
  } else {
    // What is left of a balancer's routers is as little known as if it had only been met by these flows.
    next.known = hop.known
      .filter((one) => one.lastRound >= sinceRound)
      .map((one) => ({ ...one, draws: Math.max(1, hop.last.filter((at) => at === one.address).length) }));
    for (const one of beside) {
      if (next.known.length >= MAX_ROUTERS_AT_HOP) break;
      const { address, rttNs, flows } = one;
      next.known.push({ address, draws: flows.size, lastRound: one.sinceRound + one.rounds - 1, rttNs });
      for (const flow of flows) {
        next.last[flow] = address;
        next.run[flow] = one.rounds;
      }
    }
    hop.last.forEach((address, flow) => {
      if (address === undefined || next.last[flow] !== undefined || !findRouter(next.known, address)) return;
      next.last[flow] = address;
      next.run[flow] = hop.run[flow] ?? 1;
    });
    next.rounds = next.known.length > 0 ? LEARNING_ROUNDS : 0;
  }
  Object.assign(hop, next);
}
