/**
 * What a changed route has lost: the routers that were on it and are not, and who stands in the place of
 * each. Several changes that have lost the same router have one cause, whenever each of them was found.
 * A router that did not answer lately is not lost, nor is a branch of a balancer that no flow met since.
 */
import type { RouteChange } from '@maille/wire/rest/traceroutes';

export interface RouteDifference {
  /** From the agent outwards. `instead` is the one new router at that distance; null: none, or several. */
  lost: { address: string; instead: string | null }[];
  /** Routers that were not on it before. */
  gained: string[];
  /** From the first round that saw it to the one that made it certain: no shorter than the time between rounds. */
  roundMs: number;
}

export function differenceOf({ before, after, distance, atMs, foundAtMs }: RouteChange): RouteDifference {
  const target = before.address;
  const routersOf = ({ hops }: typeof before) => [
    ...new Set(hops.flatMap(({ routers }) => routers.map(({ address }) => address))),
  ];
  const [known, now] = [new Set([target, ...routersOf(before)]), new Set([target, ...routersOf(after)])];
  const certain: RouteDifference['lost'] = [];
  const perhaps: RouteDifference['lost'] = [];
  before.hops.forEach(({ routers }, i) => {
    const missing = routers.filter(({ address }) => !now.has(address));
    if (missing.length === 0) return;
    const there = after.hops[i]?.routers ?? [];
    const fresh = there.filter(({ address }) => !known.has(address));
    const instead = fresh.length === 1 ? (fresh[0]?.address ?? null) : null;
    const isOver = i >= after.hops.length && (after.end === 'reached' || after.end === 'unreachable');
    const isGone = missing.length === routers.length && (there.length > 0 || isOver);
    const lost = i + 1 === distance || isGone ? certain : perhaps;
    for (const { address } of missing) lost.push({ address, instead });
  });
  return {
    lost: certain.length > 0 ? certain : perhaps,
    gained: [...now].filter((address) => !known.has(address)),
    roundMs: Math.max(0, foundAtMs - atMs),
  };
}
