/**
 * A network that gives a prober every kind of answer: behind a router lie a kernel that answers for whole
 * prefixes, addresses refused, swallowed or sent in circles, and a responder that is late or repeats.
 */
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createNetwork, type Namespace } from './namespaces.ts';

/** Later than any timeout that is probed with. */
export const LATE_MS = 1_500;

export interface ProbeNetwork {
  prober: Namespace;
  /** Between the two: forwards, and turns back. */
  router: Namespace;
  /** Whose kernel answers. */
  far: Namespace;
  remove(): void;
}

/** Writes `value` into /proc/sys. */
export function setKernel(namespace: Namespace, name: string, value: string): void {
  namespace.run('sh', '-c', `echo "$1" > "/proc/sys/$0"`, name, value);
}

/**
 * 10.99/16 and fd99::/16 answer, 10.99.7.1 after `LATE_MS`, 10.99.7.2 three times; 10.98.1/24 host unreachable;
 * 10.98.2/24 and fd98:2:: prohibited; 10.98.3/24 and fd98:3:: swallowed; 10.98.4/24 and fd98:4:: go in
 * circles until their TTL is used up; everything else has no route.
 */
export async function createProbeNetwork(): Promise<ProbeNetwork> {
  const network = createNetwork();
  const prober = network.addNamespace('prober');
  const router = network.addNamespace('router');
  const far = network.addNamespace('far');
  const slow = network.addNamespace('slow');
  network.connect(prober, 'eth0', ['10.1.0.2/24', 'fd01::2/64', 'fe80::2/64'], router, 'eth0', [
    '10.1.0.1/24',
    'fd01::1/64',
    'fe80::1/64',
  ]);
  network.connect(router, 'eth1', ['10.2.0.1/24', 'fd02::1/64'], far, 'eth0', ['10.2.0.2/24', 'fd02::2/64']);
  network.connect(router, 'eth2', ['10.3.0.1/24'], slow, 'eth0', ['10.3.0.2/24']);
  for (const one of [router, far]) {
    setKernel(one, 'net/ipv4/ip_forward', '1');
    setKernel(one, 'net/ipv6/conf/all/forwarding', '1');
    // Linux sends one error a second to a destination; here each probe asks for its own.
    setKernel(one, 'net/ipv4/icmp_ratelimit', '0');
    setKernel(one, 'net/ipv6/icmp/ratelimit', '0');
  }
  const route = (namespace: Namespace, ...words: string[]) => namespace.ip('route', 'add', ...words);
  const route6 = (namespace: Namespace, ...words: string[]) => namespace.ip('-6', 'route', 'add', ...words);
  // 10.98 and 10.99 lie behind the router, and nothing else does: 10.97 has no route.
  route(prober, '10.98.0.0/15', 'via', '10.1.0.1');
  route6(prober, 'fd98::/15', 'via', 'fd01::1');
  route(router, '10.99.0.0/16', 'via', '10.2.0.2');
  route(router, '10.99.7.0/24', 'via', '10.3.0.2');
  route6(router, 'fd99::/16', 'via', 'fd02::2');
  route(far, 'local', '10.99.0.0/16', 'dev', 'lo');
  route6(far, 'local', 'fd99::/16', 'dev', 'lo');
  route(far, '10.1.0.0/24', 'via', '10.2.0.1');
  route6(far, 'fd01::/64', 'via', 'fd02::1');
  // By packet filter: routes of type `unreachable` answer once a second for all of them.
  route(router, '10.98.0.0/16', 'via', '10.2.0.2');
  route6(router, 'fd98::/16', 'via', 'fd02::2');
  const reject = (match: string, family: string, reason: string) =>
    router.run('nft', `add rule inet test forward ${match} reject with ${family} type ${reason}`);
  router.run('nft', 'add table inet test');
  router.run('nft', 'add chain inet test forward { type filter hook forward priority 0; }');
  reject('ip daddr 10.98.1.0/24', 'icmp', 'host-unreachable');
  reject('ip daddr 10.98.2.0/24', 'icmp', 'admin-prohibited');
  reject('ip6 daddr fd98:2::/32', 'icmpv6', 'admin-prohibited');
  route(router, 'blackhole', '10.98.3.0/24');
  route(far, '10.98.4.0/24', 'via', '10.2.0.1'); // round and round until the TTL is used up
  route6(router, 'blackhole', 'fd98:3::/32');
  route6(far, 'fd98:4::/32', 'via', 'fd02::1');
  route(slow, 'local', '10.99.7.0/24', 'dev', 'lo');
  route(slow, '10.1.0.0/24', 'via', '10.3.0.1');
  setKernel(slow, 'net/ipv4/icmp_echo_ignore_all', '1');
  const answers = JSON.stringify({ '10.99.7.1': [LATE_MS], '10.99.7.2': [1, 2, 600] });
  const responder = slow.spawn(
    process.execPath,
    [fileURLToPath(import.meta.resolve('./slow-responder.ts')), answers],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(responder.stdout as Readable, 'data');
  // A network that has just been plugged together takes its time over IPv6.
  for (const address of ['10.99.0.1', '10.99.7.2', 'fd99::1', 'fe80::1%eth0'])
    prober.run('ping', '-n', '-q', '-c', '1', '-w', '20', address);
  return {
    prober,
    router,
    far,
    remove() {
      responder.kill('SIGKILL');
      network.remove();
    },
  };
}
