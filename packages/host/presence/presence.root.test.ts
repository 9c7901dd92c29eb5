/** Presence between real network stacks: a simulated LAN in network namespaces. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { canMakeNamespaces, createNetwork, type Namespace } from '@maille/testkit/namespaces';
import { type PeerProcess, runFlood, startPeerProcess } from '@maille/testkit/presence-process';

const skip = canMakeNamespaces ? false : 'needs root on Linux: network namespaces';
/** Down after 3.6 s instead of 72; the limits go with it. */
const fast = {
  timings: { beatMs: 500, tokenLifeMs: 1_000 },
  limits: { peer: { perSecond: 60, burst: 120 }, source: { perSecond: 60, burst: 120 } },
};

describe('presence in namespaces', { skip }, () => {
  const folder = skip ? '' : mkdtempSync(join(tmpdir(), 'maille-presence-'));
  const ends: (() => Promise<void>)[] = [];
  after(async () => {
    for (const end of ends) await end(); // again, where a test failed before it came to it
    if (folder) rmSync(folder, { recursive: true });
  });
  /** A network of its own, and peers in it that end with it. */
  function build() {
    const network = createNetwork();
    const running: PeerProcess[] = [];
    let serial = 0;
    const end = async () => {
      await Promise.all(running.map((peer) => peer.signal('SIGKILL')));
      network.remove();
    };
    ends.push(end);
    return {
      network,
      end,
      async start(host: Namespace, options: Partial<Parameters<typeof startPeerProcess>[1]> = {}) {
        const hostname = options.hostname ?? `peer-${++serial}`;
        const keyFile = join(folder, `${host.name}-${hostname}.key`);
        const peer = await startPeerProcess(host, { hostname, keyFile, ...options });
        running.push(peer);
        return peer;
      },
    };
  }
  const state = (by: PeerProcess, of: { id: string }) => by.peers.get(of.id)?.state;

  test('a server and five machines, on the default timings', async () => {
    const { network, start, end } = build();
    network.addBridge('br0');
    network.addBridge('br1');
    const host = (label: string, on0: string[] | undefined, on1?: string[]) => {
      const made = network.addNamespace(label);
      if (on0) network.plug(made, 'br0', 'eth0', on0);
      if (on1) network.plug(made, 'br1', 'eth1', on1);
      return made;
    };
    const serverHost = host('server', ['10.99.0.1/24'], ['10.98.0.1/24']);
    const plainHost = host('m1', ['10.99.0.11/24']);
    const doubleHost = host('m2', ['10.99.0.12/24'], ['10.98.0.12/24']);
    const ipv6Host = host('m3', []);
    const ipv6TooHost = host('m4', []);
    const otherHost = host('m5', undefined, ['10.98.0.15/24']);
    const server = await start(serverHost, { hostname: 'server', role: 'server' });
    const services = [{ kind: 'ssh', name: 'OpenSSH', port: 22 }];
    const machines = await Promise.all([
      start(plainHost, { hostname: 'plain', services }),
      start(doubleHost, { hostname: 'double' }),
      start(ipv6Host, { hostname: 'six' }),
      start(ipv6TooHost, { hostname: 'six-too' }),
      start(otherHost, { hostname: 'other' }),
    ]);
    const [plain, double, six, sixToo, other] = machines;

    await server.until('all five', 15_000, () =>
      machines.every((machine) => state(server, machine) === 'alive'),
    );
    await plain.until('its neighbours', 15_000, (me) =>
      [server, double, six, sixToo].every((peer) => state(me, peer) === 'alive'),
    );
    await other.until('its neighbours', 15_000, (me) =>
      [server, double].every((peer) => state(me, peer) === 'alive'),
    );
    await six.until('the other without IPv4', 15_000, (me) => state(me, sixToo) === 'alive');
    assert.match(six.peers.get(sixToo.id)?.addresses.join() as string, /^fe80::[0-9a-f:]+%eth0$/);
    assert.equal(state(plain, other), undefined, 'nothing of theirs touches');
    await server.until('both addresses of the one with two interfaces', 15_000, (me) => {
      const addresses = me.peers.get(double.id)?.addresses ?? [];
      return addresses.includes('10.99.0.12') && addresses.includes('10.98.0.12');
    });
    assert.equal([...server.peers.values()].filter((peer) => peer.hostname === 'double').length, 1);
    await server.until('services', 15_000, (me) => me.peers.get(plain.id)?.services.length === 1);

    // Long before anybody would miss it: silence is only suspect after half a minute.
    await sixToo.until('who will leave', 60_000, (me) => state(me, plain) === 'alive');
    await plain.signal('SIGTERM');
    await server.until('left', 10_000, (me) => state(me, plain) === 'left');
    await sixToo.until('left', 10_000, (me) => state(me, plain) === 'left');
    await end();
  });

  test('killed, cloned, cut, mended, plugged in later: on quick timings', async () => {
    const { network, start, end } = build();
    network.addBridge('br0');
    const hosts = [1, 2, 3, 4].map((n) => {
      const host = network.addNamespace(`q${n}`);
      network.plug(host, 'br0', 'eth0', [`10.97.0.${n}/24`]);
      return host;
    }) as [Namespace, Namespace, Namespace, Namespace];
    const late = network.addNamespace('late');
    const [a, b, c, early] = await Promise.all([
      start(hosts[0], { ...fast, hostname: 'a', role: 'server' }),
      start(hosts[1], { ...fast, hostname: 'b' }),
      start(hosts[2], { ...fast, hostname: 'c' }),
      start(late, { ...fast, hostname: 'early' }),
    ]);
    await a.until('b and c', 10_000, () => state(a, b) === 'alive' && state(a, c) === 'alive');

    // The same key, another machine.
    const twin = await start(hosts[3], {
      ...fast,
      hostname: 'twin',
      keyFile: join(folder, `${hosts[1].name}-b.key`),
    });
    assert.equal(twin.id, b.id);
    for (const observer of [a, c]) {
      await observer.until('the clone', 10_000, (me) => me.peers.get(b.id)?.cloned === true);
    }
    await b.until('its own clone', 10_000, (me) => me.peers.get(b.id)?.cloned === true);
    assert.deepEqual(a.statesOf(b.id), ['alive'], 'flagged, and not flapping');
    await twin.signal('SIGKILL');
    await a.until('the clone to be gone', 15_000, (me) => me.peers.get(b.id)?.cloned === false);

    // An interface that comes after the start, and without any IPv4.
    network.plug(late, 'br0', 'eth7', []);
    await a.until('the one plugged in late', 10_000, () => state(a, early) === 'alive');

    await c.signal('SIGKILL');
    await a.until('suspect', 10_000, () => state(a, c) === 'suspect');
    await a.until('down', 10_000, () => state(a, c) === 'down');
    assert.deepEqual(a.statesOf(c.id), ['alive', 'suspect', 'down']);
    const again = await start(hosts[2], { ...fast, hostname: 'c' });
    assert.equal(again.id, c.id);
    await a.until('back', 10_000, () => state(a, c) === 'alive');
    assert.equal(a.peers.get(c.id)?.cloned, false);

    network.setCable(hosts[1], 'eth0', false);
    await a.until('cut off', 10_000, () => state(a, b) === 'down');
    network.setCable(hosts[1], 'eth0', true);
    await a.until('mended', 15_000, () => state(a, b) === 'alive');
    await b.until('mended too', 15_000, () => state(b, a) === 'alive');
    await end();
  });

  test('behind a router: one seed finds both processes of a host, and is found by them', async () => {
    const { network, start, end } = build();
    network.addBridge('br0');
    const router = network.addNamespace('router');
    const near = network.addNamespace('near');
    const far = network.addNamespace('far');
    network.connect(router, 'r0', ['10.96.0.1/24'], near, 'eth0', ['10.96.0.2/24']);
    network.connect(router, 'r1', ['10.95.0.1/24'], far, 'eth0', ['10.95.0.2/24']);
    router.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
    near.ip('route', 'add', 'default', 'via', '10.96.0.1');
    far.ip('route', 'add', 'default', 'via', '10.95.0.1');
    const agent = await start(near, { ...fast, hostname: 'agent' });
    const server = await start(near, { ...fast, hostname: 'server', role: 'server' });
    await agent.until('its neighbour on the same host', 10_000, () => state(agent, server) === 'alive');
    await server.until('its neighbour on the same host', 10_000, () => state(server, agent) === 'alive');
    const bound = near.run('ss', '-Hunl');
    for (const one of ['10.96.0.2:4432', '10.96.0.2:4433']) assert.ok(bound.includes(one), bound);
    const remote = await start(far, { ...fast, hostname: 'remote', seeds: ['10.96.0.2'] });
    await remote.until(
      'both',
      10_000,
      () => state(remote, agent) === 'alive' && state(remote, server) === 'alive',
    );
    await agent.until('the far one', 10_000, () => state(agent, remote) === 'alive');
    await server.until('the far one', 10_000, () => state(server, remote) === 'alive');
    await agent.signal('SIGTERM');
    await remote.until('the goodbye', 3_000, () => state(remote, agent) === 'left');
    await end();
  });

  test('a flood changes nothing', async () => {
    const { network, start, end } = build();
    network.addBridge('br0');
    const hosts = ['victim', 'm1', 'm2'].map((label, n) => {
      const host = network.addNamespace(label);
      network.plug(host, 'br0', 'eth0', [`10.94.0.${n + 1}/16`]);
      return host;
    }) as [Namespace, Namespace, Namespace];
    const flooder = network.addNamespace('flooder');
    const sources = Array.from({ length: 20 }, (_, n) => `10.94.1.${n + 1}`);
    network.plug(
      flooder,
      'br0',
      'eth0',
      sources.map((source) => `${source}/16`),
    );
    const [victim, b, c] = await Promise.all([
      start(hosts[0], { ...fast, hostname: 'victim', role: 'server', measure: true }),
      start(hosts[1], { ...fast, hostname: 'b' }),
      start(hosts[2], { ...fast, hostname: 'c' }),
    ]);
    await victim.until('both', 10_000, () => state(victim, b) === 'alive' && state(victim, c) === 'alive');
    await victim.until('figures', 5_000, () => victim.usage !== undefined);
    const sent = await runFlood(flooder, { perSecond: 10_000, seconds: 4, victim: '10.94.0.1', sources });
    assert.equal(
      Object.values(sent).reduce((sum, n) => sum + n),
      40_000,
    );
    const before = victim.usage;
    await victim.until('figures after it', 5_000, () => victim.usage !== before);
    const { counters, peers } = victim.usage as NonNullable<typeof victim.usage>;
    assert.deepEqual(peers.map((peer) => peer.id).sort(), [b.id, c.id].sort());
    assert.deepEqual(victim.statesOf(b.id), ['alive']);
    assert.deepEqual(victim.statesOf(c.id), ['alive']);
    for (const reason of ['size', 'malformed', 'replayed', 'badSignature'] as const) {
      assert.ok(counters.refused[reason] > 0, `${reason}: ${JSON.stringify(counters)}`);
    }
    assert.ok(counters.refused.budget + counters.refused.sourceRate > 0, JSON.stringify(counters));
    await end();
  });
});
