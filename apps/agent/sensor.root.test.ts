/**
 * The sensor program against real stacks: it probes from one namespace, through a router in another, into
 * a third whose kernel answers for a whole prefix. Every outcome is provoked by the network itself.
 */
import assert from 'node:assert/strict';
import { chownSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import { canMakeNamespaces, type Namespace } from '@maille/testkit/namespaces';
import { createProbeNetwork, LATE_MS, type ProbeNetwork, setKernel } from '@maille/testkit/probe-network';
import {
  followSensor,
  type SensorFollower,
  type SensorStart,
  startSensorProcess,
} from '@maille/testkit/sensor-process';
import { isOwnOutcome, outcomes } from '@maille/wire/link/samples';
import type { SensorTarget } from '@maille/wire/sensor/messages';

const skip = canMakeNamespaces ? false : 'needs root: network namespaces and raw sockets';
const NOBODY = 65_534;
const TIMEOUT_MS = 1_000;

const PING_GROUP_RANGE = 'net/ipv4/ping_group_range';

let network: ProbeNetwork;
let prober: Namespace;
before(async () => {
  if (skip) return;
  network = await createProbeNetwork();
  prober = network.prober;
});
after(() => network?.remove());

function runFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'maille-sensor-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function start(t: TestContext, folder: string, how: SensorStart = {}) {
  const sensor = await startSensorProcess(prober, folder, how);
  t.after(() => sensor.end('SIGKILL'));
  return sensor;
}

function follow(t: TestContext, path: string, acknowledge = true): SensorFollower {
  const follower = followSensor(path, acknowledge);
  t.after(() => follower.client.stop());
  return follower;
}

const target = (id: number, address: string, timeoutMs = TIMEOUT_MS, intervalMs = 1_000): SensorTarget => ({
  id,
  address,
  probe: 'icmp',
  intervalMs,
  timeoutMs,
});
const own = (follower: SensorFollower) =>
  follower.samples.filter((sample) => isOwnOutcome(outcomes.indexOf(sample.outcome)));
/** Stops probing and waits until every probe sent has its outcome and has come. */
async function settle(follower: SensorFollower): Promise<void> {
  follower.client.setTargets([]);
  const done = () => follower.counters?.inFlight === 0 && own(follower).length === follower.counters.sent;
  await follower.until(done, 'every probe has come to its outcome');
}

async function provokeEveryOutcome(t: TestContext, folder: string, how: SensorStart) {
  const sensor = await start(t, folder, how);
  const follower = follow(t, sensor.socketPath);
  const expected: [address: string, outcome: string, code: number][] = [
    ['10.99.0.1', 'reply', 0],
    ['10.98.1.1', 'unreachable', 1],
    ['10.98.2.1', 'unreachable', 13],
    ['10.98.3.1', 'timeout', 0],
    ['10.98.4.1', 'ttl-exceeded', 0],
    ['10.97.0.1', 'local-error', 101],
    ['10.99.7.1', 'timeout', 0],
    ['10.99.7.2', 'reply', 0],
    ['fd99::1', 'reply', 0],
    ['fd98:2::1', 'unreachable', 1],
    ['fd98:3::1', 'timeout', 0],
    ['fd98:4::1', 'ttl-exceeded', 0],
    ['fd97::1', 'local-error', 101],
    ['fe80::1%eth0', 'reply', 0],
    ['fe80::1%nosuch', 'local-error', 19],
  ];
  follower.client.setTargets(expected.map(([address], i) => target(i + 1, address)));
  const enough = () =>
    expected.every((_, i) => follower.samples.filter((sample) => sample.id === i + 1).length >= 3) &&
    follower.samples.filter((sample) => sample.outcome === 'duplicate').length >= 4;
  await follower.until(enough, 'three outcomes of every target, and duplicates');
  await settle(follower);
  for (const [i, [address, outcome, code]] of expected.entries()) {
    const seen = own(follower).filter((sample) => sample.id === i + 1);
    assert.deepEqual(new Set(seen.map((sample) => sample.outcome)), new Set([outcome]), address);
    const codes = seen.map((sample) => sample.code);
    // The first reply is marked, since it may hold the search for the neighbour.
    const wanted = outcome === 'reply' ? [1, ...codes.slice(1).fill(0)] : codes.slice().fill(code);
    assert.deepEqual(codes, wanted, address);
  }
  const extra = follower.samples.filter((sample) => !isOwnOutcome(outcomes.indexOf(sample.outcome)));
  assert.deepEqual(
    new Set(extra.map((sample) => `${sample.id} ${sample.outcome}`)),
    new Set(['7 late', '8 duplicate']),
  );
  for (const sample of extra.filter((one) => one.outcome === 'late'))
    assert.ok(sample.rttMs > LATE_MS - 5 && sample.rttMs < 5_000, `late by ${sample.rttMs} ms`);
  for (const sample of follower.samples.filter((one) => one.outcome === 'reply'))
    assert.ok(sample.rttMs > 0 && sample.rttMs < TIMEOUT_MS, `a reply after ${sample.rttMs} ms`);
  return { sensor, follower };
}

