/**
 * Tells from rounds of traceroute when a route has changed, for each agent and target. Paths in parallel, a
 * flow on another branch, routers that say nothing and lost answers are no change: every distance judges for
 * itself what is new to it (hop-sightings.ts), a `*` says nothing, and only what repeats counts. How far
 * the target is, and a router that says there is no way, are judged like a distance of their own; a target
 * that has gone silent is no change of its route. A branch that only one flow met cannot be told from one
 * that this flow was moved off: it becomes part of the route and no change.
 *
 * What is found is known two rounds after the change, three where a balancer draws anew each time. State is
 * bounded, and is rebuilt from stored routes after a restart.
 */
import type { RouteChange, RouteHop, RouteRouter, TargetRoute } from '@maille/wire/rest/traceroutes';
import { MAX_FLOWS, MAX_HOPS, type TraceFlow, type TraceRound } from '@maille/wire/traceroute';
import {
  ageHop,
  createHopSightings,
  type HopChange,
  type HopSightings,
  judgeHop,
  type Observation,
  restartHop,
} from './hop-sightings.ts';
import { createRouteShift, judgeShift, type RouteShift } from './route-shift.ts';

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

interface RouteState {
  agentNumber: number;
  targetId: number;
  address: string;
  method: TraceRound['method'];
  began: TargetRoute['began'];
  sinceMs: number;
  lastSeenMs: number;
  round: number;
  /** Index 0: how far the target is; then one a distance. */
  hops: HopSightings[];
  whole: RouteShift;
  /** The round that made the last change certain. */
  changedRound: number;
  end: TargetRoute['end'];
  code: number | null;
}

export const DEFAULT_MAX_ROUTES = 10_000;
/** A router unseen for so many rounds is not shown as part of the route, though still known to it. */
const SHOWN_ROUNDS = 32;
const LENGTH = 0;
const RESTORED_ROUNDS = 255;

/** Of what a router says: the way ends there. A host that does not answer its neighbours is no matter of routes. */
function saysNoWay(flow: TraceFlow, address: string): boolean {
  const hostUnreachable = address.includes(':') ? 3 : 1;
  return flow.end === 'unreachable' && flow.code !== undefined && flow.code !== hostUnreachable;
}

function lengthOf(flow: TraceFlow, address: string): { least: number; said: number } | string | undefined {
  const said = flow.hops.length;
  if (flow.end === 'reached') {
    // Answers lost just before the target may have been its own: it may be nearer than where it was met.
    let least = said;
    while (least > 1 && flow.hops[least - 2]?.address === null) least--;
    return { least, said };
  }
  const last = flow.hops[said - 1]?.address;
  return saysNoWay(flow, address) && last && last !== address ? `!${last}` : undefined;
}

const distanceIn = (length: string) => (length.startsWith('=') ? Number(length.slice(1)) : undefined);

