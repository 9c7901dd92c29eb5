/** Traces with real sockets through real routers: every method, both families, with rights and without. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { canMakeNamespaces, type Namespace } from '@maille/testkit/namespaces';
import {
  createRouteNetwork,
  LINK,
  type RouteNetwork,
  routerAddress4,
  routerAddress6,
  TARGET_4,
  TARGET_6,
} from '@maille/testkit/route-network';
import { failuresOf, proveRoutes } from '@maille/testkit/route-proof';
import type { TraceRound } from '@maille/wire/traceroute';

const skip = canMakeNamespaces ? false : 'needs root: network namespaces and raw sockets';
const program = fileURLToPath(import.meta.resolve('@maille/testkit/trace-process'));
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

interface Wanted {
  method: TraceRound['method'];
  address: string;
  port?: number;
}

/** One round of each; as an ordinary user where asked for. */
function traceOnce(
  from: Namespace,
  wanted: readonly Wanted[],
  through: readonly string[] = [],
): TraceRound[] {
  const targets = wanted.map(({ method, address, port }, i) => ({
    id: i + 1,
    address,
    plan: { method, everyMs: 86_400_000, flows: 4, ...(port !== undefined && { port }) },
  }));
  const settings = JSON.stringify({ targets, packetsPerSecond: 1_000, rounds: wanted.length });
  const line = ['ip', 'netns', 'exec', from.name, ...through, process.execPath, program, settings];
  const text = execFileSync(line[0] as string, line.slice(1), { encoding: 'utf8', timeout: 60_000 });
  const rounds = text
    .trim()
    .split('\n')
    .map((one) => JSON.parse(one) as TraceRound);
  return rounds.toSorted((a, b) => a.targetId - b.targetId);
}

const router = (link: number, address: string) =>
  address.includes(':') ? routerAddress6(link) : routerAddress4(link);

function assertDiamond(round: TraceRound, method: TraceRound['method'], address: string): void {
  const what = `${method} to ${address}: ${JSON.stringify(round.flows)}`;
  assert.deepEqual([round.method, round.address, round.flows.length], [method, address, 4], what);
  for (const { end, hops } of round.flows) {
    assert.equal(end, 'reached', what);
    const path = hops.map((hop) => hop.address);
    const isLeft = path[1] === router(LINK.r2, address);
    // IPv4 errors come from the address that faces the way back, IPv6 errors from where the packet came in.
    const into4 = isLeft || !address.includes(':') ? LINK.r4FromR2 : LINK.r4FromR3;
    const links = [LINK.r1, isLeft ? LINK.r2 : LINK.r3, into4, LINK.r6];
    assert.deepEqual(path, [...links.map((link) => router(link, address)), address], what);
    for (const { rttNs } of hops) assert.ok(rttNs !== null && rttNs > 0 && rttNs < 1e9, what);
  }
}

const all: Wanted[] = [TARGET_4, TARGET_6].flatMap((address) => [
  { method: 'icmp', address },
  { method: 'udp', address },
  { method: 'tcp', address, port: 8_080 },
]);

let network: RouteNetwork;
before(() => {
  if (!skip) network = createRouteNetwork();
});
after(() => network?.remove());

test('no false change over a diamond, the true one within three rounds (short form of route-change.soak.ts)', {
  skip,
}, async () => {
  const proof = await proveRoutes({ rounds: 10, flows: 4, network });
  assert.deepEqual(failuresOf(proof, 3), []);
  assert.ok(proof.silentHops <= proof.hops / 100, `${proof.silentHops} of ${proof.hops} without an answer`);
});

test('with rights and without: each method reaches the target by one way a flow', { skip }, () => {
  for (const [i, round] of traceOnce(network.prober, all).entries()) {
    const { method, address } = all[i] as Wanted;
    assertDiamond(round, method, address);
  }
  network.prober.run('sysctl', '-q', '-w', 'net.ipv4.ping_group_range=1 0');
  for (const [i, round] of traceOnce(network.prober, all, NOBODY).entries()) {
    const { method, address } = all[i] as Wanted;
    assertDiamond(round, method === 'icmp' ? 'udp' : method, address);
  }
  network.prober.run('sysctl', '-q', '-w', 'net.ipv4.ping_group_range=0 2147483647');
  const echoes = all.filter(({ method }) => method === 'icmp');
  for (const [i, round] of traceOnce(network.prober, echoes, NOBODY).entries())
    assertDiamond(round, 'icmp', (echoes[i] as Wanted).address);
});

test('how a trace ends: a router that refuses, one that is silent, no way from here', { skip }, () => {
  const {
    prober,
    routers: { r6 },
  } = network;
  r6.run('nft', 'add table inet test');
  r6.run('nft', 'add chain inet test forward { type filter hook forward priority 0; }');
  r6.run('nft', 'add rule inet test forward ip daddr 10.60.0.9 reject with icmp type admin-prohibited');
  r6.run('nft', 'add rule inet test forward ip6 daddr fd60::9 reject with icmpv6 type admin-prohibited');
  r6.run('nft', 'add rule inet test forward ip daddr 10.60.0.8 drop');
  const methods = ['icmp', 'udp', 'tcp'] as const;
  const soon = ['icmp', 'udp'] as const; // TCP asks one distance after the other, and waits for each
  const rounds = traceOnce(prober, [
    ...methods.map((method) => ({ method, address: '10.60.0.9' })),
    ...methods.map((method) => ({ method, address: 'fd60::9' })),
    ...soon.map((method) => ({ method, address: '10.60.0.8' })),
    ...methods.map((method) => ({ method, address: '10.70.0.1' })),
  ]);
  const ends = rounds.map(({ flows: [flow] }) => [flow?.end, flow?.code, flow?.hops.length]);
  assert.deepEqual(ends, [
    ...methods.map(() => ['unreachable', 13, 5]),
    ...methods.map(() => ['unreachable', 1, 5]),
    ...soon.map(() => ['silent', undefined, 9]),
    ...methods.map(() => ['unreachable', undefined, 0]),
  ]);
});
