/**
 * A load experiment for real: server, agent and sensor, and a host that answers at most so many echoes a
 * second (the kernel's own limit on ICMP replies), cabled together in network namespaces. What was really
 * sent is what the host's kernel counted.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openIdentity } from '@maille/host/identity';
import { createCuttableProxy } from '@maille/testkit/cuttable-proxy';
import { eventuallyAsked } from '@maille/testkit/eventually';
import { canMakeNamespaces, createNetwork, type Namespace } from '@maille/testkit/namespaces';
import { type RealProgram, startRealProgram } from '@maille/testkit/real-program';
import type { ExperimentPlan, ExperimentSecond } from '@maille/wire/experiment';
import type { Experiment } from '@maille/wire/rest/experiments';
import type { Machine } from '@maille/wire/rest/machines';
import type { ProblemBody } from '@maille/wire/rest/problem';
import { startTestServer, type TestServer } from './testing/test-server.ts';

const skip = canMakeNamespaces ? false : 'network namespaces need root';
const FREE = '10.77.0.2';
/** This one answers 50 echoes a second and no more. */
const NARROW = '10.77.0.3';
const ANSWERS_A_SECOND = 50;

let dataDir: string;
let server: TestServer;
let network: ReturnType<typeof createNetwork>;
let free: Namespace;
let proxy: Awaited<ReturnType<typeof createCuttableProxy>>;
let agent: RealProgram;
let sensor: RealProgram;
let machineId: string;

before(async () => {
  if (skip) return;
  dataDir = mkdtempSync(join(tmpdir(), 'maille-load-'));
  machineId = openIdentity(join(dataDir, 'identity', 'agent.key')).id;
  server = await startTestServer({ dataDir, localAgentId: machineId, firstTargets: 'loopback' });
  proxy = await createCuttableProxy(Number(new URL(server.server.httpsUrl).port));
  network = createNetwork();
  const lan = network.addBridge('lan');
  const home = network.addNamespace('home');
  free = network.addNamespace('free');
  const narrow = network.addNamespace('narrow');
  network.plug(home, lan, 'eth0', ['10.77.0.1/24']);
  network.plug(free, lan, 'eth0', [`${FREE}/24`]);
  network.plug(narrow, lan, 'eth0', [`${NARROW}/24`]);
  // Echo replies (type 0) are among what is limited, to one in so many milliseconds.
  narrow.run('sysctl', '-qw', 'net.ipv4.icmp_ratemask=1');
  narrow.run('sysctl', '-qw', `net.ipv4.icmp_ratelimit=${1_000 / ANSWERS_A_SECOND}`);

  const start = (name: string, more: Record<string, string>, through: string[]) =>
    startRealProgram({
      file: join(import.meta.dirname, '..', 'agent', `${name}.ts`),
      environment: {
        MAILLE_DATA_DIR: dataDir,
        MAILLE_RUN_DIR: join(dataDir, 'run'),
        MAILLE_PRESENCE: 'off',
        ...more,
      },
      through,
      logFile: join(dataDir, `${name}.log`),
    });
  sensor = start('sensor-main', {}, ['ip', 'netns', 'exec', home.name]);
  agent = start(
    'main',
    {
      MAILLE_SERVER_URL: `wss://127.0.0.1:${proxy.port}/link`,
      MAILLE_SERVER_ID: server.server.serverId,
    },
    [],
  );
  await eventuallyAsked(
    'the agent is there, with its sensor',
    async () => (await machine()).connected && (await machine()).status?.sensor === 'running',
    60_000,
  );
  // Echoes are counted where they arrive: a trace's are not to be among them.
  await ask('/settings', 'PATCH', { traceroutePrefixes: false });
  await ask('/targets', 'POST', { entries: `${FREE}, ${NARROW}`, intervalMs: 60_000 });
});

after(async () => {
  if (skip) return;
  await Promise.all([agent?.stop(), sensor?.stop()]);
  await proxy?.stop();
  await server?.stop();
  network?.remove();
  rmSync(dataDir, { recursive: true, force: true });
});

