/**
 * Server, agent and sensor as real processes, killed with SIGKILL at random, again and again: everything
 * comes back by itself, no sample is lost but those that a dying sensor had not handed over, none is stored
 * twice, and database and series open clean. The truth is what tcpdump saw on the wire.
 *
 *   node chaos.soak.ts [--seconds 600] [--kills 30] [--targets 200] [--seed N]
 *
 * Root only: it runs in a network namespace of its own, where all targets are loopback addresses.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { openIdentity } from '@maille/host/identity';
import { compareSamples, type Interval } from '@maille/testkit/compare-samples';
import { startEchoLog } from '@maille/testkit/echo-log';
import { eventually } from '@maille/testkit/eventually';
import { runInNamespace } from '@maille/testkit/in-namespace';
import { createRandom } from '@maille/testkit/random';
import { readStored } from '@maille/testkit/read-stored';
import { type RealProgram, startRealProgram } from '@maille/testkit/real-program';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    kills: { type: 'string', default: '30' },
    targets: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    inside: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const kills = Number(values.kills);
const targets = Number(values.targets);

const NET = '127.1.0.0/16';
/** A probe sent so shortly before its sensor's death may have had no verdict, or not left the sensor. */
const UNDECIDED_MS = 1_500;
const TIMEOUT_MS = 1_000;

process.exit(
  values.inside ? await runInside() : await runInNamespace(import.meta.filename, process.argv.slice(2)),
);

async function runInside(): Promise<number> {
  const random = createRandom(Number(values.seed));
  const dataDir = mkdtempSync(join(tmpdir(), 'maille-chaos-'));
  const programs = startPrograms(dataDir);
  const { server, agent, sensor } = programs;
  try {
    await eventually('all three are up', () => server.ready && agent.ready && sensor.ready, 60_000);
    const echoLog = await startEchoLog('lo', NET, join(dataDir, 'wire.pcap'));
    // Traces are echoes too, and no samples.
    await ask(dataDir, '/settings', { traceroutePrefixes: false }, 'PATCH');
    const ids = await createTargets(dataDir);
    const startedAtMs = Date.now();
    await pause(3_000);

    const all = Object.entries(programs);
    const moments = Array.from({ length: kills }, () => random() * (seconds - 8) * 1_000).sort(
      (a, b) => a - b,
    );
    const victims: Record<string, number> = {};
    const beganMs = Date.now();
    for (const momentMs of moments) {
      await pause(Math.max(0, beganMs + momentMs - Date.now()));
      const [name, program] = all[Math.floor(random() * all.length)] as [string, RealProgram];
      program.kill();
      victims[name] = (victims[name] ?? 0) + 1;
    }
    await pause(Math.max(0, beganMs + seconds * 1_000 - Date.now()));
    await eventually('all three are back', () => server.ready && agent.ready && sensor.ready, 60_000);
    await waitUntilWell(dataDir, agent);
    const endedAtMs = Date.now();
    await pause(UNDECIDED_MS + 500); // the last probes of the window get their verdicts
    await waitUntilWell(dataDir, agent);
    const codes = [await sensor.stop(), await agent.stop(), await server.stop()];
    const { sentAtMs, droppedByKernel } = await echoLog.stop();

    const { stored, complaints } = await readStored(join(dataDir, 'series'), ids, startedAtMs, endedAtMs);
    complaints.push(...checkDatabase(join(dataDir, 'maille.sqlite')));
    const figures = compareSamples(
      sentAtMs,
      stored,
      { fromMs: startedAtMs, toMs: endedAtMs },
      sensor.deaths.map((death) => excuse(death.atMs, agent)),
    );
    const recoveryMs = Object.fromEntries(
      all.map(([name, { deaths }]) => [
        name,
        Math.max(0, ...deaths.map(({ atMs, backAtMs }) => (backAtMs ?? Number.POSITIVE_INFINITY) - atMs)),
      ]),
    );
    console.log({ seed: values.seed, seconds, targets, kills: victims, longestRecoveryMs: recoveryMs });
    console.log({ ...figures, missedByTcpdump: droppedByKernel, exitCodes: codes, complaints });
    const good =
      figures.lost === 0 &&
      figures.doubled === 0 &&
      figures.stored > 0.7 * targets * seconds &&
      complaints.length === 0 &&
      codes.every((code) => code === 0) &&
      droppedByKernel === 0;
    if (good) rmSync(dataDir, { recursive: true });
    else console.log(`failed; what it left: ${dataDir}`);
    return good ? 0 : 1;
  } catch (error) {
    console.log(error, `what it left: ${dataDir}`);
    for (const program of Object.values(programs)) await program.stop();
    return 1;
  }
}

