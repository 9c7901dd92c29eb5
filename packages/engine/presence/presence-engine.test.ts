import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIdentity } from '@maille/host/identity';
import {
  createPresenceLan,
  type LanHost,
  type LanHostOptions,
  type PresenceLan,
} from '@maille/testkit/presence-lan';
import fc from 'fast-check';

const seen = (by: LanHost, of: LanHost) => by.engine.peers().find((peer) => peer.id === of.identity.id);
const state = (by: LanHost, of: LanHost) => seen(by, of)?.state;
const add = <N extends number>(lan: PresenceLan, count: N, options: LanHostOptions = {}) =>
  Array.from({ length: count }, () => lan.addHost(options)) as [LanHost, LanHost, LanHost, ...LanHost[]];
/** Everything that a host's subscribers were told about a peer, as `state` words without repeats. */
const follow = (by: LanHost, of: LanHost) => {
  const states: string[] = [];
  by.engine.subscribe(({ put, remove }) => {
    for (const peer of put) {
      const word = peer.cloned ? `${peer.state} cloned` : peer.state;
      if (peer.id === of.identity.id && states.at(-1) !== word) states.push(word);
    }
    if (remove.includes(of.identity.id)) states.push('forgotten');
  });
  return states;
};

test('ten peers find each other within two seconds, and from then on nobody is suspected', async () => {
  const lan = createPresenceLan();
  const hosts = add(lan, 10);
  await lan.clock.advance(2_000);
  for (const host of hosts) assert.equal(host.engine.peers().length, 9);
  const others = hosts.slice(1).map((host) => follow(hosts[0], host));
  await lan.clock.advance(300_000);
  for (const states of others) assert.deepEqual(states, ['alive']);
});

test('a newcomer is found within 15 s though every greeting of its start is lost', async () => {
  const lan = createPresenceLan();
  const [old] = add(lan, 1);
  await lan.clock.advance(20_000);
  let deaf = true;
  lan.blocks(() => deaf);
  const [fresh] = add(lan, 1);
  await lan.clock.advance(3_500);
  deaf = false;
  await lan.clock.advance(11_500);
  assert.equal(state(old, fresh), 'alive');
  assert.equal(state(fresh, old), 'alive');
});

test('a killed peer is suspected after three missed beats, down after six, forgotten after a day', async () => {
  const lan = createPresenceLan();
  const [a, b] = add(lan, 2);
  b.engine.setServices([{ kind: 'ssh', name: 'OpenSSH', port: 22 }]);
  await lan.clock.advance(30_000);
  const states = follow(a, b);
  b.kill();
  const heardMs = seen(a, b)?.lastSeenMs as number;
  const silent = (seconds: number) => lan.clock.advance(heardMs + seconds * 1_000 - lan.clock.wallMs());
  await silent(35);
  assert.equal(state(a, b), 'alive');
  await silent(38);
  assert.equal(state(a, b), 'suspect');
  await silent(71);
  assert.equal(state(a, b), 'suspect');
  await silent(74);
  assert.equal(state(a, b), 'down');
  assert.deepEqual(seen(a, b)?.services, [{ kind: 'ssh', name: 'OpenSSH', port: 22 }]);
  await silent(86_400);
  assert.equal(state(a, b), 'down');
  await silent(86_400 + 80);
  assert.equal(seen(a, b), undefined);
  assert.deepEqual(states, ['suspect', 'down', 'forgotten']);
});

test('what a forgotten peer offered is still known when it comes back', async () => {
  const lan = createPresenceLan();
  const [a] = add(lan, 1, { timings: { forgetAfterMs: 60_000 } });
  const services = [{ kind: 'web', name: 'nginx' }];
  const [b] = add(lan, 1, { services });
  await lan.clock.advance(30_000);
  const first = seen(a, b)?.firstSeenMs;
  b.kill();
  await lan.clock.advance(200_000);
  assert.equal(seen(a, b), undefined);
  const back = lan.addHost({ identity: b.identity, services });
  await lan.clock.advance(150); // a greeting and its answer, and nothing was asked for
  assert.equal(seen(a, back)?.firstSeenMs, first);
  assert.deepEqual(seen(a, back)?.services, services);
  const asked = back.heard.filter(({ bytes }) =>
    new TextDecoder().decode(bytes).includes('inventory-request'),
  );
  assert.equal(asked.length, 0);
});

test('a goodbye is "left" at once, though two of three are lost; coming back is "alive"', async () => {
  const lan = createPresenceLan();
  const [a, b] = add(lan, 2);
  await lan.clock.advance(5_000);
  const states = follow(a, b);
  let passed = 0;
  lan.blocks((_, to) => to === a.address && passed++ < 4); // each time by multicast and by unicast
  const stopped = b.engine.stop();
  await lan.clock.advance(300);
  await stopped;
  assert.equal(state(a, b), 'left');
  b.kill();
  lan.blocks(() => false);
  lan.addHost({ identity: b.identity });
  await lan.clock.advance(60_000);
  assert.deepEqual(states, ['left', 'alive']);
});

