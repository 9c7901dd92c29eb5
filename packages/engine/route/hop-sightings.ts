/**
 * What was seen at one distance of one route, and whether what is seen now is another router or only
 * another branch of a balancer. Plain records with functions over them, not closures: there are a hundred
 * thousand of them.
 *
 * Each time a flow is newly led to a router counts as one draw from what lies at this distance. The share of
 * routers drawn only once (Good and Turing) is then the chance that the next draw shows one never seen
 * before: near one behind a wide balancer that is hardly known, zero where all flows always met the same
 * one. Only what is too unlikely to be such draws is a change.
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

/** What a change at this distance rests on. */
export interface HopChange {
  sinceMs: number;
  sinceRound: number;
}

/** What remains possible by chance: one in so many, for flows that stay, and for those drawn anew each time. */
const CHANCE_STEADY = 0.02;
const CHANCE_DRAWN = 1e-6;
/** Rounds that only teach, at the start; with one flow alone a balancer shows only over time. */
const LEARNING_ROUNDS = 2;
const LEARNING_ROUNDS_ONE_FLOW = 8;
/** A flow that met the same router in so many rounds on end is not drawn anew each time. */
const STOOD_STILL_ROUNDS = 3;
const REPEATS = 2;
const REPEATS_UNSTEADY = 3;
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

const find = <T extends { address: string }>(list: readonly T[] | undefined, address: string) =>
  list?.find((one) => one.address === address);

