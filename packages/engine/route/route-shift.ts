/**
 * Changes that no single distance can be sure of. Behind branches of unequal lengths one router stands at
 * several distances, a flow or two at each. So all flows are looked at together: have all of them, that
 * stood still before, met one and the same new router; has the target come nearer, or gone farther, by the same
 * number of hops for all of them. A balancer that draws anew does neither.
 */
import { type HopSightings, type Observation, stoodStill } from './hop-sightings.ts';
import type { HopChange } from './judge-hop.ts';

interface Meeting extends HopChange {
  address: string;
  rounds: number;
  lastRound: number;
  /** By flow: the distance where it met the router. */
  distances: Map<number, number>;
}
interface Shift extends HopChange {
  rounds: number;
  by: number;
  /** By flow: how far the target is now. */
  lengths: Map<number, string>;
}
export interface RouteShift {
  meetings: Meeting[];
  shift: Shift | undefined;
}
export interface ShiftFound extends HopChange {
  /** Undefined: only the length tells. */
  distance: number | undefined;
}

const REPEATS = 2;
const WINDOW_ROUNDS = 4;
const MAX_MEETINGS = 32;

export const createRouteShift = (): RouteShift => ({ meetings: [], shift: undefined });

/** Looks at one round, before the distances have taken it. `at[0]` says how far the target is. */
export function judgeShift(
  whole: RouteShift,
  hops: readonly HopSightings[],
  at: readonly (readonly Observation[])[],
  round: number,
  atMs: number,
): ShiftFound | undefined {
  return (
    judgeMeetings(whole, hops, at, round, atMs) ?? judgeLengths(whole, hops[0], at[0] ?? [], round, atMs)
  );
}

function judgeMeetings(
  whole: RouteShift,
  hops: readonly HopSightings[],
  at: readonly (readonly Observation[])[],
  round: number,
  atMs: number,
): ShiftFound | undefined {
  const answering = new Set<number>();
  const known = new Set(hops.flatMap((hop) => hop.known.map((one) => one.address)));
  const broken = new Set<Meeting>();
  for (let distance = 1; distance < at.length; distance++) {
    for (const { flow, address } of at[distance] ?? []) {
      answering.add(flow);
      for (const one of whole.meetings)
        if (one.address !== address && one.distances.get(flow) === distance) broken.add(one);
      if (known.has(address)) continue;
      const met = whole.meetings.find((one) => one.address === address);
      if (met && (met.distances.get(flow) ?? distance) !== distance) broken.add(met);
      if (!stoodStill(hops[distance], flow)) continue;
      const one = met ?? {
        ...{ address, sinceMs: atMs, sinceRound: round, rounds: 0, lastRound: 0 },
        distances: new Map(),
      };
      if (!met) whole.meetings.push(one);
      one.distances.set(flow, distance);
      if (one.lastRound !== round) one.rounds++;
      one.lastRound = round;
    }
  }
  whole.meetings = whole.meetings
    .filter((one) => !broken.has(one) && one.sinceRound > round - WINDOW_ROUNDS)
    .slice(-MAX_MEETINGS);
  const certain = whole.meetings.find(
    (one) =>
      one.rounds >= REPEATS &&
      one.distances.size >= 2 &&
      [...answering].every((flow) => one.distances.has(flow)),
  );
  if (!certain) return undefined;
  const { sinceMs, sinceRound } = certain;
  return { sinceMs, sinceRound, distance: Math.min(...certain.distances.values()) };
}

function judgeLengths(
  whole: RouteShift,
  hop: HopSightings | undefined,
  lengths: readonly Observation[],
  round: number,
  atMs: number,
): ShiftFound | undefined {
  const shift = whole.shift;
  const moved = new Map<number, string>();
  let by: number | undefined = shift?.by;
  for (const { flow, address } of lengths) {
    const expected = shift?.lengths.get(flow);
    if (expected !== undefined) {
      if (expected !== address) return reset(whole);
      moved.set(flow, address);
      continue;
    }
    const last = hop?.last[flow];
    if (!stoodStill(hop, flow) || last === undefined) continue;
    const delta = Number(address.slice(1)) - Number(last.slice(1));
    if (!Number.isInteger(delta) || delta === 0 || (by !== undefined && delta !== by)) return reset(whole);
    by = delta;
    moved.set(flow, address);
  }
  if (by === undefined || moved.size < 2) return undefined;
  whole.shift ??= { sinceMs: atMs, sinceRound: round, rounds: 0, by, lengths: new Map() };
  whole.shift.rounds++;
  for (const [flow, address] of moved) whole.shift.lengths.set(flow, address);
  const { sinceMs, sinceRound, rounds, lengths: byFlow } = whole.shift;
  const all = lengths.every(({ flow }) => byFlow.has(flow));
  return all && rounds >= REPEATS ? { sinceMs, sinceRound, distance: undefined } : undefined;
}

function reset(whole: RouteShift): undefined {
  whole.shift = undefined;
}
