/** The agent's program as a process, between a server's link and a sensor's socket that the test plays. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { listenForAgent, type TargetCommand } from '@maille/host/sensor/sensor-server';
import { eventually } from '@maille/testkit/eventually';
import { createLinkLab, labBatch, labTarget } from '@maille/testkit/link-lab';
import { type RealProgram, startRealProgram } from '@maille/testkit/real-program';

const lab = await createLinkLab();
lab.setTargets([labTarget(1), labTarget(2), labTarget(3, { host: 'localhost' })]);
const root = mkdtempSync(join(tmpdir(), 'maille-agent-program-'));
const stops: (() => unknown)[] = [];
after(async () => {
  for (const stop of stops.reverse()) await stop();
  await lab.stop();
  rmSync(root, { recursive: true, force: true });
});

function startAgent(dataDir: string, more: Record<string, string> = {}): RealProgram {
  const program = startRealProgram({
    file: join(import.meta.dirname, 'main.ts'),
    environment: {
      MAILLE_DATA_DIR: dataDir,
      MAILLE_RUN_DIR: join(dataDir, 'run'),
      MAILLE_PRESENCE: 'off',
      ...more,
    },
    logFile: join(root, 'agent.log'),
  });
  stops.push(() => program.stop());
  return program;
}
const newFolder = (name: string) => {
  const dataDir = join(root, name);
  mkdirSync(join(dataDir, 'run'), { recursive: true });
  return dataDir;
};

test('killed in the middle of a sensor that talks, the agent comes back and every sample is stored once', async () => {
  const dataDir = newFolder('killed');
  const commands: TargetCommand[] = [];
  const sensor = await listenForAgent({
    path: join(dataDir, 'run', 'sensor.sock'),
    maxKeptBytes: 1_000_000,
    log: silentLog,
    hello: () => ({ type: 'hello', life: 'L'.repeat(22), probing: 'raw', findings: [] }),
    onCommand(command) {
      if (command.type === 'targets' || command.type === 'change') commands.push(command);
    },
  });
  stops.push(() => sensor.stop());
  const agent = startAgent(dataDir, { MAILLE_SERVER_URL: lab.url, MAILLE_SERVER_ID: lab.identity.id });
  const own = () => lab.registry.get(String(agent.readyLine?.agentId));
  await eventually('pending', () => own()?.state === 'pending', 20_000);
  await lab.registry.approve(String(own()?.id), 'test');
  const probed = () =>
    new Set(
      commands.flatMap((command) =>
        (command.type === 'targets' ? command.targets : command.put).map(({ id }) => id),
      ),
    );
  await eventually('the sensor is told the targets', () => probed().size === 3);

  let second = 0;
  for (let life = 1; life <= 3; life++) {
    for (let i = 0; i < 100; i++) sensor.addSamples(labBatch([1, 2, 3], ++second * 1_000));
    await eventually('some arrive', () => lab.series.stored.size > 300 * (life - 1) + 30);
    agent.kill();
    for (let i = 0; i < 20; i++) sensor.addSamples(labBatch([1, 2, 3], ++second * 1_000));
    await eventually('back', () => agent.deaths.length === life && agent.ready, 20_000);
  }
  await eventually('all arrive', () => lab.series.stored.size === 3 * second, 20_000);
  assert.ok([...lab.series.stored.values()].every((times) => times === 1));
  assert.equal(own()?.state, 'approved');
});

test('without a server the agent goes on with the targets that it had; joined, it goes there; SIGTERM ends it', async () => {
  const dataDir = newFolder('alone');
  const commands: TargetCommand[] = [];
  mkdirSync(join(dataDir, 'agent'));
  const kept = { id: 7, host: '127.0.0.7', probe: 'icmp', intervalMs: 1_000, timeoutMs: 500, tags: [] };
  writeFileSync(join(dataDir, 'agent', 'targets.json'), JSON.stringify({ targets: [kept] }));
  const sensor = await listenForAgent({
    path: join(dataDir, 'run', 'sensor.sock'),
    maxKeptBytes: 1_000_000,
    log: silentLog,
    hello: () => ({ type: 'hello', life: 'M'.repeat(22), probing: 'datagram', findings: [] }),
    onCommand(command) {
      if (command.type === 'targets' || command.type === 'change') commands.push(command);
    },
  });
  stops.push(() => sensor.stop());
  const agent = startAgent(dataDir);
  await eventually('ready', () => agent.ready, 20_000);
  await eventually('probing', () => commands.length > 0);
  const first = commands[0] as Extract<TargetCommand, { type: 'targets' }>;
  assert.deepEqual(
    first.targets.map(({ address }) => address),
    ['127.0.0.7'],
  );

  const { secret } = await lab.registry.createJoinToken({}, 'test');
  const file = join(dataDir, 'agent', 'server.json');
  writeFileSync(file, JSON.stringify({ url: lab.url, serverId: lab.identity.id, token: secret }));
  const own = () => lab.registry.get(String(agent.readyLine?.agentId));
  await eventually('joined', () => own()?.state === 'approved', 20_000);
  await eventually('the new list is kept', () =>
    readFileSync(join(dataDir, 'agent', 'targets.json'), 'utf8').includes('localhost'),
  );
  await eventually('its token is not', () => !readFileSync(file, 'utf8').includes(secret));
  await eventually('its state is told', () => own()?.status?.probing === 'datagram');
  assert.equal(await agent.stop(), 0);
});

test('a second agent with the same data ends with a sentence; the first goes on, and makes room when it is killed', async () => {
  const dataDir = newFolder('shared');
  const first = startAgent(dataDir);
  await eventually('ready', () => first.ready, 20_000);
  const second = startRealProgram({
    file: join(import.meta.dirname, 'main.ts'),
    environment: { MAILLE_DATA_DIR: dataDir, MAILLE_RUN_DIR: root, MAILLE_PRESENCE: 'off' },
    logFile: join(root, 'second.log'),
    restartMs: 600_000,
  });
  await eventually('it ends', () => second.deaths.length === 1, 20_000);
  assert.match(readFileSync(join(root, 'second.log'), 'utf8'), /another agent runs with the data in/);
  assert.equal(first.deaths.length, 0);
  first.kill();
  await eventually('it is back', () => first.deaths.length === 1 && first.ready, 20_000);
});

test('settings that cannot be end it with a sentence', async () => {
  const program = startRealProgram({
    file: join(import.meta.dirname, 'main.ts'),
    environment: {
      MAILLE_DATA_DIR: newFolder('wrong'),
      MAILLE_RUN_DIR: root,
      MAILLE_SERVER_URL: 'wss://x',
      MAILLE_SERVER_ID: 'x',
    },
    logFile: join(root, 'wrong.log'),
    restartMs: 600_000,
  });
  await eventually('it ends', () => program.deaths.length > 0);
  assert.match(readFileSync(join(root, 'wrong.log'), 'utf8'), /MAILLE_SERVER_ID is no fingerprint: x/);
});
