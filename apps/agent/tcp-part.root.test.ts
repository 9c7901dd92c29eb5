/**
 * TCP probes of the sensor program against real stacks: a listener, a closed port, one that breaks off, and
 * a router that rejects in every manner, drops, or loses the first SYN.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { canMakeNamespaces } from '@maille/testkit/namespaces';
import { createProbeNetwork, type ProbeNetwork } from '@maille/testkit/probe-network';
import {
  followSensor,
  type SensorFollower,
  type SensorStart,
  startSensorProcess,
} from '@maille/testkit/sensor-process';
import { isOwnOutcome, outcomes } from '@maille/wire/link/samples';
import type { SensorTarget } from '@maille/wire/sensor/messages';

const skip = canMakeNamespaces ? false : 'needs root: network namespaces';
const NOBODY = 65_534;
const ACCEPT = 8_080;
const RESET = 8_081;
const END = 8_082;
const CLOSED = 8_083;

let network: ProbeNetwork;
let stopListeners = () => {};
before(async () => {
  if (skip) return;
  network = await createProbeNetwork();
  const listeners = network.far.spawn(
    process.execPath,
    [
      fileURLToPath(import.meta.resolve('@maille/testkit/tcp-listeners')),
      `${ACCEPT}=accept`,
      `${RESET}=reset`,
      `${END}=close`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  stopListeners = () => listeners.kill('SIGKILL');
  await once(listeners.stdout as Readable, 'data');
  const rule = (text: string) => network.router.run('nft', `insert rule inet test forward ${text}`);
  rule('ip daddr 10.98.5.0/24 reject with icmp type port-unreachable');
  rule('ip daddr 10.98.6.0/24 reject with tcp reset');
  rule('ip6 daddr fd98:5::/32 reject with icmpv6 type port-unreachable');
  // The first SYN from a port is lost, the next one passes.
  network.router.run(
    'nft',
    'add set inet test seen { type inet_service; flags dynamic,timeout; timeout 30s; }',
  );
  rule(
    'ip daddr 10.99.6.0/24 tcp flags & (syn | ack) == syn tcp sport != @seen add @seen { tcp sport } drop',
  );
});
after(() => {
  stopListeners();
  network?.remove();
});

async function start(t: TestContext, how: SensorStart = {}): Promise<SensorFollower> {
  const folder = mkdtempSync(join(tmpdir(), 'maille-tcp-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  chownSync(folder, NOBODY, NOBODY);
  const sensor = await startSensorProcess(network.prober, folder, how);
  t.after(() => sensor.end('SIGKILL'));
  const follower = followSensor(sensor.socketPath);
  t.after(() => follower.client.stop());
  return follower;
}

const target = (id: number, address: string, port: number, timeoutMs = 900): SensorTarget => ({
  id,
  address,
  probe: `tcp:${port}`,
  intervalMs: 1_000,
  timeoutMs,
});
const own = (follower: SensorFollower) =>
  follower.samples.filter(({ outcome }) => isOwnOutcome(outcomes.indexOf(outcome)));
/** Ends probing, and waits until every probe sent has its outcome and has come. */
async function settle(follower: SensorFollower): Promise<void> {
  follower.client.setTargets([]);
  const done = () => follower.counters?.inFlight === 0 && own(follower).length === follower.counters.sent;
  await follower.until(done, 'every probe has come to its outcome');
}

const expected: [address: string, port: number, outcome: string, code: number][] = [
  ['10.99.0.1', ACCEPT, 'reply', 0],
  ['10.99.0.1', RESET, 'reset', 0],
  ['10.99.0.1', END, 'reply', 0],
  ['10.99.0.1', CLOSED, 'refused', 0],
  ['10.98.1.1', 80, 'unreachable', 1],
  ['10.98.2.1', 80, 'unreachable', 13],
  ['10.98.3.1', 80, 'timeout', 0],
  ['10.98.4.1', 80, 'ttl-exceeded', 0],
  ['10.98.5.1', 80, 'unreachable', 3],
  ['10.98.6.1', 80, 'refused', 0],
  ['10.97.0.1', 80, 'local-error', 101],
  ['fd99::1', ACCEPT, 'reply', 0],
  ['fd99::1', RESET, 'reset', 0],
  ['fd99::1', CLOSED, 'refused', 0],
  ['fd98:2::1', 80, 'unreachable', 1],
  ['fd98:3::1', 80, 'timeout', 0],
  ['fd98:4::1', 80, 'ttl-exceeded', 0],
  ['fd98:5::1', 80, 'unreachable', 4],
  ['fe80::1%eth0', CLOSED, 'refused', 0],
  ['fe80::1%nosuch', 80, 'local-error', 19],
];