async function ask<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  const answer = await server.ask(path, { method, body, ...server.local });
  assert.equal(answer.status, 200, `${path}: ${answer.text}`);
  return answer.body as T;
}
const machine = async (): Promise<Machine> => {
  const { machines } = await ask<{ machines: Machine[] }>('/machines');
  return machines.find(({ id }) => id === machineId) ?? ({ connected: false } as Machine);
};

const plan = (more: Partial<ExperimentPlan>): ExperimentPlan => ({
  addresses: [FREE],
  fromRate: 100,
  toRate: 200,
  steps: 2,
  ramp: 'linear',
  stepSeconds: 2,
  timeoutMs: 300,
  maxLossPercent: 10,
  ...more,
});
const start = (more: Partial<ExperimentPlan>) =>
  ask<Experiment>('/experiments', 'POST', { machineId, plan: plan(more) });
const read = (id: number) =>
  ask<{ experiment: Experiment; seconds: ExperimentSecond[] }>(`/experiments/${id}`);
async function untilOver(id: number) {
  await eventuallyAsked(
    'the experiment is over',
    async () => (await read(id)).experiment.end !== undefined,
    60_000,
  );
  return read(id);
}
/** Echo requests that the host's kernel has seen. */
function echoesAt(host: Namespace): number {
  const [names, values] = host
    .run('cat', '/proc/net/snmp')
    .split('\n')
    .filter((line) => line.startsWith('Icmp:'))
    .map((line) => line.split(' ')) as [string[], string[]];
  return Number(values[names.indexOf('InEchos')]);
}

test('stops at its bound, and says what it saw', { skip }, async () => {
  const before = echoesAt(free);
  const { id } = await start({});
  const { experiment, seconds } = await untilOver(id);
  assert.equal(experiment.end, 'finished');
  assert.deepEqual(
    experiment.steps.map(({ step, rate }) => [step, rate]),
    [
      [0, 1],
      [1, 100],
      [2, 200],
    ],
  );
  const sent = experiment.steps.reduce((sum, step) => sum + step.sent, 0);
  assert.ok(sent > 500 && sent <= 650, `${sent} sent`);
  assert.equal(
    seconds.reduce((sum, second) => sum + second.sent, 0),
    sent,
  );
  // Besides them only what the target's own interval asks for.
  const arrived = echoesAt(free) - before;
  assert.ok(arrived >= sent && arrived <= sent + 3, `${arrived} arrived of ${sent}`);
  for (const step of experiment.steps) {
    assert.equal(step.lost, 0);
    assert.ok((step.p50Ns as number) > 0 && (step.p50Ns as number) <= (step.p99Ns as number));
  }
  // Nothing of it is in the target's series.
  const { targets } = await ask<{ targets: { id: number; host: string }[] }>('/targets');
  const targetId = targets.find(({ host }) => host === FREE)?.id as number;
  const { series } = await ask<{ series: { raw?: { sentAtMs: number[] } }[] }>(
    `/targets/${targetId}/series?fromMs=${experiment.startedAtMs - 60_000}&toMs=${Date.now()}&resolution=raw`,
  );
  assert.ok((series[0]?.raw?.sentAtMs.length ?? 0) <= 3);
});

test('stops when loss exceeds the limit', { skip }, async () => {
  const { id } = await start({
    addresses: [NARROW],
    fromRate: 30,
    toRate: 400,
    steps: 4,
    maxLossPercent: 20,
  });
  const { experiment } = await untilOver(id);
  assert.equal(experiment.end, 'loss');
  const last = experiment.steps.at(-1);
  assert.ok((last?.rate as number) > ANSWERS_A_SECOND, `${last?.rate}`);
  assert.ok((last?.lost as number) > 0.2 * (last?.sent as number));
  assert.equal(experiment.steps[1]?.lost, 0, 'below what the host answers nothing is lost');
  assert.ok((last?.step as number) < 4, 'the highest rates are never reached');
});

