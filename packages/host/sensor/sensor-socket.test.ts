/** Server and client of the sensor's socket against each other, without any probing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { systemClock } from '@maille/base/clock';
import { silentLog } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import { createSampleBatch } from '@maille/wire/link/samples';
import { encodeSensorMessage } from '@maille/wire/sensor/frames';
import type { SensorTarget } from '@maille/wire/sensor/messages';
import { createSensorClient, type SensorSamples } from './sensor-client.ts';
import { listenForAgent, type SensorServer, type TargetCommand } from './sensor-server.ts';

const LIFE = 'AAAAAAAAAAAAAAAAAAAAAA';
const targets: SensorTarget[] = [
  { id: 1, address: '10.0.0.1', probe: 'icmp', intervalMs: 1_000, timeoutMs: 500 },
];

function socketPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'maille-sensor-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'sensor.sock');
}

async function serve(t: TestContext, path: string, life = LIFE, maxKeptBytes = 1e6) {
  const commands: TargetCommand[] = [];
  let heard = () => {};
  const server: SensorServer = await listenForAgent({
    path,
    maxKeptBytes,
    log: silentLog,
    hello: () => ({ type: 'hello', life, probing: 'raw', findings: [] }),
    onCommand(command) {
      if (command.type === 'targets' || command.type === 'change') commands.push(command);
      heard();
    },
  });
  t.after(() => server.stop());
  const untilCommands = (count: number) =>
    new Promise<void>((resolve) => {
      heard = () => {
        if (commands.length >= count) resolve();
      };
      heard();
    });
  return { server, commands, untilCommands };
}

function follow(t: TestContext, path: string) {
  const got: SensorSamples[] = [];
  let lost = 0;
  const waiting: { met: () => boolean; resolve: () => void }[] = [];
  const check = () => {
    for (const one of waiting) if (one.met()) one.resolve();
  };
  const until = (met: () => boolean) =>
    new Promise<void>((resolve) => {
      waiting.push({ met, resolve });
      check();
    });
  const client = createSensorClient({
    path,
    clock: systemClock,
    onHello: check,
    onCounters: check,
    onSamples(samples) {
      got.push(samples);
      check();
    },
    onLost() {
      lost++;
      check();
    },
  });
  t.after(() => client.stop());
  return { client, got, until, lost: () => lost };
}

const batch = (id: number) => {
  const one = createSampleBatch(1, 0);
  one.targetIds[0] = id;
  one.count = 1;
  return one;
};
const sequences = (got: SensorSamples[]) => got.map((samples) => samples.sequence);

test('the socket file is for its owner alone; a stale one is replaced, a living sensor is not', async (t) => {
  const path = socketPath(t);
  await serve(t, path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  await assert.rejects(serve(t, path), (error) => error instanceof Problem && error.code === 'conflict');
  assert.ok(existsSync(path));
});

test('the whole list first, then changes, then samples in order', async (t) => {
  const path = socketPath(t);
  const { server, commands, untilCommands } = await serve(t, path);
  const { client, got, until } = follow(t, path);
  client.setTargets(targets);
  await until(() => client.connected);
  client.change([], [1]);
  await untilCommands(2);
  assert.deepEqual(commands, [
    { type: 'targets', targets },
    { type: 'change', put: [], remove: [1] },
  ]);
  for (const id of [1, 2, 3]) server.addSamples(batch(id));
  await until(() => got.length === 3);
  assert.deepEqual(
    got.map(({ life, sequence, batch }) => [life, sequence, batch.targetIds[0]]),
    [
      [LIFE, 1, 1],
      [LIFE, 2, 2],
      [LIFE, 3, 3],
    ],
  );
});

test('what was not acknowledged comes again to a new agent, and to the same agent only once', async (t) => {
  const path = socketPath(t);
  const { server } = await serve(t, path);
  const first = follow(t, path);
  for (const id of [1, 2, 3]) server.addSamples(batch(id));
  await first.until(() => first.got.length === 3);
  first.client.ack(1);
  server.beginAnew();
  await first.until(() => first.lost() === 1);
  server.addSamples(batch(4));
  await first.until(() => first.got.length === 4);
  assert.deepEqual(sequences(first.got), [1, 2, 3, 4]);
  await first.client.stop();
  const second = follow(t, path);
  await second.until(() => second.got.length === 3);
  assert.deepEqual(sequences(second.got), [2, 3, 4]);
});

test('a sensor that starts anew counts anew; samples that an agent could not keep come again', async (t) => {
  const path = socketPath(t);
  const { server } = await serve(t, path);
  const seen: string[] = [];
  let refuse = true;
  let done = () => {};
  const client = createSensorClient({
    path,
    clock: systemClock,
    onHello() {},
    onCounters() {},
    onLost() {},
    onSamples({ life, sequence }) {
      if (refuse) {
        refuse = false;
        throw new Problem('unavailable', 'the disk is full');
      }
      seen.push(`${life[0]}${sequence}`);
      done();
    },
  });
  t.after(() => client.stop());
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      done = () => {
        if (seen.length === count) resolve();
      };
      done();
    });
  server.addSamples(batch(1));
  await until(1);
  client.ack(1);
  await server.stop();
  const again = await serve(t, path, 'BAAAAAAAAAAAAAAAAAAAAA');
  again.server.addSamples(batch(1));
  await until(2);
  assert.deepEqual(seen, ['A1', 'B1']);
});

test('a newer agent replaces the older; one that does not read holds nobody up and loses only the oldest', async (t) => {
  const path = socketPath(t);
  const { server } = await serve(t, path, LIFE, 200_000);
  const idle = connect(path);
  t.after(() => idle.destroy());
  await once(idle, 'connect');
  idle.pause();
  const big = { ...createSampleBatch(1_000, 0), count: 1_000 };
  for (let i = 0; i < 400; i++) server.addSamples(big); // 5.6 MB into a socket that nobody reads
  assert.ok(server.droppedSamples > 300_000);
  const { got, until } = follow(t, path);
  await until(() => got.at(-1)?.sequence === 400);
  assert.equal(got.length * 1_000 + server.droppedSamples, 400_000);
  idle.resume();
  if (!idle.destroyed) await once(idle, 'close');
});

test('an agent that says what cannot be is cut off, and the sensor lives on', async (t) => {
  const path = socketPath(t);
  const { untilCommands } = await serve(t, path);
  const lies = [
    Buffer.from([255, 255, 255, 255]),
    Buffer.from(
      encodeSensorMessage({
        type: 'change',
        put: [{ id: 0, address: 'x', probe: 'icmp', intervalMs: 1, timeoutMs: 1 }],
        remove: [],
      }),
    ),
    Buffer.from([5, 0, 0, 0, 1, 0, 0, 0, 0x7b]),
    Buffer.from([4, 0, 0, 0, 9, 0, 0, 0]),
  ];
  for (const lie of lies) {
    const liar = connect(path);
    liar.resume();
    liar.write(lie);
    await once(liar, 'close');
  }
  const { client } = follow(t, path);
  client.setTargets(targets);
  await untilCommands(1);
});
