/**
 * TCP probes: 2,000 connections a second, what they cost, whether any is lost, and how true their round
 * trips are against the handshakes on the cable; then the same of ports that refuse. The sensor program in
 * one network namespace, a listener in another, tcpdump on the cable between them. Needs root.
 *
 *   npm run bench -- tcp-probe [--targets=2000] [--seconds=60] [--json]
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { canMakeNamespaces, createNetwork, type Namespace } from '@maille/testkit/namespaces';
import { type FollowedSample, followSensor, startSensorProcess } from '@maille/testkit/sensor-process';
import type { SensorTarget } from '@maille/wire/sensor/messages';
import { type HandshakeCapture, readHandshakeCapture } from './handshake-capture.ts';
import { type Figure, isMet } from './probe/figure.ts';
import { describeMachine } from './probe/machine.ts';
import { costOf, residentMb } from './probe/process-cost.ts';

const LISTENING = 8_080;
const CLOSED = 8_081;
const REFUSED_TARGETS = 500;
const REFUSED_SECONDS = 10;
const MEDIAN_BOUND_US = 5;
const P99_BOUND_US = 25;

const { values } = parseArgs({
  options: {
    targets: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
  },
});

const addressOf = (id: number) => `10.99.${(id >> 8) & 255}.${id & 255}`;

function targetsAt(count: number, port: number): SensorTarget[] {
  return Array.from({ length: count }, (_, i) => ({
    id: port * 10_000 + i + 1,
    address: addressOf(i + 1),
    probe: `tcp:${port}`,
    intervalMs: 1_000,
    timeoutMs: 900,
  }));
}

async function startCapture(namespace: Namespace, file: string) {
  const line = ['-i', 'eth0', '-w', file, '-s', '64', '-B', '65536', '-Z', 'root', '-n'];
  const wanted = 'tcp[tcpflags] & (tcp-syn | tcp-rst) != 0';
  const child = namespace.spawn('tcpdump', [...line, '--time-stamp-precision=nano', wanted], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  const lines = createInterface({ input: child.stderr as Readable });
  lines.on('line', (text) => said.push(text));
  await once(lines, 'line'); // "listening on …"
  return {
    async end(): Promise<number> {
      child.kill('SIGINT');
      await once(child, 'exit');
      const dropped = said.map((text) => /^(\d+) packets dropped by kernel/.exec(text)?.[1]).find(Boolean);
      return Number(dropped ?? Number.NaN);
    },
  };
}

/** The k-th probe of a target is the k-th SYN to it: every one is on both lists. */
function errorsOf(samples: readonly FollowedSample[], outcome: string, port: number, wire: HandshakeCapture) {
  const byTarget = Map.groupBy(
    samples.filter(({ id }) => Math.floor(id / 10_000) === port),
    ({ id }) => id,
  );
  const errorsUs: number[] = [];
  const signedUs: number[] = [];
  const trueUs: number[] = [];
  let unmatched = 0;
  for (const [id, list] of byTarget) {
    const handshakes = wire.byTarget.get(`${addressOf(id % 10_000)} ${port}`) ?? [];
    list.sort((a, b) => a.sentAtMs - b.sentAtMs);
    for (const [k, sample] of list.entries()) {
      const { synNs, answerNs } = handshakes[k] ?? { synNs: Number.NaN, answerNs: Number.NaN };
      const onWireUs = (answerNs - synNs) / 1_000;
      if (sample.outcome !== outcome || handshakes.length !== list.length || Number.isNaN(onWireUs)) {
        unmatched++;
        continue;
      }
      trueUs.push(onWireUs);
      signedUs.push(sample.rttMs * 1_000 - onWireUs);
      errorsUs.push(Math.abs(sample.rttMs * 1_000 - onWireUs));
    }
  }
  return { errorsUs, signedUs, trueUs, unmatched };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

async function measure(folder: string): Promise<Figure[]> {
  const targets = Number(values.targets);
  const seconds = Number(values.seconds);
  const network = createNetwork();
  const prober = network.addNamespace('prober');
  const far = network.addNamespace('far');
  network.connect(prober, 'eth0', ['10.1.0.2/24'], far, 'eth0', ['10.1.0.1/24']);
  prober.ip('route', 'add', '10.99.0.0/16', 'via', '10.1.0.1');
  far.ip('route', 'add', 'local', '10.99.0.0/16', 'dev', 'lo');
  const listener = far.spawn(
    process.execPath,
    [fileURLToPath(import.meta.resolve('@maille/testkit/tcp-listeners')), `${LISTENING}=accept`],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    await once(listener.stdout as Readable, 'data');
    const sensor = await startSensorProcess(prober, folder);
    const follower = followSensor(sensor.socketPath);
    await follower.until(() => follower.hello !== undefined, 'hello');
    const capture = await startCapture(prober, join(folder, 'wire.pcap'));
    const sentSoFar = () => follower.counters?.sent ?? 0;
    const settle = async () => {
      follower.client.setTargets([]);
      const settled = () => follower.counters?.inFlight === 0 && follower.samples.length >= sentSoFar();
      await follower.until(settled, 'every probe has come to its outcome', 10_000);
    };

    const wanted = targets * seconds;
    const before = costOf(sensor.pid);
    const beganMs = performance.now();
    follower.client.setTargets(targetsAt(targets, LISTENING));
    await follower.until(() => sentSoFar() >= wanted, 'all probes begun', (seconds + 30) * 1_000);
    const after = costOf(sensor.pid);
    const tookSeconds = (performance.now() - beganMs) / 1_000;
    const resident = residentMb(sensor.pid);
    await settle();
    const sent = sentSoFar();
    const replies = follower.counters?.replies ?? 0;

    follower.client.setTargets(targetsAt(REFUSED_TARGETS, CLOSED));
    await follower.until(
      () => sentSoFar() >= sent + REFUSED_TARGETS * REFUSED_SECONDS,
      'refusals',
      (REFUSED_SECONDS + 30) * 1_000,
    );
    await settle();
    await follower.client.stop();
    await sensor.end('SIGTERM');
    const captureDrops = await capture.end();
    const wire = readHandshakeCapture(join(folder, 'wire.pcap'));
    const accepted = errorsOf(follower.samples, 'reply', LISTENING, wire);
    const refused = errorsOf(follower.samples, 'refused', CLOSED, wire);

    const cpu = after.cpuSeconds - before.cpuSeconds;
    return [
      { name: 'connections a second', value: sent / tookSeconds, unit: '1/s', atLeast: 0.95 * targets },
      { name: 'connections begun', value: sent, unit: '', atLeast: wanted },
      { name: 'not a reply', value: sent - replies, unit: '', atMost: 0 },
      { name: 'without their handshake on the wire', value: accepted.unmatched, unit: '', atMost: 0 },
      { name: 'SYNs that the kernel sent again', value: wire.repeated, unit: '' },
      { name: 'dropped by the capture', value: captureDrops, unit: '' },
      { name: `SYNs in the busiest 5 ms (even: ${targets / 200})`, value: wire.mostIn5Ms, unit: '' },
      {
        name: 'RTT error, median',
        value: quantile(accepted.errorsUs, 0.5),
        unit: 'µs',
        atMost: MEDIAN_BOUND_US,
      },
      { name: 'RTT error, p99', value: quantile(accepted.errorsUs, 0.99), unit: 'µs', atMost: P99_BOUND_US },
      { name: 'RTT error, largest', value: quantile(accepted.errorsUs, 1), unit: 'µs' },
      { name: 'RTT shown less the true one, median', value: quantile(accepted.signedUs, 0.5), unit: 'µs' },
      { name: 'RTT on the wire, median', value: quantile(accepted.trueUs, 0.5), unit: 'µs' },
      { name: 'sensor, share of one core', value: (100 * cpu) / tookSeconds, unit: '%' },
      {
        name: 'of it outside the kernel',
        value: (100 * (after.userSeconds - before.userSeconds)) / tookSeconds,
        unit: '%',
      },
      { name: 'sensor, a connection', value: (1e6 * cpu) / sent, unit: 'µs' },
      { name: 'sensor, memory of its own', value: resident.own, unit: 'MB' },
      { name: 'refused: without their answer on the wire', value: refused.unmatched, unit: '', atMost: 0 },
      { name: 'refused: RTT error, median', value: quantile(refused.errorsUs, 0.5), unit: 'µs' },
      { name: 'refused: RTT error, p99', value: quantile(refused.errorsUs, 0.99), unit: 'µs' },
    ];
  } finally {
    listener.kill('SIGKILL');
    network.remove();
  }
}

function boundOf({ atMost, atLeast }: Figure): string {
  if (atMost !== undefined) return `at most ${atMost}`;
  return atLeast === undefined ? '' : `at least ${atLeast}`;
}

async function main(): Promise<boolean> {
  if (!canMakeNamespaces) throw new Error('needs root: network namespaces and a capture');
  const machine = describeMachine();
  const folder = mkdtempSync(join(tmpdir(), 'maille-bench-'));
  try {
    const figures = await measure(folder);
    const passed = figures.every(isMet);
    if (values.json) {
      console.log(JSON.stringify({ machine, figures, passed }));
      return passed;
    }
    const { cpus, cpu, memoryGb, kernel, node } = machine;
    console.log(`${cpus} x ${cpu}, ${memoryGb} GB, Linux ${kernel}, Node ${node}`);
    for (const figure of figures) {
      const { name, value, unit } = figure;
      const text = Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(2);
      const bound = boundOf(figure);
      const verdict = bound === '' ? '' : isMet(figure) ? 'met' : 'MISSED';
      console.log(`${name.padEnd(44)} ${text.padStart(12)} ${unit.padEnd(4)} ${bound.padEnd(16)} ${verdict}`);
    }
    console.log(passed ? 'passed' : 'FAILED');
    return passed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().then(
  (passed) => process.exit(passed ? 0 : 1),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
