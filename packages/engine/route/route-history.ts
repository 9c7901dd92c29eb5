/**
 * Tells from rounds of traceroute when a route has changed, for each agent and target. Paths in parallel, a
 * flow on another branch, routers that say nothing and lost answers are no change: every distance judges for
 * itself what is new to it (judge-hop.ts), a `*` says nothing, and only what repeats counts. How far
 * the target is, and a router that says there is no way, are judged like a distance of their own; a target
 * that has gone silent is no change of its route. A branch that only one flow met cannot be told from one
 * that this flow was moved off: it becomes part of the route and no change.
 *
 * What is found is known two rounds after the change, three where a balancer draws anew each time. State is
 * bounded, and is rebuilt from stored routes after a restart.
 */
import type { RouteChange, TargetRoute } from '@maille/wire/rest/traceroutes';
import { MAX_FLOWS, MAX_HOPS, type TraceRound } from '@maille/wire/traceroute';
import { ageHop, createHopSightings, type HopSightings, restartHop } from './hop-sightings.ts';
import { type HopChange, judgeHop } from './judge-hop.ts';
import { observationsOf } from './round-observations.ts';
import { createRouteShift, judgeShift } from './route-shift.ts';
import { beginRoute, behind, distanceIn, LENGTH, type RouteState, shownRoute } from './route-state.ts';

export interface RouteNews {
  /** The route as it is known after this round. */
  route: TargetRoute;
  change: RouteChange | undefined;
  /** The target's address or the method is another: what was known before is over, and is no change. */
  over: TargetRoute | undefined;
}

export interface RouteHistoryOptions {
  /** Pairs of agent and target; beyond it the one not heard of for longest is forgotten. */
  maxRoutes?: number;
}

export const DEFAULT_MAX_ROUTES = 10_000;
const RESTORED_ROUNDS = 255;

