/**
 * The mesh for real: a server and three machines on one bridge, each in a network namespace with its own
 * agent and sensor, enrolled over the link. One switch makes each probe the others; a cable that is cut
 * shows in the column of its machine, and once it is back, by what the spool kept, in the row too.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openIdentity } from '@maille/host/identity';
import { eventuallyAsked } from '@maille/testkit/eventually';
import { canMakeNamespaces, createNetwork, type Namespace } from '@maille/testkit/namespaces';
import { type RealProgram, startRealProgram } from '@maille/testkit/real-program';
import type { Machine } from '@maille/wire/rest/machines';
import type { Mesh, MeshCell } from '@maille/wire/rest/mesh';
import type { Target } from '@maille/wire/rest/targets';

const skip = canMakeNamespaces ? false : 'network namespaces need root';
const MACHINES = 3;
const PAIRS = MACHINES * (MACHINES - 1);
/** Nothing else listens in a namespace of one's own. */
const [HTTP_PORT, HTTPS_PORT] = [4480, 4443];
const addressOf = (n: number) => `10.79.0.${10 + n}`;

const startedMs = Date.now();
let dataDir: string;
let network: ReturnType<typeof createNetwork>;
let homes: Namespace[];
let token: string;
const programs: RealProgram[] = [];

before(async () => {
  if (skip) return;
  dataDir = mkdtempSync(join(tmpdir(), 'maille-mesh-'));
  network = createNetwork();
  const lan = network.addBridge('lan');
  const hub = network.addNamespace('hub');
  network.plug(hub, lan, 'eth0', ['10.79.0.1/24']);
  homes = Array.from({ length: MACHINES }, (_, n) => {
    const home = network.addNamespace(`home${n}`);
    network.plug(home, lan, 'eth0', [`${addressOf(n)}/24`]);
    return home;
  });
  const start = (home: Namespace, folder: string, file: string[], environment: Record<string, string>) => {
    const program = startRealProgram({
      file: join(import.meta.dirname, '..', '..', ...file),
      environment: { MAILLE_DATA_DIR: folder, MAILLE_PRESENCE: 'off', ...environment },
      through: ['ip', 'netns', 'exec', home.name],
      logFile: join(dataDir, `${home.name}-${file.at(-1)}.log`),
    });
    programs.push(program);
    return program;
  };
  const serverDir = join(dataDir, 'server');
  const server = start(hub, serverDir, ['apps', 'server', 'main.ts'], {
    MAILLE_HTTP_LISTEN: `127.0.0.1:${HTTP_PORT}`,
    MAILLE_HTTPS_LISTEN: `10.79.0.1:${HTTPS_PORT}`,
    MAILLE_FIRST_TARGETS: 'loopback',
  });
  await eventuallyAsked('the server is ready', async () => server.ready, 30_000);
  token = readFileSync(join(serverDir, 'local-api-token'), 'utf8').trim();
  const relay = spawnRelay(hub);
  const ids = homes.map((home, n) => {
    const folder = join(dataDir, `machine${n}`);
    const environment = {
      MAILLE_RUN_DIR: join(folder, 'run'),
      MAILLE_SERVER_URL: `wss://10.79.0.1:${HTTPS_PORT}/link`,
      MAILLE_SERVER_ID: server.readyLine?.serverId as string,
    };
    start(home, folder, ['apps', 'agent', 'sensor-main.ts'], environment);
    start(home, folder, ['apps', 'agent', 'main.ts'], environment);
    return openIdentity(join(folder, 'identity', 'agent.key')).id;
  });
  await relay;
  await eventuallyAsked('all knock', async () => (await machines()).length === MACHINES, 40_000);
  for (const id of ids) await ask(`/machines/${id}/approve`, 'POST');
  await eventuallyAsked(
    'all are there, with their sensors',
    async () =>
      (await machines()).every(({ connected, status }) => connected && status?.sensor === 'running'),
    40_000,
  );
});

after(async () => {
  if (skip) return;
  await Promise.all(programs.map((program) => program.stop()));
  network?.remove();
  rmSync(dataDir, { recursive: true, force: true });
});

async function spawnRelay(hub: Namespace): Promise<void> {
  const relay = startRealProgram({
    file: join(import.meta.dirname, '..', '..', 'packages', 'testkit', 'socket-relay.ts'),
    environment: {},
    arguments: [join(dataDir, 'api'), '127.0.0.1', String(HTTP_PORT)],
    through: ['ip', 'netns', 'exec', hub.name],
    logFile: join(dataDir, 'relay.log'),
  });
  programs.push(relay);
  await eventuallyAsked('the relay is ready', async () => relay.ready, 20_000);
}