test('raw sockets: every outcome, IPv4 and IPv6, as the network made it', { skip }, async (t) => {
  const { follower } = await provokeEveryOutcome(t, runFolder(t), {});
  assert.equal(follower.hello?.probing, 'raw');
});

// The files may lie where only root looks; reading them is the one right that is left.
const asNobody = [
  'setpriv',
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  '--clear-groups',
  '--inh-caps=-all,+dac_read_search',
  '--ambient-caps=-all,+dac_read_search',
  '--bounding-set=-all,+dac_read_search',
];

test('datagram sockets of an ordinary user: the same outcomes', { skip }, async (t) => {
  setKernel(prober, PING_GROUP_RANGE, '0 2147483647');
  t.after(() => setKernel(prober, PING_GROUP_RANGE, '1 0'));
  const folder = runFolder(t);
  chownSync(folder, NOBODY, NOBODY);
  const { follower } = await provokeEveryOutcome(t, folder, { through: asNobody });
  assert.equal(follower.hello?.probing, 'datagram');
});

test('no right at all: the sensor runs, and begins when it gets the right', { skip }, async (t) => {
  const folder = runFolder(t);
  chownSync(folder, NOBODY, NOBODY);
  const sensor = await start(t, folder, { through: asNobody });
  const follower = follow(t, sensor.socketPath);
  follower.client.setTargets([target(1, '10.99.0.1')]);
  await follower.until(() => follower.hello !== undefined, 'hello');
  assert.equal(follower.hello?.probing, 'none');
  // The doctor says so, with the command (judge-host.test.ts); here is what that command does.
  assert.ok(!follower.hello?.findings.some((one) => one.id === 'sensor-probing'));
  setKernel(prober, PING_GROUP_RANGE, '0 2147483647');
  t.after(() => setKernel(prober, PING_GROUP_RANGE, '1 0'));
  await follower.until(() => follower.samples.length > 0, 'samples after the remedy');
  assert.equal(follower.hello?.probing, 'datagram');
});

test('root is given up by every thread: no capability, an empty root folder', { skip }, async (t) => {
  const folder = runFolder(t);
  const sensor = await start(t, folder);
  const follower = follow(t, sensor.socketPath);
  await follower.until(() => follower.hello !== undefined, 'hello');
  assert.ok(follower.hello?.findings.some((one) => one.id === 'sensor-rights' && one.severity === 'fine'));
  const fieldOf = (status: string, name: string) =>
    new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1]?.split('\t');
  const inheritable = fieldOf(readFileSync('/proc/self/status', 'utf8'), 'CapInh');
  for (const task of readdirSync(`/proc/${sensor.pid}/task`)) {
    const status = readFileSync(`/proc/${sensor.pid}/task/${task}/status`, 'utf8');
    const field = (name: string) => fieldOf(status, name);
    for (const name of ['Uid', 'Gid']) {
      const ids = field(name);
      assert.equal(ids?.length, 4);
      assert.ok(
        ids.every((id) => Number(id) > 0 && id === ids[0]),
        `${task} ${name} ${ids}`,
      );
    }
    assert.deepEqual(field('Groups')?.join('').trim(), '');
    for (const name of ['CapPrm', 'CapEff', 'CapAmb'])
      assert.match(field(name)?.[0] ?? '', /^0+$/, `${task} ${name}`);
    // What a container lets its programs inherit stays: it is worth nothing without a file to execute.
    assert.deepEqual(field('CapInh'), inheritable);
    if (Number(task) === sensor.pid) assert.deepEqual(field('NoNewPrivs'), ['1']);
  }
  const root = readlinkSync(`/proc/${sensor.pid}/root`);
  assert.equal(root, join(folder, 'sensor-root'));
  assert.deepEqual(readdirSync(root), []);
});

