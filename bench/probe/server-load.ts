/**
 * What a fleet costs its server: the real server program, and ten agents over the real link (TLS) that each
 * say ten thousand samples a second; half of the time a page watches the grid.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createNetwork } from '@maille/testkit/namespaces';
import { addressAt } from './answering-network.ts';
import { countStored } from './count-stored.ts';
import { type BenchPart, type Figure, pause } from './figure.ts';
import { costOf, residentMb } from './process-cost.ts';
import { startRealServer } from './real-server.ts';

const AGENTS = 10;
const TARGETS = 10_000;
const PER_SECOND = AGENTS * TARGETS;
/** Samples flow for so much longer than is measured: at the start, and while a page opens. */
const AROUND_SECONDS = 6;

interface Said {
  said: number;
  tookSeconds: number;
  waitingAtEnd: number;
  dropped: number;
}

export async function serverLoad({ folder, seconds = 60, say }: BenchPart): Promise<Figure[]> {
  const network = createNetwork();
  const home = network.addNamespace('server');
  const server = await startRealServer(home, mkdtempSync(join(folder, 'server-')));
  const agentFolder = join(folder, 'simulated');
  mkdirSync(agentFolder, { recursive: true });
  const program = [
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'simulated-agents.ts'),
    ...[agentFolder, server.id, String(AGENTS), String(PER_SECOND)],
  ];
  const agents = home.spawn(process.execPath, program, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: agents.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const nextLine = async () => JSON.parse((await lines.next()).value as string) as unknown;
  try {
    const agentIds = (await nextLine()) as string[];
    const ids = server.addTargets(`${addressAt(4, 0)}-${addressAt(4, TARGETS - 1)}`);
    await pause(3_000); // they connect, and wait to be approved
    for (const id of agentIds) server.ask('POST', `/machines/${id}/approve`);
    const startedAtMs = Date.now();
    agents.stdin?.write(`${seconds + AROUND_SECONDS}\n`);
    await pause(2_000);
    say(`${PER_SECOND} samples a second, nobody watches …`);
    const half = seconds / 2;
    const share = async () => {
      const from = costOf(server.pid).cpuSeconds;
      const beganMs = performance.now();
      await pause(half * 1_000);
      return (100 * (costOf(server.pid).cpuSeconds - from)) / ((performance.now() - beganMs) / 1_000);
    };
    const alone = await share();
    say('… and a page shows the grid');
    const page = await server.watchGrid();
    const watched = await share();
    const shown = await page.end();
    const memory = residentMb(server.pid);
    const { said, tookSeconds, waitingAtEnd, dropped } = (await nextLine()) as Said;
    const { deaths } = server.program;
    await server.program.stop();
    const stored = await countStored(server.dataDir, ids, startedAtMs - 60_000, Date.now() + 60_000);
    return [
      { name: 'samples said', value: said, unit: 'samples' },
      { name: 'samples a second', value: said / tookSeconds, unit: '', atLeast: 0.98 * PER_SECOND },
      { name: 'not in the series', value: said - stored.samples, unit: 'samples', atMost: 0 },
      { name: 'dropped by agents', value: dropped, unit: 'samples', atMost: 0 },
      { name: 'not yet acknowledged at the end', value: waitingAtEnd, unit: 'samples' },
      { name: 'deaths of the server', value: deaths.length, unit: '', atMost: 0 },
      { name: 'server, nobody watches', value: alone, unit: '% a core', atMost: 100 },
      { name: 'server, one page watches', value: watched, unit: '% a core', atMost: 100 },
      { name: 'server, resident', value: memory.own + memory.shared, unit: 'MB' },
      { name: 'samples that the page got', value: shown.samples, unit: 'samples' },
      { name: 'samples that it was spared', value: shown.skipped, unit: 'samples' },
    ];
  } finally {
    agents.kill('SIGKILL');
    await server.program.stop().catch(() => {});
    network.remove();
  }
}
