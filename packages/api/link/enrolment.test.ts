/** Agents and a server over real TLS on loopback: who gets in, and what becomes of them. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { eventually } from '@maille/testkit/eventually';
import { createLabAgent } from '@maille/testkit/lab-agent';
import { createLinkLab, labBatch, labTarget } from '@maille/testkit/link-lab';

const lab = await createLinkLab({ seeds: ['seed.example:4432'] });
lab.setTargets([labTarget(1), labTarget(2)]);
after(() => lab.stop());

test('an agent connects, waits, is approved, gets its targets, and its samples are kept', async () => {
  const agent = createLabAgent({ server: { url: lab.url } });
  try {
    await eventually('pending', () => agent.link.state === 'pending');
    assert.equal(agent.server.serverId, lab.identity.id, 'the server is pinned at first contact');
    assert.deepEqual(agent.seeds, ['seed.example:4432']);
    assert.equal(lab.registry.get(agent.identity.id)?.connected, true);
    agent.sample(labBatch([1, 2], 1_000));

    await lab.registry.approve(agent.identity.id, 'test');
    await eventually('targets', () => agent.targets.list().length === 2);
    agent.sample(labBatch([1, 2], 2_000));
    await eventually('samples', () => lab.series.stored.size === 4);
    await eventually('acknowledged', () => agent.spool.state().samples === 0);
    assert.deepEqual([...lab.series.stored.values()], [1, 1, 1, 1]);
  } finally {
    agent.stop();
  }
});