test('after its goodbye a peer says nothing, whatever it is told meanwhile', async () => {
  const lan = createPresenceLan();
  const [a, b] = add(lan, 2);
  await lan.clock.advance(15_000);
  const heard = a.heard.length;
  const stopped = b.engine.stop();
  b.engine.setServices([{ kind: 'web', name: 'late' }]);
  b.engine.setSeeds([{ address: a.address, port: 4432 }]);
  b.engine.waysChanged();
  await lan.clock.advance(60_000);
  await stopped;
  const types = a.heard
    .slice(heard)
    .map(({ bytes }) => JSON.parse(new TextDecoder().decode(bytes)).signed)
    .filter((signed) => signed.from === b.identity.id)
    .map((signed) => signed.type);
  assert.deepEqual(types, Array(6).fill('leave')); // three by multicast, three by unicast
});

test('a reboot is one peer, and no clone', async () => {
  const lan = createPresenceLan();
  const [a, b] = add(lan, 2);
  await lan.clock.advance(20_000);
  const states = follow(a, b);
  b.kill();
  lan.addHost({ identity: b.identity, hostname: 'renamed' });
  await lan.clock.advance(120_000);
  assert.deepEqual(states, ['alive']);
  assert.equal(a.engine.peers().length, 1);
  assert.equal(a.engine.peers()[0]?.hostname, 'renamed');
});

test('a cloned disk is flagged once by everyone, itself included, and does not flap', async () => {
  const lan = createPresenceLan();
  const [a, b] = add(lan, 2);
  await lan.clock.advance(20_000);
  const states = follow(a, b);
  const twin = lan.addHost({ identity: b.identity });
  await lan.clock.advance(300_000);
  assert.deepEqual(states, ['alive', 'alive cloned']);
  assert.deepEqual(seen(a, b)?.addresses, [b.address, twin.address].sort());
  for (const own of [b, twin]) assert.equal(seen(own, own)?.cloned, true);
  twin.kill();
  await lan.clock.advance(120_000);
  assert.deepEqual(states, ['alive', 'alive cloned', 'alive']);
  assert.equal(seen(b, b), undefined);
});

test('two that cannot hear each other keep each other alive through the rest', async () => {
  const lan = createPresenceLan();
  const [a, b] = add(lan, 5);
  await lan.clock.advance(5_000);
  const states = follow(a, b);
  lan.blocks(
    (from, to) => (from === a.address && to === b.address) || (from === b.address && to === a.address),
  );
  await lan.clock.advance(600_000);
  assert.ok(!states.includes('down'), states.join());
  assert.ok(states.includes('suspect'), 'they were cut');
  assert.deepEqual(seen(a, b)?.addresses, [b.address], 'who handed an answer on is not its address');
});

test('a network cut in two is down on both sides, and whole again when mended', async () => {
  const lan = createPresenceLan();
  const hosts = add(lan, 6);
  await lan.clock.advance(5_000);
  const left = new Set(hosts.slice(0, 3).map((host) => host.address));
  lan.blocks((from, to) => left.has(from) !== left.has(to));
  await lan.clock.advance(90_000);
  for (const a of hosts) {
    for (const b of hosts) {
      if (a !== b) assert.equal(state(a, b), left.has(a.address) === left.has(b.address) ? 'alive' : 'down');
    }
  }
  lan.blocks(() => false);
  await lan.clock.advance(13_000);
  for (const a of hosts) for (const b of hosts) if (a !== b) assert.equal(state(a, b), 'alive');
});

test('whatever the loss up to a third, everyone is found, and nobody who lives is ever down', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.double({ min: 0, max: 0.33, noNaN: true }),
      async (seed, loss) => {
        const lan = createPresenceLan(seed);
        lan.lossRatio = loss;
        const hosts = add(lan, 5);
        await lan.clock.advance(300_000);
        for (const host of hosts) assert.equal(host.engine.peers().length, 4);
        const followed = hosts.slice(1).map((host) => follow(hosts[0], host));
        await lan.clock.advance(600_000);
        for (const states of followed) assert.ok(!states.includes('down'), states.join());
      },
    ),
    { numRuns: 8, endOnFailure: true },
  );
});

test('wall clocks may be wrong and may jump: nothing changes but the skew', async () => {
  const lan = createPresenceLan();
  const [a] = add(lan, 1);
  const [b] = add(lan, 1, { clockErrorMs: 90_000 });
  await lan.clock.advance(20_000);
  assert.ok(Math.abs((seen(a, b)?.clockSkewMs as number) - 90_000) < 250);
  const states = follow(a, b);
  b.clockErrorMs = -86_400_000;
  await lan.clock.advance(30_000);
  assert.ok(Math.abs((seen(a, b)?.clockSkewMs as number) + 86_400_000) < 250);
  lan.clock.stepWall(3_600_000);
  await lan.clock.advance(120_000);
  assert.deepEqual(states, ['alive']);
});