/** Where a router says that there is no way, nothing is known of what was behind it. */
function behind({ hops }: RouteState, refusal: string): number | undefined {
  const router = refusal.slice(1);
  const met = ({ known, fresh }: HopSightings) =>
    [...known, ...(fresh?.seen ?? [])].some(({ address }) => address === router);
  const at = hops.findIndex((hop, distance) => distance !== LENGTH && met(hop));
  return at > 0 ? Math.min(MAX_HOPS, at + 1) : undefined;
}

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

  /** What each flow met at each distance; the target itself and who refuses the way are told by the length. */
  function observationsOf(state: RouteState, round: TraceRound): Observation[][] {
    const at: Observation[][] = [[]];
    const lengths: { flow: number; least: number; said: number; rttNs: number | null }[] = [];
    for (const traced of round.flows) {
      const { flow, hops } = traced;
      const length = lengthOf(traced, round.address);
      const rttNs = hops[hops.length - 1]?.rttNs ?? null;
      if (typeof length === 'string') at[LENGTH]?.push({ flow, address: length, rttNs });
      else if (length) lengths.push({ flow, ...length, rttNs });
      const routers = traced.end === 'unreachable' ? hops.length - 1 : hops.length;
      for (let i = 0; i < Math.min(routers, MAX_HOPS); i++) {
        const hop = hops[i];
        if (!hop || hop.address === null || hop.address === round.address) continue;
        at[i + 1] ??= [];
        at[i + 1]?.push({ flow, address: hop.address, rttNs: hop.rttNs });
      }
    }
    const here = state.hops[LENGTH];
    const candidates = [...(here?.fresh?.seen ?? []), ...(here?.known ?? [])].map((one) => one.address);
    lengths.sort((a, b) => a.said - a.least - (b.said - b.least)); // the certain ones first
    let contradicted = false;
    for (const { flow, least, said, rttNs } of lengths) {
      const fits = (text: string) => {
        const distance = distanceIn(text);
        return distance !== undefined && distance >= least && distance <= said;
      };
      const last = here?.last[flow];
      const usual = last !== undefined && fits(last);
      // Where others have certainly left their usual length, an answer that was lost is no proof of staying.
      if (usual && contradicted && least < said) continue;
      const address = (usual ? last : candidates.find(fits)) ?? `=${said}`;
      if (least === said && !usual && last !== undefined) contradicted = true;
      candidates.unshift(address);
      at[LENGTH]?.push({ flow, address, rttNs });
    }
    return at;
  }

  function shown(state: RouteState, beforeRound = Number.POSITIVE_INFINITY): TargetRoute {
    const upTo = Math.min(state.round, beforeRound - 1);
    const recent = (hop: HopSightings) => hop.known.filter((one) => one.lastRound > upTo - SHOWN_ROUNDS);
    const router = (
      hop: HopSightings,
      address: string,
      draws: number,
      rttNs: number | null,
      named = address,
    ) => ({
      address: named,
      rttNs,
      draws,
      flows: hop.last.flatMap((met, flow) => (met === address ? [flow] : [])),
    });
    const hops: RouteHop[] = [];
    const hopAt = (distance: number) => {
      while (hops.length < distance) hops.push({ routers: [] });
      return hops[distance - 1] as RouteHop;
    };
    const length = state.hops[LENGTH];
    const lengths = length ? recent(length) : [];
    const longest = Math.max(0, ...lengths.map((one) => distanceIn(one.address) ?? 0)) || MAX_HOPS;
    for (let distance = 1; distance < state.hops.length && distance <= longest; distance++) {
      const hop = state.hops[distance];
      for (const one of hop ? recent(hop) : [])
        hopAt(distance).routers.push(router(hop as HopSightings, one.address, one.draws, one.rttNs));
    }
    for (const one of lengths) {
      const distance = distanceIn(one.address);
      if (distance === undefined || !length) continue;
      const routers: RouteRouter[] = hopAt(distance).routers;
      routers.push(router(length, one.address, one.draws, one.rttNs, state.address));
    }
    const { agentNumber, targetId, address, method, began, sinceMs, lastSeenMs, end, code } = state;
    return {
      targetId,
      agentNumber,
      address,
      method,
      began,
      sinceMs,
      lastSeenMs,
      untilMs: null,
      hops,
      end,
      code,
    };
  }

  function begin(agentNumber: number, round: TraceRound, began: TargetRoute['began']): RouteState {
    const { targetId, address, method, atMs } = round;
    return {
      ...{
        agentNumber,
        targetId,
        address,
        method,
        began,
        sinceMs: atMs,
        lastSeenMs: atMs,
        end: 'silent',
        code: null,
      },
      round: 0,
      hops: [createHopSightings()],
      whole: createRouteShift(),
      changedRound: 0,
    };
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
      over = { ...shown(state), untilMs: round.atMs };
      state = undefined;
    }
    state ??= begin(agentNumber, round, over ? 'anew' : 'first');
    keep(key, state);
    state.round++;
    const changes = judge(state, round);
    let before: TargetRoute | undefined;
    if (changes.size > 0) {
      const atMs = Math.min(...[...changes.values()].map((one) => one.sinceMs));
      const sinceRound = Math.min(...[...changes.values()].map((one) => one.sinceRound));
      before = { ...shown(state, sinceRound), untilMs: atMs };
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
      const after = shown(state);
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
    return { route: shown(state), change: undefined, over };
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
      return state && shown(state);
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
