/**
 * A network to trace through: six routers, two of them the arms of a diamond that spreads flows by addresses,
 * protocol and ports, and a detour that the route can be moved to. (fib_multipath_hash_policy 3 with these
 * fields, not 1, which means the same: that one takes the hash which the sender's kernel has left on the
 * packet, drawn anew for each TCP socket. No real cable carries it.)
 *
 *   prober ─ r1 ─┬─ r2 ─┬─ r4 ─┬──── r6 ─ target
 *                └─ r3 ─┘      └ r5 ─┘
 *
 * From r4 on the way leads straight to r6, or, after `detour()`, over r5. Every router answers from the
 * address that faces the prober: 10.50.N.1 and fd50:N::1.
 */
import { createNetwork, type Namespace } from './namespaces.ts';
import { setKernel } from './probe-network.ts';

export interface RouteNetwork {
  prober: Namespace;
  routers: Record<'r1' | 'r2' | 'r3' | 'r4' | 'r5' | 'r6', Namespace>;
  target: Namespace;
  /** r4 sends on over r5 from now on. */
  detour(): void;
  direct(): void;
  remove(): void;
}

/** Source and destination address, protocol, source and destination port. */
const HASH_FIELDS = String(0x01 | 0x02 | 0x04 | 0x10 | 0x20);

export const TARGET_4 = '10.60.0.2';
export const TARGET_6 = 'fd60::2';
/** Where the router that comes after the link N answers from. */
export const routerAddress4 = (link: number) => `10.50.${link}.1`;
export const routerAddress6 = (link: number) => `fd50:${link}::1`;
/** Links by the router at their far end; the second one into the same router counts on. */
export const LINK = { r1: 1, r2: 2, r3: 3, r4FromR2: 4, r4FromR3: 5, r6: 6, r5: 7, r6FromR5: 8 } as const;

export function createRouteNetwork(): RouteNetwork {
  const network = createNetwork();
  const [prober, r1, r2, r3, r4, r5, r6, target] = [
    'prober',
    'r1',
    'r2',
    'r3',
    'r4',
    'r5',
    'r6',
    'target',
  ].map((label) => network.addNamespace(label)) as [
    Namespace,
    Namespace,
    Namespace,
    Namespace,
    Namespace,
    Namespace,
    Namespace,
    Namespace,
  ];
  for (const router of [r1, r2, r3, r4, r5, r6, target]) {
    setKernel(router, 'net/ipv4/ip_forward', '1');
    setKernel(router, 'net/ipv6/conf/all/forwarding', '1');
    for (const family of ['ipv4', 'ipv6']) {
      setKernel(router, `net/${family}/fib_multipath_hash_policy`, '3');
      setKernel(router, `net/${family}/fib_multipath_hash_fields`, HASH_FIELDS);
    }
    // Linux answers once a second; here each round asks for its own.
    setKernel(router, 'net/ipv4/icmp_ratelimit', '0');
    setKernel(router, 'net/ipv6/icmp/ratelimit', '0');
    for (const bound of ['icmp_msgs_per_sec', 'icmp_msgs_burst']) // of all at once; older kernels have one for all
      router.run('sh', '-c', `[ ! -w "$0" ] || echo 100000 > "$0"`, `/proc/sys/net/ipv4/${bound}`);
    setKernel(router, 'net/ipv4/conf/all/rp_filter', '0');
    setKernel(router, 'net/ipv4/conf/default/rp_filter', '0');
  }
  const cable = (a: Namespace, b: Namespace, link: number) =>
    network.connect(a, `to${link}`, [`10.50.${link}.2/24`, `fd50:${link}::2/64`], b, `from${link}`, [
      `${routerAddress4(link)}/24`,
      `${routerAddress6(link)}/64`,
    ]);
  cable(prober, r1, LINK.r1);
  cable(r1, r2, LINK.r2);
  cable(r1, r3, LINK.r3);
  cable(r2, r4, LINK.r4FromR2);
  cable(r3, r4, LINK.r4FromR3);
  cable(r4, r6, LINK.r6);
  cable(r4, r5, LINK.r5);
  cable(r5, r6, LINK.r6FromR5);
  network.connect(r6, 'lan', ['10.60.0.1/24', 'fd60::1/64'], target, 'eth0', [
    `${TARGET_4}/24`,
    `${TARGET_6}/64`,
  ]);

  const forward = (router: Namespace, verb: 'add' | 'replace', links: readonly number[]) => {
    const hops = (address: (link: number) => string) =>
      links.length === 1
        ? ['via', address(links[0] as number)]
        : links.flatMap((link) => ['nexthop', 'via', address(link)]);
    router.ip('route', verb, '10.60.0.0/24', ...hops(routerAddress4));
    router.ip('-6', 'route', verb, 'fd60::/64', ...hops(routerAddress6));
  };
  forward(prober, 'add', [LINK.r1]);
  forward(r1, 'add', [LINK.r2, LINK.r3]);
  forward(r2, 'add', [LINK.r4FromR2]);
  forward(r3, 'add', [LINK.r4FromR3]);
  forward(r4, 'add', [LINK.r6]);
  forward(r5, 'add', [LINK.r6FromR5]);

  const back = (router: Namespace, link: number) => {
    router.ip('route', 'add', `10.50.${LINK.r1}.0/24`, 'via', `10.50.${link}.2`);
    router.ip('-6', 'route', 'add', `fd50:${LINK.r1}::/64`, 'via', `fd50:${link}::2`);
  };
  back(r2, LINK.r2);
  back(r3, LINK.r3);
  back(r4, LINK.r4FromR2);
  back(r5, LINK.r5);
  back(r6, LINK.r6);
  target.ip('route', 'add', 'default', 'via', '10.60.0.1');
  target.ip('-6', 'route', 'add', 'default', 'via', 'fd60::1');
  // A network that has just been plugged together takes its time over neighbours.
  for (const address of [TARGET_4, TARGET_6]) prober.run('ping', '-n', '-q', '-c', '1', '-w', '20', address);

  return {
    prober,
    routers: { r1, r2, r3, r4, r5, r6 },
    target,
    detour: () => forward(r4, 'replace', [LINK.r5]),
    direct: () => forward(r4, 'replace', [LINK.r6]),
    remove: network.remove,
  };
}
