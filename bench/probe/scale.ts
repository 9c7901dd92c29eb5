/**
 * The everyday load: ten thousand addresses once a second, by the real sensor, agent and server; the server
 * in the namespace that answers. Half of the time a page watches the grid. What was sent is what the far
 * kernel counted; what was lost is what the server's series do not hold a reply for.
 */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { openIdentity } from '@maille/host/identity';
import { eventually } from '@maille/testkit/eventually';
import { startRealProgram } from '@maille/testkit/real-program';
import { addressAt, createAnsweringNetwork, FAR_ADDRESS } from './answering-network.ts';
import { countStored } from './count-stored.ts';
import { type BenchPart, type Figure, pause } from './figure.ts';
import { costOf, residentMb } from './process-cost.ts';
import { programFile, startRealServer, through } from './real-server.ts';

const TARGETS = 10_000;
/** New targets are begun over seconds; then the code is warm. */
const WARM_MS = 10_000;
const LOOK_MS = 2_000;

type Mb = ReturnType<typeof residentMb>;

export async function scale({ folder, seconds = 120, say }: BenchPart): Promise<Figure[]> {
  const network = createAnsweringNetwork();
  const serverDir = mkdtempSync(join(folder, 'server-'));
  const agentDir = mkdtempSync(join(folder, 'agent-'));
  const agentId = openIdentity(join(agentDir, 'identity', 'agent.key')).id;
  const server = await startRealServer(network.far, serverDir, agentId);
  const startedAtMs = Date.now();
  const start = (name: string, file: string) =>
    startRealProgram({
      file: programFile('agent', file),
      through: through(network.prober),
      environment: {
        MAILLE_DATA_DIR: agentDir,
        MAILLE_RUN_DIR: join(agentDir, 'run'),
        MAILLE_PRESENCE: 'off',
        MAILLE_LOG_LEVEL: 'warn',
        MAILLE_SERVER_URL: `wss://${FAR_ADDRESS}:4443/link`,
        MAILLE_SERVER_ID: server.id,
      },
      logFile: join(agentDir, `${name}.log`),
    });
  const sensor = start('sensor', 'sensor-main.ts');
  const agent = start('agent', 'main.ts');
  const programs = { sensor, agent, server: server.program };
  try {
    await eventually('sensor and agent are up', () => sensor.ready && agent.ready, 60_000);
    // Traces are echoes too, and no samples.
    server.ask('PATCH', '/settings', { traceroutePrefixes: false });
    const before = network.echoesAsked();
    const ids = server.addTargets(`${addressAt(4, 0)}-${addressAt(4, TARGETS - 1)}`);
    const asked = () => network.echoesAsked() - before;
    await eventually('all are probed', () => asked() > TARGETS, 60_000);
    await pause(WARM_MS);

    const memory = { together: 0, sensor: 0, agent: 0 };
    const lookAtMemory = () => {
      const [one, other] = [sensor, agent].map(({ pid }) => residentMb(pid as number)) as [Mb, Mb];
      // What both map is one memory: Node's program and the C library.
      const together = one.own + other.own + Math.max(one.shared, other.shared);
      memory.together = Math.max(memory.together, together);
      memory.sensor = Math.max(memory.sensor, one.own + one.shared);
      memory.agent = Math.max(memory.agent, other.own + other.shared);
    };
    const measure = async (forSeconds: number) => {
      const pids = Object.values(programs).map(({ pid }) => pid as number);
      const from = pids.map(costOf);
      const beganMs = performance.now();
      while (performance.now() - beganMs < forSeconds * 1_000) {
        await pause(Math.min(LOOK_MS, forSeconds * 1_000 - (performance.now() - beganMs)));
        lookAtMemory();
      }
      const took = (performance.now() - beganMs) / 1_000;
      const shares = pids.map((pid, i) => (costOf(pid).cpuSeconds - (from[i]?.cpuSeconds ?? 0)) / took);
      const [sensorShare = 0, agentShare = 0, serverShare = 0] = shares.map((share) => share * 100);
      return { sensorShare, agentShare, serverShare };
    };
    say(`${TARGETS} targets, nobody watches …`);
    const alone = await measure(seconds / 2);
    say('… and a page shows the grid');
    const page = await server.watchGrid();
    const watched = await measure(seconds / 2);
    const shown = await page.end();

    server.removeTargets(ids);
    let last = -1;
    const isStill = () => {
      const before = last;
      last = asked();
      return last === before;
    };
    await eventually('no more is sent', isStill, 30_000);
    await pause(3_000);
    const deaths = Object.values(programs).reduce((sum, one) => sum + one.deaths.length, 0);
    await sensor.stop();
    await pause(1_000); // the agent's last frames
    await agent.stop();
    await server.program.stop();
    const stored = await countStored(serverDir, ids, startedAtMs - 60_000, Date.now() + 60_000);

    return [
      { name: 'echoes sent', value: asked(), unit: 'echoes' },
      { name: 'lost, by what the series hold', value: asked() - stored.replies, unit: 'echoes', atMost: 0 },
      { name: 'samples without an echo', value: stored.samples - asked(), unit: 'samples', atMost: 0 },
      { name: 'programs that died', value: deaths, unit: '', atMost: 0 },
      { name: 'sensor', value: (alone.sensorShare + watched.sensorShare) / 2, unit: '% a core' },
      { name: 'agent', value: (alone.agentShare + watched.agentShare) / 2, unit: '% a core' },
      {
        name: 'sensor and agent',
        value: (alone.sensorShare + alone.agentShare + watched.sensorShare + watched.agentShare) / 2,
        unit: '% a core',
        atMost: 20,
      },
      { name: 'sensor and agent, resident at most', value: memory.together, unit: 'MB', atMost: 200 },
      { name: 'sensor by itself', value: memory.sensor, unit: 'MB' },
      { name: 'agent by itself', value: memory.agent, unit: 'MB' },
      { name: 'server, nobody watches', value: alone.serverShare, unit: '% a core', atMost: 15 },
      { name: 'server, one page watches', value: watched.serverShare, unit: '% a core', atMost: 15 },
      { name: 'samples that the page got', value: shown.samples, unit: 'samples' },
      { name: 'samples that it was spared', value: shown.skipped, unit: 'samples', atMost: 0 },
    ];
  } finally {
    for (const program of Object.values(programs)) await program.stop().catch(() => {});
    network.remove();
  }
}