test('the socket belongs to whom agents run as: the folder’s owner, or in root’s own folder the named user', {
  skip,
}, async (t) => {
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const [, , uid, gid] =
    users
      .find((line) => line.startsWith('daemon:'))
      ?.split(':')
      .map(Number) ?? [];
  const theirs = runFolder(t);
  chownSync(theirs, uid as number, gid as number);
  const cases: [folder: string, user: string, owner: number][] = [
    [theirs, 'nobody', uid as number],
    [runFolder(t), 'daemon', uid as number],
    [runFolder(t), 'nobody', 0],
  ];
  for (const [folder, user, owner] of cases) {
    const sensor = await start(t, folder, { environment: { MAILLE_SENSOR_USER: user } });
    const { uid: socketOwner, mode } = statSync(sensor.socketPath);
    assert.deepEqual([socketOwner, mode & 0o777], [owner, 0o600], `${folder} ${user}`);
  }
});

test('200 targets at 1 Hz: what was sent is what is counted, and nothing is lost', { skip }, async (t) => {
  const sensor = await start(t, runFolder(t));
  const follower = follow(t, sensor.socketPath);
  follower.client.setTargets(Array.from({ length: 200 }, (_, i) => target(i + 1, `10.99.1.${i + 1}`, 2_000)));
  await follower.until(() => own(follower).length >= 600, '600 outcomes');
  await settle(follower);
  const { counters } = follower;
  assert.equal(counters?.sent, own(follower).length);
  assert.equal(counters?.replies, counters?.sent);
  assert.equal(follower.samples.length, counters?.sent);
  assert.deepEqual([counters?.droppedPackets, counters?.droppedSamples, counters?.foreign], [0, 0, 0]);
  for (let id = 1; id <= 200; id++) {
    const times = own(follower)
      .filter((sample) => sample.id === id)
      .map((sample) => sample.sentAtMs);
    assert.ok(times.length >= 2, `target ${id}`);
  }
});

test('probing goes on without an agent; the next one receives each frame once, however often it reconnects', {
  skip,
}, async (t) => {
  const sensor = await start(t, runFolder(t));
  const first = follow(t, sensor.socketPath, false); // an agent that dies before it keeps anything
  first.client.setTargets([1, 2, 3].map((id) => target(id, `10.99.0.${id}`)));
  await first.until(() => first.frames.length >= 3, 'three frames');
  await first.client.stop();
  const second = follow(t, sensor.socketPath);
  second.client.setTargets([1, 2, 3].map((id) => target(id, `10.99.0.${id}`)));
  await second.until(() => second.frames.length >= first.frames.length + 3, 'old frames and new ones');
  await second.client.stop();
  const third = follow(t, sensor.socketPath);
  third.client.setTargets([1, 2, 3].map((id) => target(id, `10.99.0.${id}`)));
  await third.until(() => third.frames.length >= 3, 'frames after those acknowledged');
  const together = () =>
    new Map(
      [...second.samples, ...third.samples].map((sample) => [`${sample.id} ${sample.sentAtMs}`, sample]),
    );
  third.client.setTargets([]);
  const done = () => third.counters?.inFlight === 0 && together().size === third.counters.sent;
  await third.until(done, 'every probe has come to its outcome, with one agent or the other');
  assert.deepEqual(second.frames.slice(0, first.frames.length), first.frames);
  const numbers = [...second.frames, ...third.frames].map((frame) => Number(frame.split('/')[1]));
  assert.deepEqual([...new Set(numbers)], numbers.map((_, i) => i + 1).slice(0, new Set(numbers).size));
});

