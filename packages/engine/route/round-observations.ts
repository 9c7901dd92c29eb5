/**
 * What one round of traceroute saw of a route, distance by distance. The target itself and who refuses the
 * way are told by the length alone.
 */
import { MAX_HOPS, type TraceFlow, type TraceRound } from '@maille/wire/traceroute';
import type { Observation } from './hop-sightings.ts';
import { distanceIn, LENGTH, type RouteState } from './route-state.ts';

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

export function observationsOf(state: RouteState, round: TraceRound): Observation[][] {
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