/** The chance that a draw shows a router never seen here. */
function novelty(hop: HopSightings, oneFlow = false): number {
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

function remember(hop: HopSightings, one: Sighting): Sighting {
  if (hop.known.length >= MAX_ROUTERS_AT_HOP) {
    hop.wide = true;
    hop.known.sort((a, b) => b.lastRound - a.lastRound).pop();
  }
  hop.known = [...hop.known, one];
  return one;
}

function learn(hop: HopSightings, { flow, address, rttNs }: Observation, round: number): void {
  const one = find(hop.known, address) ?? remember(hop, { address, draws: 0, lastRound: round, rttNs });
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

function noteFresh(hop: HopSightings, seen: readonly Observation[], round: number, atMs: number): Fresh {
  hop.fresh ??= {
    sinceMs: atMs,
    sinceRound: round,
    rounds: 0,
    observations: 0,
    steady: true,
    byFlow: [],
    seen: [],
  };
  const fresh = hop.fresh;
  fresh.rounds++;
  fresh.observations += seen.length;
  for (const { flow, address, rttNs } of seen) {
    let one = find(fresh.seen, address);
    if (!one && fresh.seen.length < MAX_ROUTERS_AT_HOP) {
      one = { address, draws: 0, lastRound: round, rttNs };
      fresh.seen.push(one);
    }
    const before = fresh.byFlow[flow];
    if (before !== undefined && before !== address) fresh.steady = false;
    if (one) {
      if (before !== one.address) one.draws++;
      one.lastRound = round;
      one.rttNs = rttNs;
      fresh.byFlow[flow] = one.address;
    }
  }
  return fresh;
}

/** That `moved` flows are drawn at once onto `distinct` routers never seen, of a balancer at least that wide. */
function chanceOfMove(hop: HopSightings, moved: number, distinct: number, oneFlow = false): number {
  const width = hop.known.length + distinct;
  return novelty(hop, oneFlow) ** moved * (1 / width) ** Math.max(0, moved - distinct);
}

function judgeFresh(
  hop: HopSightings,
  seen: readonly Observation[],
  round: number,
  atMs: number,
  oneFlow: boolean,
) {
  const fresh = noteFresh(hop, seen, round, atMs);
  if (fresh.rounds < REPEATS) return undefined;
  // A flow that had no answer here before has not moved, one that met another each time does not show it.
  const moved = fresh.byFlow.filter((address, flow) => address !== undefined && stoodStill(hop, flow));
  const asOne = fresh.steady && moved.length > 0 && (!oneFlow || fresh.rounds >= REPEATS_UNSTEADY);
  const surprising =
    (asOne && chanceOfMove(hop, moved.length, fresh.seen.length, oneFlow) <= CHANCE_STEADY) ||
    (fresh.rounds >= REPEATS_UNSTEADY && novelty(hop) ** fresh.observations <= CHANCE_DRAWN);
  if (surprising && !hop.wide) return { sinceMs: fresh.sinceMs, sinceRound: fresh.sinceRound };
  if (fresh.rounds >= REPEATS_UNSTEADY) {
    // A balancer's other branches, most likely: from now on they are known.
    for (const one of seen) learn(hop, one, round);
    hop.fresh = undefined;
  }
  return undefined;
}

/** Whether all flows of one branch went over to one new router at once, while the other branches stayed. */
function replaced(hop: HopSightings, beside: Beside, round: number): boolean {
  const { instead, flows } = beside;
  if (instead === null || flows.size < 2 || beside.rounds < REPEATS || hop.wide) return false;
  const old = find(hop.known, instead);
  if (!old || old.lastRound > round - REPEATS) return false;
  if (hop.last.some((address, flow) => address === instead && !flows.has(flow))) return false;
  return chanceOfMove(hop, flows.size, 1) <= CHANCE_STEADY;
}

function judgeBeside(
  hop: HopSightings,
  unknown: readonly Observation[],
  round: number,
  atMs: number,
): HopChange | undefined {
  hop.beside ??= [];
  for (const { flow, address, rttNs } of unknown) {
    let one = find(hop.beside, address);
    if (!one) {
      if (hop.beside.length >= MAX_ROUTERS_AT_HOP) hop.beside.shift();
      one = {
        address,
        sinceMs: atMs,
        sinceRound: round,
        rounds: 0,
        flows: new Set(),
        instead: hop.last[flow] ?? null,
        rttNs,
      };
      hop.beside.push(one);
    }
    if (!one.flows.has(flow)) {
      one.flows.add(flow);
      if (hop.last[flow] !== one.instead || !stoodStill(hop, flow)) one.instead = null;
    }
    one.rttNs = rttNs;
  }
  for (const one of [...hop.beside]) {
    if (!find(unknown, one.address)) {
      if (one.sinceRound < round - 4 * REPEATS_UNSTEADY)
        hop.beside = hop.beside.filter((other) => other !== one);
      continue;
    }
    one.rounds++;
    if (replaced(hop, one, round)) return { sinceMs: one.sinceMs, sinceRound: one.sinceRound };
    if (one.rounds >= REPEATS_UNSTEADY) {
      hop.beside = hop.beside.filter((other) => other !== one);
      for (const observation of unknown)
        if (observation.address === one.address) learn(hop, observation, round);
    }
  }
  if (hop.beside.length === 0) hop.beside = undefined;
  return undefined;
}

/** Before a round with answers: after a long silence flows may be anywhere, which says nothing of a move just now. */
export function ageHop(hop: HopSightings, round: number): void {
  if (round - hop.lastRound > STALE_ROUNDS) {
    hop.run.fill(0);
    hop.rounds = 0;
  }
  hop.lastRound = round;
}

/** Takes what one round saw at this distance, of each flow that had an answer; says if it is a change. */
export function judgeHop(
  hop: HopSightings,
  seen: readonly Observation[],
  round: number,
  atMs: number,
  flowsAsked: number,
): HopChange | undefined {
  if (seen.length === 0) return undefined;
  const oneFlow = flowsAsked === 1;
  if (hop.rounds < (oneFlow ? LEARNING_ROUNDS_ONE_FLOW : LEARNING_ROUNDS)) {
    hop.rounds++;
    for (const one of seen) learn(hop, one, round);
    return undefined;
  }
  const unknown = seen.filter(({ address }) => !find(hop.known, address));
  if (unknown.length === seen.length) return judgeFresh(hop, seen, round, atMs, oneFlow);
  if (hop.fresh && !seen.some(({ flow }) => stoodStill(hop, flow))) {
    // Flows that never stand still were elsewhere and are back: that was a draw too.
    for (const one of hop.fresh.seen) remember(hop, one);
  }
  hop.fresh = undefined;
  for (const one of seen) if (find(hop.known, one.address)) learn(hop, one, round);
  if (round % FORGET_ROUNDS === 0) forgetOld(hop, round);
  if (unknown.length > 0) return judgeBeside(hop, unknown, round, atMs);
  return undefined;
}

function forgetOld(hop: HopSightings, round: number): void {
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
      if (address === undefined || next.last[flow] !== undefined || !find(next.known, address)) return;
      next.last[flow] = address;
      next.run[flow] = hop.run[flow] ?? 1;
    });
    next.rounds = next.known.length > 0 ? LEARNING_ROUNDS : 0;
  }
  Object.assign(hop, next);
}
