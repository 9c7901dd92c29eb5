/** Samples and targets over a link that is cut, frozen, slow and refused: real TLS, a relay whose cable can be pulled. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createCuttableProxy } from '@maille/testkit/cuttable-proxy';
import { eventually } from '@maille/testkit/eventually';
import { createLabAgent, type LabAgent } from '@maille/testkit/lab-agent';
import { createLinkLab, type LinkLab, labBatch, labMachine, labTarget } from '@maille/testkit/link-lab';
import { createRecordingSeries } from '@maille/testkit/recording-series';
import { createTargetFeed } from './target-feed.ts';

const stops: (() => unknown)[] = [];
after(async () => {
  for (const stop of stops.reverse()) await stop();
});

async function approvedPair(targetIds: number[]): Promise<{
  lab: LinkLab;
  proxy: Awaited<ReturnType<typeof createCuttableProxy>>;
  agent: LabAgent;
  ids: number[];
}> {
  const lab = await createLinkLab();
  const proxy = await createCuttableProxy(lab.port);
  lab.setTargets(targetIds.map((id) => labTarget(id)));
  const agent = createLabAgent({ server: { url: `wss://127.0.0.1:${proxy.port}/link` } });
  stops.push(lab.stop, proxy.stop, agent.stop);
  await eventually('pending', () => agent.link.state === 'pending');
  await lab.registry.approve(agent.identity.id, 'test');
  await eventually('targets', () => agent.targets.list().length === targetIds.length);
  return { lab, proxy, agent, ids: targetIds };
}
const allOnce = (lab: LinkLab, count: number) => {
  assert.equal(lab.series.stored.size, count);
  assert.ok([...lab.series.stored.values()].every((times) => times === 1));
};

test('a link cut and mended: the gap fills in order while what is new goes on, each sample once', async () => {
  const { lab, proxy, agent, ids } = await approvedPair([1, 2, 3, 4, 5]);
  const live: number[] = [];
  const backlog: number[] = [];
  lab.bus.subscribe('samples', (message) => {
    (message.backlog ? backlog : live).push(message.batch.baseMs);
  });
  let second = 0;
  const probe = () => agent.sample(labBatch(ids, ++second * 1_000));
  for (let i = 0; i < 20; i++) probe();
  await eventually('first live', () => live.length === 20);

  for (let round = 0; round < 3; round++) {
    proxy.cut();
    await eventually('down', () => agent.link.state === 'connecting');
    for (let i = 0; i < 300; i++) probe();
    proxy.mend();
    await eventually('up', () => agent.link.state === 'approved');
    for (let i = 0; i < 10; i++) probe();
    await eventually('what is new goes beside it', () => live.length === 20 + 10 * (round + 1));
  }
  await eventually('all delivered', () => agent.spool.state().samples === 0);
  allOnce(lab, second * ids.length);
  assert.ok(backlog.length >= 900, `${backlog.length} from the backlog`);
  assert.deepEqual(
    backlog,
    backlog.toSorted((a, b) => a - b),
    'the gaps fill in order',
  );
});

test('a cable pulled without a word is noticed, and nothing is lost or doubled', async () => {
  const { lab, proxy, agent, ids } = await approvedPair([1, 2, 3]);
  for (let i = 1; i <= 50; i++) agent.sample(labBatch(ids, i * 1_000));
  proxy.freeze();
  for (let i = 51; i <= 100; i++) agent.sample(labBatch(ids, i * 1_000));
  // What was in flight may have arrived without its acknowledgement coming back.
  proxy.cut();
  proxy.mend();
  for (let i = 101; i <= 110; i++) agent.sample(labBatch(ids, i * 1_000));
  await eventually('all delivered', () => agent.spool.state().samples === 0);
  allOnce(lab, 110 * ids.length);
});

test('a store that refuses gets no acknowledgement: the agent keeps all, and delivers later', async () => {
  const { lab, agent, ids } = await approvedPair([1, 2]);
  lab.series.failing = true;
  for (let i = 1; i <= 30; i++) agent.sample(labBatch(ids, i * 1_000));
  await eventually('refused', () => lab.endpoint.counters.failed >= 30);
  assert.equal(agent.spool.state().samples, 60);
  assert.equal(lab.series.stored.size, 0);
  lab.series.failing = false;
  lab.drop();
  await eventually('all delivered', () => agent.spool.state().samples === 0);
  allOnce(lab, 60);
});

test('a server that is slow is waited for: what is in flight stays bounded, and all arrives once', async () => {
  const fast = createRecordingSeries();
  const lab = await createLinkLab({
    series: {
      append(source, batch) {
        const endMs = performance.now() + 4; // a disk that takes its time, and the thread with it
        while (performance.now() < endMs);
        return fast.append(source, batch);
      },
    },
  });
  const ids = Array.from({ length: 2_000 }, (_, i) => i + 1);
  lab.setTargets(ids.map((id) => labTarget(id)));
  const agent = createLabAgent({ server: { url: lab.url } });
  stops.push(lab.stop, agent.stop);
  await eventually('pending', () => agent.link.state === 'pending');
  for (let i = 1; i <= 100; i++) agent.sample(labBatch(ids, i * 10_000)); // 2.8 MB wait
  await lab.registry.approve(agent.identity.id, 'test');
  await eventually('approved', () => agent.link.state === 'approved');
  for (let i = 101; i <= 150; i++) agent.sample(labBatch(ids, i * 10_000));
  await eventually('all delivered', () => agent.spool.state().samples === 0, 30_000);
  assert.equal(fast.stored.size, 150 * ids.length);
  assert.ok([...fast.stored.values()].every((times) => times === 1));
  assert.equal(lab.endpoint.counters.duplicates, 0, 'nothing was sent twice out of impatience');
});

test('samples of targets that nobody knows, and from the future, are counted and not kept', async () => {
  const { lab, agent } = await approvedPair([1, 2]);
  agent.sample(labBatch([1, 99, 2], 1_000));
  agent.sample(labBatch([98], 2_000));
  agent.sample(labBatch([1], Date.now() + 3 * 86_400_000));
  await eventually('answered', () => agent.spool.state().samples === 0);
  assert.equal(lab.series.stored.size, 2);
  assert.equal(lab.endpoint.counters.unknown, 2);
  assert.equal(lab.endpoint.counters.ahead, 1);
  // A target that has just gone is still known: it may be restored with its series.
  lab.setTargets([labTarget(1)]);
  agent.sample(labBatch([2], 3_000));
  await eventually('kept', () => lab.series.stored.size === 3);
});

test('a change of targets reaches the agents that it concerns, and only them', async () => {
  const { lab, agent } = await approvedPair([1, 2]);
  const other = createLabAgent({ server: { url: lab.url } });
  stops.push(other.stop);
  await eventually('pending', () => other.link.state === 'pending');
  await lab.registry.approve(other.identity.id, 'test');
  await eventually('targets', () => other.targets.list().length === 2);

  lab.setTargets([labTarget(1), labTarget(3, { agents: { by: 'ids', ids: [other.identity.id] } })]);
  await eventually('told', () => other.targets.list().some(({ id }) => id === 3));
  await eventually('told', () => agent.targets.list().length === 1);
  assert.deepEqual(
    agent.targets.list().map(({ id }) => id),
    [1],
  );
  const unmoved = agent.targets.revision;
  lab.setTargets([
    labTarget(1),
    labTarget(3, { agents: { by: 'ids', ids: [other.identity.id] }, intervalMs: 5_000 }),
  ]);
  await eventually('told', () => other.targets.list().some(({ intervalMs }) => intervalMs === 5_000));
  assert.equal(
    agent.targets.revision > unmoved,
    agent.targets.list().length > 1,
    'not told what is not its own',
  );

  // By tag, and the tag comes later.
  const tagged = labTarget(4, { agents: { by: 'tags', tags: ['rack-4'] } });
  lab.setTargets([labTarget(1), tagged]);
  await eventually('gone', () => other.targets.list().length === 1);
  await lab.registry.change(agent.identity.id, { tags: ['rack-4'] });
  await eventually('tagged', () => agent.targets.list().some(({ id }) => id === 4));
  assert.equal(other.targets.list().length, 1);
});

test('an agent whose revision does not meet asks for the whole list', async () => {
  const { lab, agent } = await approvedPair([1, 2]);
  agent.targets.replace({ revision: 999, targets: [] }); // as if a message had been lost
  lab.setTargets([labTarget(1), labTarget(2), labTarget(3)]);
  await eventually('whole again', () => agent.targets.list().length === 3);
});

test('a hundred thousand targets arrive in parts below the bound of a frame', async () => {
  const ids = Array.from({ length: 100_000 }, (_, i) => i + 1);
  const { agent } = await approvedPair(ids);
  assert.equal(agent.targets.list().length, 100_000);
});

test('each change builds on the last that this agent was told', () => {
  const said: unknown[] = [];
  let revision = 7;
  const feed = createTargetFeed({
    targets: {
      list: () => ({ revision, targets: [] }),
      get: () => undefined,
      forAgent: () => [],
      probeTarget: (target) => target,
    },
    replace: (params) => said.push(params),
    change: ({ baseRevision, revision: to, put, remove }) =>
      said.push([baseRevision, to, put.map(({ id }) => id), remove]),
  });
  const machine = labMachine(1);
  // Before the whole list there is nothing to build on; it will have this as well.
  feed.sendChange(machine, { baseRevision: 6, revision, put: [labTarget(4)], remove: [] });
  feed.sendDifference(machine);
  assert.deepEqual(said, []);
  feed.sendAll(machine);
  const foreign = labTarget(5, { agents: { by: 'ids', ids: ['b'.repeat(32)] } });
  feed.sendChange(machine, { baseRevision: 7, revision: ++revision, put: [foreign], remove: [] });
  feed.sendChange(machine, { baseRevision: 8, revision: ++revision, put: [labTarget(6)], remove: [] });
  feed.sendChange(machine, { baseRevision: 9, revision: ++revision, put: [], remove: [5] });
  feed.sendChange(machine, {
    baseRevision: 10,
    revision: ++revision,
    put: [{ ...foreign, id: 6 }],
    remove: [],
  });
  assert.deepEqual(said, [{ revision: 7, targets: [] }, [7, 9, [6], []], [9, 11, [], [6]]]);
});
