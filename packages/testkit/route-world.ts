/**
 * A network as traceroute sees it, seeded: routers in a row, diamonds that lead each flow along one branch
 * (of unequal lengths too), balancers that draw anew for every packet, routers that say nothing, answers
 * lost on the way. It can be changed by hand; everything else that it does is no change of the route.
 */

import type { TraceFlow, TraceHop, TraceRound } from '@maille/wire/traceroute';
import { createRandom } from './random.ts';

type Segment =
  | { kind: 'router'; address: string; silent: boolean }
  /** `branches[i]` is a path of routers; `seed` says which flow takes which. */
  | { kind: 'diamond'; branches: string[][]; seed: number; moved: Map<number, number> }
  | { kind: 'per-packet'; addresses: string[] };

export interface RouteWorldOptions {
  seed: number;
  flows?: number;
  lossRatio?: number;
  targetId?: number;
  widest?: number;
}

export function createRouteWorld(options: RouteWorldOptions) {
  const random = createRandom(options.seed);
  const { flows = 4, lossRatio = 0, targetId = 1, widest = 4 } = options;
  const target = '203.0.113.9';
  let routers = 0;
  let targetAnswers = true;
  let atMs = 1_000_000;
  const below = (n: number) => Math.floor(random() * n);
  const newRouter = () => `10.${(routers >> 8) & 255}.${routers++ & 255}.1`;
  const many = <T>(n: number, make: () => T) => Array.from({ length: n }, make);

  function segment(): Segment {
    const kind = random();
    if (kind < 0.15)
      return {
        kind: 'diamond',
        branches: many(2 + below(widest - 1), () => many(1 + below(3), newRouter)),
        seed: below(2 ** 30),
        moved: new Map(),
      };
    if (kind < 0.25) return { kind: 'per-packet', addresses: many(2 + below(widest - 1), newRouter) };
    return { kind: 'router', address: newRouter(), silent: random() < 0.15 };
  }
  const path: Segment[] = [
    { kind: 'router', address: newRouter(), silent: false },
    ...many(3 + below(6), segment),
    { kind: 'router', address: newRouter(), silent: false },
  ];

  const branchOf = (one: Segment & { kind: 'diamond' }, flow: number) =>
    one.moved.get(flow) ?? Math.floor(createRandom(one.seed + flow * 7_919)() * one.branches.length);

  /** Who forwards this packet; null where nobody would say so. */
  function wayOf(flow: number): (string | null)[] {
    return path.flatMap((one): (string | null)[] => {
      if (one.kind === 'router') return [one.silent ? null : one.address];
      if (one.kind === 'diamond') return one.branches[branchOf(one, flow)] as string[];
      return [one.addresses[below(one.addresses.length)] as string];
    });
  }

  function trace(flow: number): TraceFlow {
    const hops: TraceHop[] = [];
    for (let distance = 1; distance <= 30; distance++) {
      const way = wayOf(flow); // each packet is drawn anew
      const isTarget = distance > way.length;
      const at = isTarget ? (targetAnswers ? target : null) : (way[distance - 1] ?? null);
      const address = at === null || random() < lossRatio ? null : at;
      hops.push({ address, rttNs: address === null ? null : distance * 1e6 });
      if (address === target) return { flow, hops, end: 'reached' };
      if (hops.length >= 5 && hops.slice(-5).every((hop) => hop.address === null))
        return { flow, hops, end: 'silent' };
    }
    return { flow, hops, end: 'too-far' };
  }

  return {
    round(): TraceRound {
      atMs += 10_000;
      const seen = many(flows, () => 0).map((_, flow) => trace(flow));
      return { targetId, address: target, atMs, method: 'icmp', flows: seen };
    },
    /** One flow takes another branch of one diamond. */
    rehash(): void {
      const diamonds = path.filter((one) => one.kind === 'diamond');
      const one = diamonds[below(diamonds.length)];
      one?.moved.set(below(flows), below(one.branches.length));
    },
    toggleTarget(): void {
      targetAnswers = !targetAnswers;
    },
    wakeTarget(): void {
      targetAnswers = true;
    },
    /** A true change, of a kind drawn: another router, one more, a detour, one less. */
    change(): string {
      const plain = path.flatMap((one, i) => (one.kind === 'router' && !one.silent ? [i] : []));
      const at = plain[below(plain.length)] as number;
      const kind = below(4);
      if (kind === 0) path[at] = { kind: 'router', address: newRouter(), silent: false };
      else if (kind === 1) path.splice(at, 0, { kind: 'router', address: newRouter(), silent: false });
      else if (kind === 2)
        path.splice(
          at,
          1,
          ...many(2, (): Segment => ({ kind: 'router', address: newRouter(), silent: false })),
        );
      // Not the last: behind a silent router nobody can tell how far the target is.
      else if (at !== path.length - 1) path.splice(at, 1);
      else path[at] = { kind: 'router', address: newRouter(), silent: false };
      return ['replaced', 'inserted', 'detour', 'removed'][kind] as string;
    },
    describe: () =>
      path
        .map((one) =>
          one.kind === 'router'
            ? one.silent
              ? '*'
              : one.address
            : one.kind === 'diamond'
              ? `{${one.branches.map((b) => b.join('-')).join('|')}}`
              : `<${one.addresses.join(',')}>`,
        )
        .join(' '),
  };
}
export type RouteWorld = ReturnType<typeof createRouteWorld>;