async function provokeEveryOutcome(follower: SensorFollower) {
  follower.client.setTargets(expected.map(([address, port], i) => target(i + 1, address, port)));
  const enough = () =>
    expected.every((_, i) => follower.samples.filter(({ id }) => id === i + 1).length >= 3);
  await follower.until(enough, 'three outcomes of every target');
  await settle(follower);
  for (const [i, [address, port, outcome, code]] of expected.entries()) {
    const seen = own(follower).filter(({ id }) => id === i + 1);
    const name = `${address} ${port}`;
    assert.deepEqual(new Set(seen.map((sample) => sample.outcome)), new Set([outcome]), name);
    const answers = ['reply', 'refused', 'reset'].includes(outcome);
    // The first answer is marked, since it may hold the search for the neighbour.
    assert.deepEqual(
      seen.map((sample) => sample.code),
      seen.map((_, nth) => (!answers ? code : nth === 0 ? 1 : 0)),
      name,
    );
    for (const { rttMs } of seen)
      assert.ok(answers ? rttMs > 0 && rttMs < 900 : rttMs === 0, `${name} ${rttMs}`);
  }
  const { counters } = follower;
  assert.equal(counters?.replies, own(follower).filter(({ outcome }) => outcome === 'reply').length);
  assert.equal(follower.samples.length, counters?.sent);
}

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

// Side by side: each has a sensor of its own, and most of its time goes by waiting.
describe('TCP probes', { skip, concurrency: true }, () => {
  test('every outcome, IPv4 and IPv6, told apart; no connection is left behind', async (t) => {
    const follower = await start(t);
    await provokeEveryOutcome(follower);
    // No connection keeps its port for a minute after its end.
    assert.equal(network.prober.run('ss', '-Htan', 'state', 'time-wait').trim(), '');
  });

  test('the same outcomes without any right', async (t) => {
    const follower = await start(t, { through: asNobody });
    await provokeEveryOutcome(follower);
    assert.equal(follower.hello?.probing, 'none');
  });

  test('a lost SYN is a loss, with the answer to the next one as late', async (t) => {
    const follower = await start(t);
    follower.client.setTargets([target(1, '10.99.6.1', ACCEPT, 2_500)]);
    await follower.until(() => own(follower).length >= 2, 'two outcomes');
    await settle(follower);
    assert.deepEqual(new Set(own(follower).map(({ outcome }) => outcome)), new Set(['timeout']));
    const late = follower.samples.filter(({ outcome }) => outcome === 'late');
    assert.equal(late.length, own(follower).length);
    for (const { rttMs } of late) assert.ok(rttMs > 900 && rttMs < 2_500, `${rttMs} ms`);
    assert.equal(follower.counters?.late, late.length);
  });

  test('more connections than descriptors allow: those are said not to be sent, and the doctor knows', async (t) => {
    const follower = await start(t, { through: ['prlimit', '--nofile=330:330'] });
    follower.client.setTargets(
      Array.from({ length: 200 }, (_, i) => target(i + 1, `10.98.3.${i + 1}`, 80, 3_000)),
    );
    await follower.until(() => own(follower).length >= 300, '300 outcomes');
    await settle(follower);
    assert.ok(follower.hello?.findings.some(({ id }) => id === 'sensor-connections'));
    assert.deepEqual(
      new Set(own(follower).map(({ outcome, code }) => `${outcome} ${code}`)),
      new Set(['local-error 24', 'timeout 0']),
    );
  });
});
