/**
 * How true the sensor's round trips are, and whether any echo is lost: the sensor program in one network
 * namespace, addresses that answer in another, tcpdump on the cable between them. Needs root.
 *
 *   npm run bench -- probe-accuracy [--targets=2000] [--seconds=60] [--json]
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { canMakeNamespaces, createNetwork, type Namespace } from '@maille/testkit/namespaces';
import { type FollowedSample, followSensor, startSensorProcess } from '@maille/testkit/sensor-process';
import { type EchoCapture, readEchoCapture } from './echo-capture.ts';

const MEDIAN_BOUND_US = 10;
const P99_BOUND_US = 50;

const { values } = parseArgs({
  options: {
    targets: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
  },
});

interface Spread {
  p50: number;
  p99: number;
  max: number;
}

function spreadOf(numbers: number[]): Spread {
  const sorted = Float64Array.from(numbers).sort();
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Seconds of processor time that a process has used, user and system. */
function cpuSeconds(pid: number): { user: number; system: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return { user: Number(fields[11]) / ticks, system: Number(fields[12]) / ticks };
}

function residentMegabytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]) / 1024;
}

async function startCapture(namespace: Namespace, file: string) {
  const line = ['-i', 'eth0', '-w', file, '-s', '96', '-B', '65536', '-Z', 'root', '-n'];
  const child = namespace.spawn('tcpdump', [...line, '--time-stamp-precision=nano', 'icmp'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  const lines = createInterface({ input: child.stderr as NodeJS.ReadableStream });
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

/** The k-th probe of a target is the k-th request to its address: every one is on both lists. */
function compare(
  samples: readonly FollowedSample[],
  addressOf: (id: number) => string,
  capture: EchoCapture,
) {
  const byTarget = new Map<number, FollowedSample[]>();
  for (const sample of samples) {
    const known = byTarget.get(sample.id);
    if (known) known.push(sample);
    else byTarget.set(sample.id, [sample]);
  }
  const rttErrorsUs: number[] = [];
  const sentErrorsUs: number[] = [];
  const rttsUs: number[] = [];
  let unmatched = 0;
  for (const [id, list] of byTarget) {
    const echoes = capture.byAddress.get(addressOf(id)) ?? [];
    list.sort((a, b) => a.sentAtMs - b.sentAtMs);
    for (const [k, sample] of list.entries()) {
      const echo = echoes[k];
      if (!echo || echoes.length !== list.length || Number.isNaN(echo.replyNs)) {
        unmatched++;
        continue;
      }
      rttsUs.push((echo.replyNs - echo.requestNs) / 1_000);
      rttErrorsUs.push(Math.abs(sample.rttMs * 1_000 - (echo.replyNs - echo.requestNs) / 1_000));
      sentErrorsUs.push(Math.abs((sample.sentAtMs - capture.startMs) * 1_000 - echo.requestNs / 1_000));
    }
  }
  return { rttErrorsUs, sentErrorsUs, rttsUs, unmatched };
}

async function main(): Promise<boolean> {
  if (!canMakeNamespaces) throw new Error('needs root: network namespaces, raw sockets and a capture');
  const targets = Number(values.targets);
  const seconds = Number(values.seconds);
  const addressOf = (id: number) => `10.99.${id >> 8}.${id & 255}`;
  const folder = mkdtempSync(join(tmpdir(), 'maille-bench-'));
  const network = createNetwork();
  try {
    const prober = network.addNamespace('prober');
    const far = network.addNamespace('far');
    network.connect(prober, 'eth0', ['10.1.0.2/24'], far, 'eth0', ['10.1.0.1/24']);
    prober.ip('route', 'add', '10.99.0.0/16', 'via', '10.1.0.1');
    far.ip('route', 'add', 'local', '10.99.0.0/16', 'dev', 'lo');
    const sensor = await startSensorProcess(prober, folder);
    const capture = await startCapture(prober, join(folder, 'wire.pcap'));
    const follower = followSensor(sensor.socketPath);
    const wanted = targets * seconds;
    const list = Array.from({ length: targets }, (_, i) => ({
      id: i + 1,
      address: addressOf(i + 1),
      probe: 'icmp',
      intervalMs: 1_000,
      timeoutMs: 1_000,
    }));
    const before = cpuSeconds(sensor.pid);
    const beganMs = performance.now();
    follower.client.setTargets(list);
    await follower.until(
      () => (follower.counters?.sent ?? 0) >= wanted,
      'all probes sent',
      (seconds + 30) * 1_000,
    );
    const after = cpuSeconds(sensor.pid);
    const tookSeconds = (performance.now() - beganMs) / 1_000;
    const residentMb = residentMegabytes(sensor.pid);
    follower.client.setTargets([]);
    const settled = () =>
      follower.counters?.inFlight === 0 && follower.samples.length >= follower.counters.sent;
    await follower.until(settled, 'every probe has come to its outcome', 10_000);
    const counters = follower.counters;
    if (!counters) throw new Error('the sensor never counted');
    await follower.client.stop();
    await sensor.end('SIGTERM');
    const captureDrops = await capture.end();
    const wire = readEchoCapture(join(folder, 'wire.pcap'));
    const { rttErrorsUs, sentErrorsUs, rttsUs, unmatched } = compare(follower.samples, addressOf, wire);

    const figures = {
      targets,
      seconds: tookSeconds,
      sent: counters.sent,
      counted: follower.samples.length,
      lost: counters.sent - follower.samples.filter((sample) => sample.outcome === 'reply').length,
      onTheWire: { requests: wire.requests, replies: wire.replies, captureDrops },
      unmatched,
      pace: { mostIn5Ms: wire.mostIn5Ms, evenShare: targets / 200 },
      rttErrorUs: spreadOf(rttErrorsUs),
      sendTimeErrorUs: spreadOf(sentErrorsUs),
      trueRttUs: spreadOf(rttsUs),
      droppedPackets: counters.droppedPackets,
      droppedSamples: counters.droppedSamples,
      cpuShare: {
        user: (after.user - before.user) / tookSeconds,
        system: (after.system - before.system) / tookSeconds,
      },
      residentMb,
      machine: {
        cpu: cpus()[0]?.model ?? 'unknown',
        cpus: cpus().length,
        memoryGb: totalmem() / 2 ** 30,
        kernel: release(),
        node: process.version,
      },
    };
    const passed =
      figures.sent >= wanted &&
      figures.counted === figures.sent &&
      figures.lost === 0 &&
      figures.unmatched === 0 &&
      figures.rttErrorUs.p50 <= MEDIAN_BOUND_US &&
      figures.rttErrorUs.p99 <= P99_BOUND_US;
    print(figures, passed);
    return passed;
  } finally {
    network.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(figures: Parameters<typeof tableOf>[0] & object, passed: boolean): void {
  if (values.json) console.log(JSON.stringify({ ...figures, passed }));
  else for (const [name, value] of tableOf(figures)) console.log(`${name.padEnd(34)} ${value}`);
  if (!values.json) console.log(passed ? 'passed' : 'FAILED');
}

function tableOf(figures: {
  targets: number;
  seconds: number;
  sent: number;
  counted: number;
  lost: number;
  onTheWire: { requests: number; replies: number; captureDrops: number };
  unmatched: number;
  pace: { mostIn5Ms: number; evenShare: number };
  rttErrorUs: Spread;
  sendTimeErrorUs: Spread;
  trueRttUs: Spread;
  droppedPackets: number;
  droppedSamples: number;
  cpuShare: { user: number; system: number };
  residentMb: number;
  machine: { cpu: string; cpus: number; memoryGb: number; kernel: string; node: string };
}): [string, string][] {
  const spread = (one: Spread) =>
    `p50 ${one.p50.toFixed(2)}   p99 ${one.p99.toFixed(2)}   max ${one.max.toFixed(1)}`;
  const { machine, onTheWire, cpuShare } = figures;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return [
    ['machine', `${machine.cpus} x ${machine.cpu}, ${machine.memoryGb.toFixed(1)} GB`],
    ['kernel, node', `${machine.kernel}, ${machine.node}`],
    ['targets at 1 Hz, seconds', `${figures.targets}, ${figures.seconds.toFixed(1)}`],
    ['sent / counted / lost', `${figures.sent} / ${figures.counted} / ${figures.lost}`],
    ['requests / replies on the wire', `${onTheWire.requests} / ${onTheWire.replies}`],
    ['dropped by the capture', `${onTheWire.captureDrops}`],
    ['samples without their packet', `${figures.unmatched}`],
    ['requests in the busiest 5 ms', `${figures.pace.mostIn5Ms} (even: ${figures.pace.evenShare})`],
    ['RTT error, µs', spread(figures.rttErrorUs)],
    ['send time error, µs', spread(figures.sendTimeErrorUs)],
    ['RTT on the wire, µs', spread(figures.trueRttUs)],
    ['dropped packets / samples', `${figures.droppedPackets} / ${figures.droppedSamples}`],
    [
      'sensor, share of one core',
      `${percent(cpuShare.user + cpuShare.system)} (user ${percent(cpuShare.user)})`,
    ],
    ['sensor, resident', `${figures.residentMb.toFixed(0)} MB`],
  ];
}

main().then(
  (passed) => process.exit(passed ? 0 : 1),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
