/**
 * Agents without sensors, over the real link: `simulated-agents.ts FOLDER SERVER-ID AGENTS PER-SECOND`, in the
 * server's namespace. Prints the agents' ids, then waits for a line on standard input: the seconds to say samples for.
 * Each has the targets that the server gave it, and says what a sensor would: every 150 ms those whose turn it was.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from '@maille/testkit/eventually';
import { createLabAgent, type LabAgent } from '@maille/testkit/lab-agent';
import { createSampleBatch, OUTCOME_REPLY, OUTCOME_TIMEOUT } from '@maille/wire/link/samples';

const BATCH_MS = 150;
/** A timeout among so many replies. */
const ONE_LOST_IN = 1_000;

const [folder, serverId, count, rate] = process.argv.slice(2) as [string, string, string, string];
const perSecond = Number(rate) / Number(count);
const agents = Array.from({ length: Number(count) }, (_, i) =>
  createLabAgent({
    server: { url: 'wss://127.0.0.1:4443/link', serverId },
    folder: join(folder, `simulated-${i}`),
  }),
);
console.log(JSON.stringify(agents.map(({ identity }) => identity.id)));
const lines = createInterface({ input: process.stdin });
const [seconds] = (await once(lines, 'line')) as [string];
const hasTargets = () => agents.every(({ targets }) => targets.list().length >= perSecond);
await eventually('every agent has its targets', hasTargets, 60_000);

const ids = agents.map(({ targets }) => Uint32Array.from(targets.list(), ({ id }) => id));
const batch = createSampleBatch(Math.ceil((2 * perSecond * BATCH_MS) / 1_000), 0);
let said = 0;

/** Turns `from` to `to - 1` of an agent, one target after the other, evenly over the time that they took. */
function say(agent: LabAgent, ownIds: Uint32Array, from: number, to: number, nowMs: number): void {
  batch.baseMs = nowMs - BATCH_MS;
  batch.count = to - from;
  for (let i = 0; i < batch.count; i++) {
    const turn = from + i;
    const lost = turn % ONE_LOST_IN === 0;
    batch.targetIds[i] = ownIds[turn % ownIds.length] as number;
    batch.offsetsUs[i] = (i * BATCH_MS * 1_000) / batch.count;
    batch.rtts10ns[i] = lost ? 0 : 200_000 + 20_000 * Math.random() + (turn % 977) * 300;
    batch.outcomes[i] = lost ? OUTCOME_TIMEOUT : OUTCOME_REPLY;
    batch.codes[i] = 0;
  }
  agent.sample(batch);
  said += batch.count;
}

const beganMs = performance.now();
const turns = agents.map(() => 0);
for (let round = 1; performance.now() - beganMs < Number(seconds) * 1_000; round++) {
  for (const [i, agent] of agents.entries()) {
    // Each at a moment of its own, as agents are.
    const dueMs = beganMs + (round + i / agents.length) * BATCH_MS;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
    const from = turns[i] as number;
    const to = Math.floor((round * BATCH_MS * perSecond) / 1_000);
    for (let at = from; at < to; at += batch.targetIds.length)
      say(agent, ids[i] as Uint32Array, at, Math.min(to, at + batch.targetIds.length), Date.now());
    turns[i] = to;
  }
}
const tookSeconds = (performance.now() - beganMs) / 1_000;
const waiting = () => agents.reduce((sum, { spool }) => sum + spool.state().samples, 0);
const waitingAtEnd = waiting();
await eventually('the server has all', () => waiting() === 0, 60_000);
const dropped = agents.reduce((sum, { spool }) => sum + spool.state().droppedSamples, 0);
console.log(JSON.stringify({ said, tookSeconds, waitingAtEnd, dropped }));
for (const agent of agents) agent.stop();
process.exit(0);
