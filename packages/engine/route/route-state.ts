/**
 * What is known of one route: what was seen at each of its distances, and the route that this shows. How far
 * the target is stands at distance 0, as `=` and the number of hops, or `!` and the router that says that
 * there is no way.
 */
import type { RouteHop, RouteRouter, TargetRoute } from '@maille/wire/rest/traceroutes';
import { MAX_HOPS, type TraceRound } from '@maille/wire/traceroute';
import { createHopSightings, type HopSightings } from './hop-sightings.ts';
import { createRouteShift, type RouteShift } from './route-shift.ts';

export interface RouteState {
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

/** The distance that says how far the target is. */
export const LENGTH = 0;
/** A router unseen for so many rounds is not shown as part of the route, though still known to it. */
const SHOWN_ROUNDS = 32;

export const distanceIn = (length: string) => (length.startsWith('=') ? Number(length.slice(1)) : undefined);

export function beginRoute(agentNumber: number, round: TraceRound, began: TargetRoute['began']): RouteState {
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

/** As it was before a round, or is now. */
export function shownRoute(state: RouteState, beforeRound = Number.POSITIVE_INFINITY): TargetRoute {
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

/** Where a router says that there is no way, nothing is known of what was behind it. */
export function behind({ hops }: RouteState, refusal: string): number | undefined {
  const router = refusal.slice(1);
  const met = ({ known, fresh }: HopSightings) =>
    [...known, ...(fresh?.seen ?? [])].some(({ address }) => address === router);
  const at = hops.findIndex((hop, distance) => distance !== LENGTH && met(hop));
  return at > 0 ? Math.min(MAX_HOPS, at + 1) : undefined;
}
