/**
 * Whether what is seen at one distance now is another router, or only another branch of a balancer: only
 * what is too unlikely to be draws from what lies there is a change (hop-sightings.ts).
 */
import { MAX_ROUTERS_AT_HOP } from '@maille/wire/rest/traceroutes';
import {
  type Beside,
  type Fresh,
  findRouter,
  forgetOld,
  type HopSightings,
  LEARNING_ROUNDS,
  learn,
  novelty,
  type Observation,
  remember,
  stoodStill,
} from './hop-sightings.ts';

/** What a change at this distance rests on. */
export interface HopChange {
  sinceMs: number;
  sinceRound: number;
}

/** What remains possible by chance: one in so many, for flows that stay, and for those drawn anew each time. */
const CHANCE_STEADY = 0.02;
const CHANCE_DRAWN = 1e-6;
/** With one flow alone a balancer shows only over time. */
const LEARNING_ROUNDS_ONE_FLOW = 8;
const REPEATS = 2;
const REPEATS_UNSTEADY = 3;

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
    let one = findRouter(fresh.seen, address);
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
  const old = findRouter(hop.known, instead);
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
    let one = findRouter(hop.beside, address);
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
    if (!findRouter(unknown, one.address)) {
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
  const unknown = seen.filter(({ address }) => !findRouter(hop.known, address));
  if (unknown.length === seen.length) return judgeFresh(hop, seen, round, atMs, oneFlow);
  if (hop.fresh && !seen.some(({ flow }) => stoodStill(hop, flow))) {
    // Flows that never stand still were elsewhere and are back: that was a draw too.
    for (const one of hop.fresh.seen) remember(hop, one);
  }
  hop.fresh = undefined;
  for (const one of seen) if (findRouter(hop.known, one.address)) learn(hop, one, round);
  forgetOld(hop, round);
  if (unknown.length > 0) return judgeBeside(hop, unknown, round, atMs);
  return undefined;
}
