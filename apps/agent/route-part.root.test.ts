/** The sensor program traces beside its echoes: with the sockets it took before it gave root up. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { canMakeNamespaces } from '@maille/testkit/namespaces';
import { createRouteNetwork, TARGET_4, TARGET_6 } from '@maille/testkit/route-network';
import { followSensor, startSensorProcess } from '@maille/testkit/sensor-process';
import type { SensorTarget } from '@maille/wire/sensor/messages';
import type { TracePlan } from '@maille/wire/traceroute';

const skip = canMakeNamespaces ? false : 'needs root: network namespaces and raw sockets';

const target = (id: number, address: string, method: TracePlan['method'], flows: number): SensorTarget => ({
  id,
  address,
  probe: 'icmp',
  intervalMs: 1_000,
  timeoutMs: 1_000,
  route: { method, everyMs: 60_000, flows, ...(method === 'tcp' && { port: 8_080 }) },
});

test('rounds of every method, while echoes go on undisturbed', { skip }, async (t) => {
  const network = createRouteNetwork();
  t.after(() => network.remove());
  const folder = mkdtempSync(join(tmpdir(), 'maille-sensor-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const sensor = await startSensorProcess(network.prober, folder);
  t.after(() => sensor.end('SIGKILL'));
  const follower = followSensor(sensor.socketPath);
  t.after(() => follower.client.stop());

  const methods = ['icmp', 'udp', 'tcp'] as const;
  const targets = [TARGET_4, TARGET_6].flatMap((address, i) =>
    methods.map((method, j) => target(3 * i + j + 1, address, method, 3)),
  );
  const plain = { ...target(7, TARGET_4, 'icmp', 1) };
  delete plain.route;
  follower.client.setTargets([...targets, plain]);
  await follower.until(() => follower.samples.length > 0, 'the sensor has its targets');
  const ids = targets.map(({ id }) => id);
  const roundsOf = (id: number) => follower.rounds.filter(({ targetId }) => targetId === id);
  for (const count of [1, 2]) {
    assert.equal(follower.client.traceNow([...ids, 7, 99]), true);
    await follower.until(() => ids.every((id) => roundsOf(id).length >= count), `${count} rounds of each`);
  }
  for (const { id, address, route } of targets) {
    for (const round of roundsOf(id)) {
      assert.deepEqual([round.method, round.address, round.flows.length], [route?.method, address, 3]);
      for (const { end, hops } of round.flows) {
        assert.deepEqual([end, hops.length, hops[4]?.address], ['reached', 5, address]);
        assert.ok(hops.every(({ rttNs }) => rttNs !== null && rttNs > 0 && rttNs < 1e9));
      }
    }
  }
  assert.equal(roundsOf(7).length, 0, 'what has no plan is not traced');
  assert.deepEqual(
    follower.hello?.findings.filter(({ id }) => id === 'sensor-trace-icmp'),
    [],
  );

  const enough = () => follower.samples.length >= 40;
  await follower.until(enough, 'echoes of every target');
  assert.deepEqual(new Set(follower.samples.map(({ outcome }) => outcome)), new Set(['reply']));
  const { foreign, duplicates, late } = follower.counters ?? {};
  assert.deepEqual({ foreign, duplicates, late }, { foreign: 0, duplicates: 0, late: 0 });
});