test('a peer that was stopped for a while does not take the others for dead', async () => {
  const lan = createPresenceLan();
  const [a, b] = add(lan, 2);
  await lan.clock.advance(20_000);
  const states = follow(a, b);
  a.sleep(600_000);
  await lan.clock.advance(60_000);
  assert.ok(
    states.every((word) => word === 'alive'),
    states.join(),
  );
});

test('two interfaces are one peer with two addresses, and one that falls away is dropped', async () => {
  const lan = createPresenceLan();
  const server = lan.addHost({ segments: ['lan', 'dmz'], role: 'server' });
  const agent = lan.addHost({ segments: ['lan', 'dmz'] });
  await lan.clock.advance(2_000);
  assert.equal(server.engine.peers().length, 1);
  assert.equal(seen(server, agent)?.addresses.length, 2);
  lan.blocks((from, to) => from === agent.address || to === agent.address);
  await lan.clock.advance(120_000);
  assert.equal(state(server, agent), 'alive');
  assert.equal(seen(server, agent)?.addresses.length, 1);
});

test('many who suspect one are answered by one new incarnation', async () => {
  const lan = createPresenceLan();
  const hosts = add(lan, 20);
  const [victim] = hosts;
  await lan.clock.advance(5_000);
  let cut = true;
  lan.blocks((from) => cut && from === victim.address);
  await lan.clock.advance(45_000);
  assert.ok(hosts.slice(1).some((host) => state(host, victim) === 'suspect'));
  cut = false;
  await lan.clock.advance(13_000);
  for (const host of hosts.slice(1)) assert.equal(state(host, victim), 'alive');
  const incarnations = hosts[1].heard
    .map(({ bytes }) => JSON.parse(new TextDecoder().decode(bytes)).signed)
    .filter((signed) => signed.from === victim.identity.id && signed.incarnation !== undefined)
    .map((signed) => signed.incarnation as number);
  assert.equal(Math.max(...incarnations), 1);
});

test('services travel in pieces, through loss, and follow changes', async () => {
  const lan = createPresenceLan();
  lan.lossRatio = 0.2;
  const [a, b] = add(lan, 2);
  const many = Array.from({ length: 128 }, (_, i) => ({
    kind: 'web',
    name: `site ${i} “ü” ${'x'.repeat(40)}`,
    port: i + 1,
  }));
  b.engine.setServices(many);
  await lan.clock.advance(400_000);
  assert.deepEqual(seen(a, b)?.services, many);
  b.engine.setServices([{ kind: 'ssh', name: 'only' }]);
  await lan.clock.advance(60_000);
  assert.deepEqual(seen(a, b)?.services, [{ kind: 'ssh', name: 'only' }]);
  b.engine.setServices([]);
  await lan.clock.advance(60_000);
  assert.deepEqual(seen(a, b)?.services, []);
});

test('where multicast does not pass, a seed set on one side is enough for both', async () => {
  const lan = createPresenceLan();
  lan.blocks((_from, _to, multicast) => multicast);
  const [near, far, third] = add(lan, 3);
  far.engine.setSeeds([{ address: near.address, port: 4432 }]);
  await lan.clock.advance(3_000);
  assert.equal(state(far, near), 'alive');
  assert.equal(state(near, far), 'alive');
  const states = [follow(near, far), follow(far, near)];
  await lan.clock.advance(600_000);
  for (const one of states) assert.deepEqual(one, ['alive']);
  assert.equal(third.engine.peers().length, 0);
  const stopped = near.engine.stop();
  await lan.clock.advance(300);
  await stopped;
  assert.equal(state(far, near), 'left');
});

test('the list has an end', async () => {
  const lan = createPresenceLan();
  const [a] = add(lan, 1, { limits: { maxMembers: 8 } });
  add(lan, 12);
  await lan.clock.advance(60_000);
  assert.equal(a.engine.peers().length, 8);
  assert.ok(a.engine.counters().refused.full > 0);
});

test('a peer that is gone makes room for one that comes', async () => {
  const lan = createPresenceLan();
  const [a] = add(lan, 1, { limits: { maxMembers: 2 } });
  const [b, c] = add(lan, 2);
  await lan.clock.advance(5_000);
  b.kill();
  await lan.clock.advance(100_000);
  const fresh = lan.addHost({ identity: createIdentity() });
  await lan.clock.advance(15_000);
  assert.equal(state(a, fresh), 'alive');
  assert.equal(state(a, c), 'alive');
  assert.equal(seen(a, b), undefined);
});