/** What a sensor that dies takes with it: what had no verdict, and what an agent that is down has not taken. */
function excuse(diedAtMs: number, agent: RealProgram): Interval {
  let fromMs = diedAtMs - UNDECIDED_MS;
  for (const { atMs, backAtMs } of agent.deaths) {
    // Back, it takes a moment more until it has found the sensor.
    const down = atMs <= diedAtMs && (backAtMs === undefined || backAtMs + 3_000 >= diedAtMs);
    if (down) fromMs = Math.min(fromMs, atMs - UNDECIDED_MS);
  }
  return { fromMs, toMs: diedAtMs };
}

function startPrograms(dataDir: string): { server: RealProgram; agent: RealProgram; sensor: RealProgram } {
  const apps = join(import.meta.dirname, '..', '..');
  const agentId = openIdentity(join(dataDir, 'identity', 'agent.key')).id;
  const serverId = openIdentity(join(dataDir, 'identity', 'server.key')).id;
  const common = {
    MAILLE_DATA_DIR: dataDir,
    MAILLE_RUN_DIR: join(dataDir, 'run'),
    MAILLE_PRESENCE: 'off',
    MAILLE_LOG_LEVEL: 'info',
  };
  const start = (name: string, file: string, more: Record<string, string> = {}) =>
    startRealProgram({
      file: join(apps, file),
      environment: { ...common, ...more },
      logFile: join(dataDir, `${name}.log`),
    });
  return {
    server: start('server', 'server/main.ts', { MAILLE_LOCAL_AGENT_ID: agentId }),
    sensor: start('sensor', 'agent/sensor-main.ts'),
    agent: start('agent', 'agent/main.ts', {
      MAILLE_SERVER_URL: 'wss://127.0.0.1:4443/link',
      MAILLE_SERVER_ID: serverId,
    }),
  };
}

async function ask(
  dataDir: string,
  path: string,
  body?: unknown,
  method = body === undefined ? 'GET' : 'POST',
): Promise<unknown> {
  const token = readFileSync(join(dataDir, 'local-api-token'), 'utf8').trim();
  const response = await fetch(`http://127.0.0.1:4480/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

async function createTargets(dataDir: string): Promise<Map<number, string>> {
  const hosts = Array.from({ length: targets }, (_, i) => `127.1.${Math.floor(i / 200)}.${(i % 200) + 1}`);
  const { ids } = (await ask(dataDir, '/targets', {
    entries: hosts.join('\n'),
    intervalMs: 1_000,
    timeoutMs: TIMEOUT_MS,
  })) as { ids: number[] };
  const listed = (await ask(dataDir, '/targets')) as { targets: { id: number; host: string }[] };
  return new Map(listed.targets.filter(({ id }) => ids.includes(id)).map(({ id, host }) => [id, host]));
}

/** Connected, probing, and nothing waits in the spool any more. */
async function waitUntilWell(dataDir: string, agent: RealProgram): Promise<void> {
  const endMs = Date.now() + 60_000;
  for (;;) {
    try {
      const { machines } = (await ask(dataDir, '/machines')) as {
        machines: { id: string; connected: boolean; status?: { sensor: string; spooledSamples: number } }[];
      };
      const own = machines.find(({ id }) => id === agent.readyLine?.agentId);
      const { connected, status } = own ?? {};
      if (connected && status?.sensor === 'running' && status.spooledSamples < 3 * targets) return;
    } catch {
      // The server may be on its way up.
    }
    if (Date.now() > endMs) throw new Error('not well again within a minute');
    await pause(500);
  }
}

function checkDatabase(file: string): string[] {
  const database = new DatabaseSync(file);
  const { integrity_check } = database.prepare('pragma integrity_check').get() as { integrity_check: string };
  database.close();
  return integrity_check === 'ok' ? [] : [`database: ${integrity_check}`];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
