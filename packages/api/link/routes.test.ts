/** Rounds of traceroute over a real link: from an agent to the bus, and what is asked for at once back. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createCuttableProxy } from '@maille/testkit/cuttable-proxy';
import { eventually } from '@maille/testkit/eventually';
import { createLabAgent } from '@maille/testkit/lab-agent';
import { createLinkLab, labTarget } from '@maille/testkit/link-lab';
import type { TraceRound } from '@maille/wire/traceroute';

const stops: (() => unknown)[] = [];
after(async () => {
  for (const stop of stops.reverse()) await stop();
});

const round = (targetId: number, more: Partial<TraceRound> = {}): TraceRound => ({
  targetId,
  address: '127.0.0.1',
  atMs: Date.now(),
  method: 'udp',
  flows: [{ flow: 0, hops: [{ address: '127.0.0.1', rttNs: 5_000 }], end: 'reached' }],
  ...more,
});

async function world() {
  const lab = await createLinkLab();
  const proxy = await createCuttableProxy(lab.port);
  lab.setTargets([labTarget(1), labTarget(2)]);
  const agent = createLabAgent({ server: { url: `wss://127.0.0.1:${proxy.port}/link` } });
  stops.push(lab.stop, proxy.stop, agent.stop);
  const heard: { agentNumber: number; rounds: TraceRound[] }[] = [];
  lab.bus.subscribe('routes', (message) => heard.push(message));
  await eventually('pending', () => agent.link.state === 'pending');
  const approve = async () => {
    await lab.registry.approve(agent.identity.id, 'test');
    await eventually('targets', () => agent.targets.list().length === 2);
  };
  return { lab, proxy, agent, heard, approve, rounds: () => heard.flatMap(({ rounds }) => rounds) };
}

test('rounds wait for the approval and for the link, and reach the bus in their order', async () => {
  const { lab, proxy, agent, heard, approve, rounds } = await world();
  const sent = [round(1), round(2), round(1, { atMs: Date.now() + 1 })];
  agent.link.routeTraced(sent[0] as TraceRound);
  assert.equal(lab.endpoint.traceNow(agent.identity.id, [1]), false, 'it is not approved');
  await approve();
  await eventually('the first round', () => rounds().length === 1);
  assert.equal(heard[0]?.agentNumber, lab.registry.get(agent.identity.id)?.agentNumber);
  proxy.cut();
  await eventually('down', () => agent.link.state === 'connecting');
  for (const one of sent.slice(1)) agent.link.routeTraced(one);
  proxy.mend();
  await eventually('the others', () => rounds().length === 3);
  assert.deepEqual(rounds(), sent);
});

test('what cannot be is left out: unknown targets, what is no address, the far future, two of one flow', async () => {
  const { agent, approve, rounds } = await world();
  await approve();
  const [flow] = round(1).flows as [TraceRound['flows'][number]];
  const hops = (address: string | null, rttNs: number | null) => [{ ...flow, hops: [{ address, rttNs }] }];
  for (const one of [
    round(3),
    round(1, { address: 'evil\u001b[2J' }),
    round(1, { address: '010.0.0.1' }),
    round(1, { flows: hops('<b>', 1) }),
    round(1, { flows: hops('::FFFF', 1) }),
    round(1, { flows: hops(null, 1) }),
    round(1, { flows: hops('10.0.0.1', null) }),
    round(1, { flows: [flow, flow] }),
    round(1, { atMs: Date.now() + 2 * 86_400_000 }),
    round(2),
  ])
    agent.link.routeTraced(one);
  await eventually('the good one', () => rounds().length > 0);
  assert.deepEqual(
    rounds().map(({ targetId }) => targetId),
    [2],
  );
  assert.equal(agent.link.state, 'approved', 'and the link stands');
});

test('what is no round ends the connection', async () => {
  const { agent, approve, rounds } = await world();
  await approve();
  agent.link.routeTraced({ ...round(1), method: 'pigeon' } as unknown as TraceRound);
  await eventually('down', () => agent.link.state === 'connecting');
  assert.equal(rounds().length, 0);
});

test('an agent that is there is asked to trace at once', async () => {
  const { lab, agent, approve } = await world();
  await approve();
  const ids = Array.from({ length: 300 }, (_, i) => i + 1);
  assert.equal(lab.endpoint.traceNow(agent.identity.id, ids), true);
  await eventually('asked', () => agent.asked.length === 300);
  assert.deepEqual(agent.asked, ids);
  assert.equal(lab.endpoint.traceNow('0'.repeat(32), [1]), false);
});