test('stops on the button, under load', { skip }, async () => {
  const { id } = await start({ fromRate: 300, toRate: 300, steps: 1, stepSeconds: 60 });
  await eventuallyAsked(
    'the load is on',
    async () => (await read(id)).seconds.some(({ rate, sent }) => rate === 300 && sent > 200),
    30_000,
  );
  const refused = await server.ask('/experiments', {
    method: 'POST',
    body: { machineId, plan: plan({}) },
    ...server.local,
  });
  assert.equal(refused.status, 409, 'one at a time');
  const stopped = await ask<Experiment>(`/experiments/${id}/stop`, 'POST');
  assert.equal(stopped.end, 'stopped');
  const quiet = echoesAt(free);
  assert.equal((await ask<Experiment>(`/experiments/${id}/stop`, 'POST')).end, 'stopped');
  assert.ok(echoesAt(free) - quiet <= 1, 'nothing is sent any more');
});

test('the sensor stops by itself when the server is cut off', { skip }, async () => {
  const { id } = await start({ fromRate: 200, toRate: 200, steps: 1, stepSeconds: 60 });
  await eventuallyAsked(
    'the load is on',
    async () => (await read(id)).seconds.some(({ rate, sent }) => rate === 200 && sent > 100),
    30_000,
  );
  const beforeCut = echoesAt(free);
  proxy.freeze(); // no reset tells anybody: silence alone must do
  let seen = -1;
  await eventuallyAsked(
    'nothing is sent any more',
    async () => {
      const now = echoesAt(free);
      const still = now === seen;
      seen = now;
      return still;
    },
    30_000,
  );
  assert.ok(echoesAt(free) - beforeCut < 200 * 4, `${echoesAt(free) - beforeCut} after the cut`);
  proxy.mend();
  const { experiment } = await untilOver(id);
  // Its own word, if that still comes through; otherwise what the server concludes.
  assert.ok(experiment.end === 'silence' || experiment.end === 'agent-lost', String(experiment.end));
  await eventuallyAsked('the agent is back', async () => (await machine()).connected, 60_000);
});

test('what cannot be is refused, with the field, and nothing begins', { skip }, async () => {
  const before = echoesAt(free);
  await ask('/targets', 'POST', { entries: '240.0.0.1', intervalMs: 3_600_000, confirmForeign: true });
  for (const [more, field] of [
    [{ addresses: ['nonsense'] }, '/plan/addresses/0'],
    [{ addresses: [FREE, FREE] }, '/plan/addresses'],
    [{ addresses: [FREE, '10.77.0.9'] }, '/plan/addresses/1'],
    [{ addresses: ['240.0.0.1'] }, '/plan/addresses/0'],
    [{ addresses: [] }, '/plan/addresses'],
    [{ fromRate: 500 }, '/plan/toRate'],
    [{ toRate: 1_001 }, '/plan/toRate'],
    [{ stepSeconds: 300, steps: 7 }, '/plan/stepSeconds'],
    [{ maxLossPercent: 101 }, '/plan/maxLossPercent'],
    [{ ramp: 'sudden' as 'linear' }, '/plan/ramp'],
  ] as [Partial<ExperimentPlan>, string][]) {
    const body = { machineId, plan: plan(more) };
    const answer = await server.ask('/experiments', { method: 'POST', body, ...server.local });
    assert.ok(answer.status === 400 || answer.status === 403, `${field}: ${answer.status} ${answer.text}`);
    assert.equal((answer.body as ProblemBody).field, field, answer.text);
  }
  const stranger = { machineId: 'f'.repeat(32), plan: plan({}) };
  const answer = await server.ask('/experiments', { method: 'POST', body: stranger, ...server.local });
  assert.equal((answer.body as ProblemBody).field, '/machineId');
  const { experiments } = await ask<{ experiments: Experiment[] }>('/experiments');
  assert.ok(experiments.every(({ end }) => end !== undefined));
  assert.equal(experiments.length, 4);
  assert.ok(echoesAt(free) - before <= 1);
});