test('kill -9: the next sensor takes the socket, a new life begins, the agent finds it by itself', {
  skip,
}, async (t) => {
  const folder = runFolder(t);
  const killed = await start(t, folder);
  const follower = follow(t, killed.socketPath);
  follower.client.setTargets([target(1, '10.99.0.1')]);
  await follower.until(() => follower.samples.length >= 1, 'a first sample');
  const life = follower.hello?.life;
  await killed.end('SIGKILL');
  await start(t, folder);
  const before = follower.samples.length;
  await follower.until(() => follower.hello?.life !== life && follower.samples.length > before, 'a new life');
  assert.equal(new Set(follower.frames).size, follower.frames.length);
});

test('SIGTERM: what was decided is delivered before the end, exit code 0', { skip }, async (t) => {
  const sensor = await start(t, runFolder(t));
  const follower = follow(t, sensor.socketPath);
  follower.client.setTargets(
    Array.from({ length: 100 }, (_, i) => target(i + 1, `10.99.2.${i + 1}`, 2_000, 10_000)),
  );
  await follower.until(() => (follower.counters?.replies ?? 0) >= 100, 'every target has answered');
  follower.client.setTargets([target(101, '10.97.0.1')]);
  assert.equal(await sensor.end('SIGTERM'), 0);
  await follower.until(() => !follower.client.connected, 'the end of the connection');
  assert.ok(own(follower).length >= 100);
});

test('over its own bound on rate it does not probe, and says so; what waits comes in when there is room', {
  skip,
}, async (t) => {
  const sensor = await start(t, runFolder(t), { environment: { MAILLE_MAX_PROBES_PER_SECOND: '2' } });
  const follower = follow(t, sensor.socketPath);
  const finding = () => follower.hello?.findings.find(({ id }) => id === 'sensor-rate');
  follower.client.setTargets([target(1, '10.99.0.1'), target(2, '10.99.0.2'), target(3, '10.99.0.3')]);
  await follower.until(() => finding() !== undefined, 'the sensor says that a target is over its bound');
  assert.match(finding()?.title ?? '', /^1 target is not probed by the sensor: it sends at most 2 probes/);
  const probed = (id: number) => follower.samples.some((sample) => sample.id === id);
  await follower.until(() => probed(1) && probed(2), 'what fits is probed');
  assert.equal(probed(3), false);
  follower.client.change([], [1]);
  await follower.until(() => probed(3) && finding() === undefined, 'the third is probed in its place');
});

test('outside the own prefixes of its machine it probes nothing in any way, and says so', {
  skip,
}, async (t) => {
  const sensor = await start(t, runFolder(t), { environment: { MAILLE_OWN_PREFIXES: '10.99.0.1' } });
  const follower = follow(t, sensor.socketPath);
  const finding = () => follower.hello?.findings.find(({ id }) => id === 'sensor-own-prefixes');
  await follower.until(() => finding()?.severity === 'fine', 'the bound is shown before anything is held');
  const route = { method: 'udp' as const, everyMs: 10_000, flows: 1 };
  follower.client.setTargets([
    target(1, '10.99.0.1'),
    { ...target(2, '10.99.0.2'), route },
    { ...target(3, '10.99.0.3'), probe: 'tcp:7' },
  ]);
  await follower.until(() => finding()?.severity === 'broken', 'the sensor says that targets are outside');
  assert.match(finding()?.title ?? '', /^2 targets are not probed: outside .* 10\.99\.0\.1\/32$/);
  assert.match(finding()?.remedy ?? '', /MAILLE_OWN_PREFIXES/);
  const of = (wanted: number) => follower.samples.filter(({ id }) => id === wanted).length;
  await follower.until(() => of(1) >= 3, 'what is inside is probed');
  assert.equal(of(2) + of(3), 0);
  assert.deepEqual(follower.rounds, []);
});

test('own prefixes that cannot be read: it does not start, and says what to do', { skip }, async (t) => {
  const environment = { MAILLE_OWN_PREFIXES: '10.0.0.0/8 fd00::/8' };
  await assert.rejects(
    start(t, runFolder(t), { environment }),
    /MAILLE_OWN_PREFIXES.*no prefix.*remedy|remedy.*10\.0\.0\.0\/8/,
  );
});
