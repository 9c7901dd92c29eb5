/** Agents and a server over real TLS on loopback: who gets in, and what becomes of them. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createIdentity } from '@maille/host/identity';
import { eventually } from '@maille/testkit/eventually';
import { createLabAgent, type LabAgent, type LabAgentOptions } from '@maille/testkit/lab-agent';
import { createLinkLab, labBatch, labTarget } from '@maille/testkit/link-lab';
import type { Peer } from '@maille/wire/presence/peer';

const localAgent = createIdentity();
const lab = await createLinkLab({ seeds: ['seed.example:4432'], localAgentId: localAgent.id });
lab.setTargets([labTarget(1), labTarget(2)]);
const agents: LabAgent[] = [];
after(async () => {
  for (const agent of agents) agent.stop();
  await lab.stop();
});

function join(more: Partial<LabAgentOptions> & { token?: string } = {}): LabAgent {
  const { token, ...options } = more;
  const agent = createLabAgent({ server: { url: lab.url, token }, ...options });
  agents.push(agent);
  return agent;
}
const machineOf = (agent: LabAgent) => lab.registry.get(agent.identity.id);

test('an agent connects, waits, is approved, gets its targets, and its samples are kept', async () => {
  const agent = join();
  await eventually('pending', () => agent.link.state === 'pending');
  assert.equal(agent.server.serverId, lab.identity.id, 'the server is pinned at first contact');
  assert.deepEqual(agent.seeds, ['seed.example:4432']);
  assert.equal(machineOf(agent)?.connected, true);
  agent.sample(labBatch([1, 2], 1_000));

  await lab.registry.approve(agent.identity.id, 'test');
  await eventually('targets', () => agent.targets.list().length === 2);
  lab.setSeeds(['other.example']);
  await eventually('changed seeds', () => agent.seeds.join() === 'other.example');
  agent.sample(labBatch([1, 2], 2_000));
  await eventually('samples', () => lab.series.stored.size === 4);
  await eventually('acknowledged', () => agent.spool.state().samples === 0);
  assert.deepEqual([...lab.series.stored.values()], [1, 1, 1, 1]);

  agent.stop();
  await eventually('gone', () => machineOf(agent)?.connected === false);
  assert.equal(machineOf(agent)?.status, undefined);
});

test('an agent that trusts another server says nothing to this one', async () => {
  const agent = join({ server: { url: lab.url, serverId: createIdentity().id } });
  await eventually('refusals', () => agent.failures.length > 1);
  assert.match(agent.failures[0] ?? '', /trusts .* only/);
  assert.equal(machineOf(agent), undefined, 'it has not proved itself');
});

test('a join token approves so many machines, and says why when it does not', async () => {
  const { secret, joinToken } = await lab.registry.createJoinToken({ uses: 2, note: 'rack 4' }, 'test');
  assert.equal(joinToken.usesLeft, 2);
  const [one, two, three] = [join({ token: secret }), join({ token: secret }), join({ token: secret })];
  await eventually('all there', () => [one, two, three].every((agent) => machineOf(agent)?.connected));
  const states = [one, two, three].map((agent) => machineOf(agent)?.state);
  assert.deepEqual(states.sort(), ['approved', 'approved', 'pending'], 'two uses, three machines at once');
  assert.deepEqual(await lab.registry.listJoinTokens(), []);
  for (const agent of [one, two, three]) {
    await eventually('known', () => agent.server.serverId !== undefined);
    assert.equal(agent.server.token, undefined, 'the token is not kept');
  }
  assert.match(machineOf(one)?.approvedBy ?? machineOf(two)?.approvedBy ?? '', /^join token \d+$/);

  const stranger = join({ token: 'join_nonsense' });
  await eventually('pending', () => stranger.link.state === 'pending');
  assert.equal(machineOf(stranger)?.state, 'pending');
});

test('a machine that needs no token does not use it up', async () => {
  const agent = join();
  await eventually('pending', () => agent.link.state === 'pending');
  await lab.registry.approve(agent.identity.id, 'test');
  agent.stop();
  const { secret } = await lab.registry.createJoinToken({}, 'test');
  const again = join({ identity: agent.identity, token: secret });
  await eventually('approved', () => again.link.state === 'approved');
  assert.equal((await lab.registry.listJoinTokens())[0]?.usesLeft, 1);
});

test('the agent beside the server is approved when it comes, unless it was rejected', async () => {
  const agent = join({ identity: localAgent });
  await eventually('approved', () => agent.link.state === 'approved');
  assert.equal(machineOf(agent)?.approvedBy, 'maille up');
  await lab.registry.reject(localAgent.id, 'test');
  await eventually('rejected', () => agent.link.state === 'rejected');
  agent.stop();
  const again = join({ identity: localAgent });
  await eventually('rejected again', () => again.link.state === 'rejected');
});

test('a rejected agent probes nothing, and hears of its approval when it asks again', async () => {
  const agent = join();
  await eventually('pending', () => agent.link.state === 'pending');
  await lab.registry.approve(agent.identity.id, 'test');
  await eventually('targets', () => agent.targets.list().length === 2);
  await lab.registry.reject(agent.identity.id, 'test');
  await eventually('rejected', () => agent.link.state === 'rejected' && agent.targets.list().length === 0);
  await eventually('gone', () => machineOf(agent)?.connected === false);
  await lab.registry.approve(agent.identity.id, 'test');
  agent.stop();
  const again = join({ identity: agent.identity });
  await eventually('approved', () => again.targets.list().length === 2);
});

test('an agent asked to prove itself anew connects again, waits, keeps its samples, and goes on once approved', async () => {
  const agent = join();
  await eventually('pending', () => agent.link.state === 'pending');
  await lab.registry.approve(agent.identity.id, 'test');
  await eventually('approved', () => agent.link.state === 'approved');
  const firstConnection = machineOf(agent)?.connectedChangedAtMs as number;
  await lab.registry.reauthenticate(agent.identity.id, 'test');
  await eventually(
    'a new proof',
    () => agent.link.state === 'reauthenticate' && machineOf(agent)?.connected === true,
  );
  assert.ok((machineOf(agent)?.connectedChangedAtMs as number) >= firstConnection);
  const before = lab.series.stored.size;
  agent.sample(labBatch([1], 77_000));
  assert.equal(agent.targets.list().length, 2, 'it goes on probing');
  await lab.registry.approve(agent.identity.id, 'test');
  await eventually('delivered', () => lab.series.stored.size === before + 1);
});

test('the newest connection of an agent is the true one', async () => {
  const identity = createIdentity();
  const first = join({ identity, random: () => 0.99 });
  await eventually('pending', () => first.link.state === 'pending');
  const second = join({ identity });
  await eventually('second', () => second.link.state === 'pending');
  await eventually('first lost', () => first.link.state === 'connecting');
  assert.equal(lab.registry.get(identity.id)?.connected, true);
});

test('a forgotten machine comes back as pending, with the number that its series have', async () => {
  const agent = join();
  await eventually('pending', () => agent.link.state === 'pending');
  const { agentNumber } = await lab.registry.approve(agent.identity.id, 'test');
  await lab.registry.forget(agent.identity.id);
  await eventually('back', () => machineOf(agent)?.state === 'pending' && agent.link.state === 'pending');
  assert.equal(machineOf(agent)?.agentNumber, agentNumber);

  // One that was never approved gives its number back.
  const stranger = join();
  await eventually('pending', () => stranger.link.state === 'pending');
  const free = machineOf(stranger)?.agentNumber;
  stranger.stop();
  await eventually('gone', () => machineOf(stranger)?.connected === false);
  await lab.registry.forget(stranger.identity.id);
  const next = join();
  await eventually('pending', () => next.link.state === 'pending');
  assert.equal(machineOf(next)?.agentNumber, free);
});

test('only the peers of approved agents are believed, and those of several are one list', async () => {
  const peer: Peer = {
    id: 'ab'.repeat(16),
    hostname: 'printer',
    role: 'agent',
    state: 'alive',
    addresses: ['192.0.2.7'],
    version: '0.1.0',
    services: [],
    firstSeenMs: 1_000,
    lastSeenMs: 5_000,
    clockSkewMs: 0,
    cloned: false,
  };
  const later: Peer = {
    ...peer,
    addresses: ['2001:db8::7'],
    state: 'suspect',
    firstSeenMs: 500,
    lastSeenMs: 6_000,
  };
  const one = join({ peers: [peer] });
  const two = join({ peers: [later] });
  const stranger = join({ peers: [{ ...peer, id: 'cd'.repeat(16) }] });
  await eventually('pending', () => [one, two, stranger].every((agent) => agent.link.state === 'pending'));
  assert.deepEqual(lab.registry.peers(), []);
  for (const agent of [one, two]) await lab.registry.approve(agent.identity.id, 'test');
  await eventually('seen by two', () => lab.registry.peers()[0]?.seenBy.length === 2);
  const [seen, ...others] = lab.registry.peers();
  assert.deepEqual(others, []);
  assert.equal(seen?.state, 'suspect', 'as the one says that heard it last');
  assert.equal(seen?.firstSeenMs, 500);
  assert.deepEqual(seen?.addresses.sort(), ['192.0.2.7', '2001:db8::7']);
  one.link.peersChanged({ put: [], remove: [peer.id] });
  await eventually('seen by one', () => lab.registry.peers()[0]?.seenBy.length === 1);
});