export function createRouteHistory(options: RouteHistoryOptions = {}) {
  const maxRoutes = options.maxRoutes ?? DEFAULT_MAX_ROUTES;
  const states = new Map<string, RouteState>(); // in the order of the last round
  let forgotten = 0;
  const keyOf = (agentNumber: number, targetId: number) => `${agentNumber} ${targetId}`;

  function keep(key: string, state: RouteState): void {
    states.delete(key);
    states.set(key, state);
    if (states.size <= maxRoutes) return;
    states.delete(states.keys().next().value as string);
    forgotten++;
  }

  /** By distance, what is certain to be a change after this round. */
  function judge(state: RouteState, round: TraceRound): Map<number, HopChange> {
    const at = observationsOf(state, round);
    const changes = new Map<number, HopChange>();
    at.forEach((seen, distance) => {
      while (state.hops.length <= distance) state.hops.push(createHopSightings());
      if (seen.length > 0) ageHop(state.hops[distance] as HopSightings, state.round);
    });
    const found = judgeShift(state.whole, state.hops, at, state.round, round.atMs);
    if (found) changes.set(found.distance ?? LENGTH, found);
    for (let distance = 0; distance < at.length; distance++) {
      const seen = at[distance];
      const hop = state.hops[distance] as HopSightings;
      const change = seen && judgeHop(hop, seen, state.round, round.atMs, round.flows.length);
      if (change) changes.set(distance, change);
    }
    return changes;
  }

  function endOf(round: TraceRound): Pick<RouteState, 'end' | 'code'> {
    const flow =
      round.flows.find((one) => one.end === 'reached') ??
      round.flows.find((one) => one.end === 'unreachable') ??
      round.flows.find((one) => one.end === 'too-far');
    return { end: flow?.end ?? 'silent', code: flow?.code ?? null };
  }

  function observe(agentNumber: number, round: TraceRound): RouteNews | undefined {
    const key = keyOf(agentNumber, round.targetId);
    let state = states.get(key);
    if (state?.lastSeenMs === round.atMs && state.round > 0) return undefined; // told twice
    let over: TargetRoute | undefined;
    if (state && (state.address !== round.address || state.method !== round.method)) {
      over = { ...shownRoute(state), untilMs: round.atMs };
      state = undefined;
    }
    state ??= beginRoute(agentNumber, round, over ? 'anew' : 'first');
    keep(key, state);
    state.round++;
    const changes = judge(state, round);
    let before: TargetRoute | undefined;
    if (changes.size > 0) {
      const atMs = Math.min(...[...changes.values()].map((one) => one.sinceMs));
      const sinceRound = Math.min(...[...changes.values()].map((one) => one.sinceRound));
      before = { ...shownRoute(state, sinceRound), untilMs: atMs };
      // Where only the length tells: from where the shorter of both ended.
      const distances = [...changes.keys()].filter((distance) => distance > 0);
      const lengths = [...(state.hops[LENGTH]?.known ?? []), ...(state.hops[LENGTH]?.fresh?.seen ?? [])];
      const ends = lengths.flatMap(({ address }) => distanceIn(address) ?? behind(state, address) ?? []);
      const first = distances.length > 0 ? Math.min(...distances) : Math.min(MAX_HOPS, ...ends);
      state.hops.forEach((hop, distance) => {
        if (distance === LENGTH || distance >= first || hop.fresh) restartHop(hop, sinceRound);
      });
      state.whole = createRouteShift();
      // What began before the last change was certain is a part of it that needed longer.
      const isPartOfLast = sinceRound <= state.changedRound;
      if (!isPartOfLast) Object.assign(state, { sinceMs: atMs, began: 'change' });
      Object.assign(state, { lastSeenMs: round.atMs, ...endOf(round) });
      const after = shownRoute(state);
      state.changedRound = state.round;
      if (isPartOfLast) return { route: after, change: undefined, over };
      const change = {
        agentNumber,
        targetId: round.targetId,
        atMs,
        foundAtMs: round.atMs,
        distance: first,
        before,
        after,
      };
      return { route: after, change, over };
    }
    Object.assign(state, { lastSeenMs: round.atMs, ...endOf(round) });
    return { route: shownRoute(state), change: undefined, over };
  }

  return {
    /** Takes one round; undefined when it was known already. */
    observe,
    /** What is stored as the present route, after a restart. */
    restore(route: TargetRoute): void {
      const { agentNumber, targetId, address, method, began, sinceMs, lastSeenMs, end, code } = route;
      const hops = [createHopSightings()];
      route.hops.forEach(({ routers }, i) => {
        for (const { address: at, rttNs, draws, flows } of routers) {
          const distance = at === address ? LENGTH : i + 1;
          while (hops.length <= distance) hops.push(createHopSightings());
          const hop = hops[distance] as HopSightings;
          const named = distance === LENGTH ? `=${i + 1}` : at;
          hop.known.push({ address: named, draws, lastRound: 0, rttNs });
          hop.rounds = RESTORED_ROUNDS;
          for (const flow of flows.filter((one) => one < MAX_FLOWS)) {
            hop.last[flow] = named;
            hop.run[flow] = RESTORED_ROUNDS;
          }
        }
      });
      keep(keyOf(agentNumber, targetId), {
        ...{ agentNumber, targetId, address, method, began, sinceMs, lastSeenMs, end, code },
        round: 0,
        hops,
        whole: createRouteShift(),
        changedRound: 0,
      });
    },
    current(agentNumber: number, targetId: number): TargetRoute | undefined {
      const state = states.get(keyOf(agentNumber, targetId));
      return state && shownRoute(state);
    },
    forget(agentNumber: number, targetId: number): void {
      states.delete(keyOf(agentNumber, targetId));
    },
    get size() {
      return states.size;
    },
    /** Routes given up for newer ones: more are traced than are remembered. */
    get forgotten() {
      return forgotten;
    },
  };
}
export type RouteHistory = ReturnType<typeof createRouteHistory>;