function ask<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  const headers = {
    host: `localhost:${HTTP_PORT}`,
    authorization: `Bearer ${token}`,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  return new Promise((resolve, reject) => {
    const asked = request(
      { socketPath: join(dataDir, 'api'), path: `/api/v1${path}`, method, headers },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (answer.statusCode === 200) resolve(JSON.parse(text) as T);
          else reject(new Error(`${path}: ${answer.statusCode} ${text}`));
        });
      },
    );
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
const machines = async () => (await ask<{ machines: Machine[] }>('/machines')).machines;
const meshTargets = async () =>
  (await ask<{ targets: Target[] }>('/targets')).targets.filter(({ agents }) => agents.by === 'mesh');

const cellsNow = () => ask<Mesh>(`/mesh?fromMs=${startedMs}&toMs=${Date.now()}`);
const keyOf = ({ from, to }: MeshCell) => `${from} ${to}`;
/** Cells are of whole minutes, so what came before is taken away. */
async function lossSince(before: MeshCell[]): Promise<Map<string, { sent: number; lost: number }>> {
  const then = new Map(before.map((cell) => [keyOf(cell), cell]));
  const { cells } = await cellsNow();
  return new Map(
    cells.map((cell) => {
      const { sent = 0, lost = 0 } = then.get(keyOf(cell)) ?? {};
      return [keyOf(cell), { sent: cell.sent - sent, lost: cell.lost - lost }];
    }),
  );
}

test('switched on, every machine probes every other, and the matrix shows it', { skip }, async () => {
  const on = await ask<Mesh>('/mesh', 'PUT', { on: true });
  assert.equal(on.members.length, MACHINES);
  assert.deepEqual(
    on.members.map(({ address }) => address).sort(),
    homes.map((_, n) => addressOf(n)),
    'by the address by which each reached the server',
  );
  assert.ok(on.members.every(({ targetId }) => targetId !== undefined));
  await eventuallyAsked(
    'all pairs have answers',
    async () => {
      const { cells } = await cellsNow();
      return cells.length === PAIRS && cells.every(({ sent, lost }) => sent - lost >= 3);
    },
    30_000,
  );
  const { cells } = await cellsNow();
  assert.equal(new Set(cells.map(keyOf)).size, PAIRS);
  for (const { from, to, medianNs, p95Ns } of cells) {
    assert.notEqual(from, to);
    // Two kernels of one machine: microseconds, and never nothing.
    assert.ok((medianNs as number) > 1_000 && (medianNs as number) < 100_000_000, `${medianNs}`);
    assert.ok((p95Ns as number) >= (medianNs as number));
  }
});

test('a cable that is cut shows in its column, and in its row once it is back', { skip }, async () => {
  const { cells: before, members } = await cellsNow();
  const cutOff = members.find(({ address }) => address === addressOf(2))?.agentNumber as number;
  const others = members.map(({ agentNumber }) => agentNumber).filter((one) => one !== cutOff);
  network.setCable(homes[2] as Namespace, 'eth0', false);
  await eventuallyAsked(
    'the others see its loss',
    async () => {
      const since = await lossSince(before);
      return others.every((from) => (since.get(`${from} ${cutOff}`)?.lost ?? 0) >= 3);
    },
    30_000,
  );
  network.setCable(homes[2] as Namespace, 'eth0', true);
  await eventuallyAsked(
    'it tells what it saw',
    async () => {
      const since = await lossSince(before);
      return others.every((to) => (since.get(`${cutOff} ${to}`)?.lost ?? 0) >= 3);
    },
    40_000,
  );
  const since = await lossSince(before);
  for (const from of others)
    for (const to of others)
      if (from !== to) assert.equal(since.get(`${from} ${to}`)?.lost, 0, `${from} → ${to} was never cut`);
});

test('switched off, its targets are gone, and nothing is probed any more', { skip }, async () => {
  assert.equal((await meshTargets()).length, MACHINES);
  await ask('/mesh', 'PUT', { on: false });
  assert.deepEqual(await meshTargets(), []);
  const { members, cells } = await cellsNow();
  assert.equal(members.length, MACHINES);
  assert.ok(members.every(({ targetId }) => targetId === undefined));
  assert.deepEqual(cells, []);
  let seen = -1;
  let sinceMs = 0;
  await eventuallyAsked(
    'for two seconds no echo arrives',
    async () => {
      const now = echoesAt(homes[0] as Namespace);
      if (now !== seen) sinceMs = performance.now();
      seen = now;
      return performance.now() - sinceMs > 2_000;
    },
    20_000,
  );
});

/** Echo requests that the host's kernel has seen. */
function echoesAt(host: Namespace): number {
  const [names, values] = host
    .run('cat', '/proc/net/snmp')
    .split('\n')
    .filter((line) => line.startsWith('Icmp:'))
    .map((line) => line.split(' ')) as [string[], string[]];
  return Number(values[names.indexOf('InEchos')]);
}
