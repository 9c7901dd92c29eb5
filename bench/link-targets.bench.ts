/**
 * How long a change of targets takes from the bus of the server to the agents: ten agents with ten thousand
 * targets each, over real TLS on loopback.
 */
import { eventually } from '@maille/testkit/eventually';
import { createLabAgent } from '@maille/testkit/lab-agent';
import { createLinkLab, labTarget } from '@maille/testkit/link-lab';

const AGENTS = 10;
const TARGETS = 10_000;
const CHANGES = 50;

const lab = await createLinkLab();
const targets = Array.from({ length: TARGETS }, (_, i) => labTarget(i + 1));
lab.setTargets(targets);
const agents = Array.from({ length: AGENTS }, () => createLabAgent({ server: { url: lab.url } }));
await eventually('pending', () => agents.every(({ link }) => link.state === 'pending'), 30_000);
for (const { identity } of agents) await lab.registry.approve(identity.id, 'bench');
await eventually('lists', () => agents.every((agent) => agent.targets.list().length === TARGETS), 30_000);

const tookMs: number[] = [];
for (let i = 0; i < CHANGES; i++) {
  const changed = { ...(targets[i] as (typeof targets)[number]), intervalMs: 2_000 };
  const revisions = agents.map((agent) => agent.targets.revision);
  const startMs = performance.now();
  targets[i] = changed;
  lab.setTargets([...targets]);
  while (agents.some((agent, at) => agent.targets.revision === revisions[at])) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  tookMs.push(performance.now() - startMs);
}
tookMs.sort((a, b) => a - b);
const at = (share: number) => Math.round((tookMs[Math.floor(share * (CHANGES - 1))] as number) * 10) / 10;
console.log({ agents: AGENTS, targets: TARGETS, changes: CHANGES, medianMs: at(0.5), maxMs: at(1) });
for (const agent of agents) agent.stop();
await lab.stop();
process.exit(0);
