/**
 * How true the round trips are, at ten thousand a second: each sample against its two packets as tcpdump
 * saw them pass the prober's end of the cable.
 */
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Namespace } from '@maille/testkit/namespaces';
import { type FollowedSample, followSensor, startSensorProcess } from '@maille/testkit/sensor-process';
import { addressAt, createAnsweringNetwork } from './answering-network.ts';
import { type EchoCapture, readEchoCapture } from './echo-capture.ts';
import type { BenchPart, Figure } from './figure.ts';
import { echoTargets } from './sensor-load.ts';

const TARGETS = 10_000;
const MEDIAN_BOUND_US = 5;
const P99_BOUND_US = 25;

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
function compareWithWire(samples: readonly FollowedSample[], capture: EchoCapture) {
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
    const echoes = capture.byAddress.get(addressAt(4, id - 1)) ?? [];
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

function quantiles(numbers: number[]): (share: number) => number {
  const sorted = Float64Array.from(numbers).sort();
  return (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export async function accuracy({ folder, seconds = 30, say }: BenchPart): Promise<Figure[]> {
  const network = createAnsweringNetwork();
  try {
    const sensor = await startSensorProcess(network.prober, mkdtempSync(join(folder, 'run-')));
    const file = join(folder, 'wire.pcap');
    const capture = await startCapture(network.prober, file);
    const follower = followSensor(sensor.socketPath);
    say(`${TARGETS} echoes a second, and tcpdump on the cable …`);
    follower.client.setTargets(echoTargets(4, TARGETS));
    const wanted = TARGETS * seconds;
    const sent = () => follower.counters?.sent ?? 0;
    await follower.until(() => sent() >= wanted, 'all probes sent', (2 * seconds + 60) * 1_000);
    follower.client.setTargets([]);
    const settled = () => follower.counters?.inFlight === 0 && follower.samples.length >= sent();
    await follower.until(settled, 'every probe has come to its outcome', 15_000);
    await follower.client.stop();
    await sensor.end('SIGTERM');
    const captureDrops = await capture.end();
    const wire = readEchoCapture(file);
    const { rttErrorsUs, sentErrorsUs, rttsUs, unmatched } = compareWithWire(follower.samples, wire);
    const replies = follower.samples.filter(({ outcome }) => outcome === 'reply').length;
    const rttError = quantiles(rttErrorsUs);
    const sentError = quantiles(sentErrorsUs);
    return [
      { name: 'echoes', value: sent(), unit: 'echoes', atLeast: wanted },
      { name: 'lost', value: sent() - replies, unit: 'echoes', atMost: 0 },
      { name: 'samples without their packets', value: unmatched, unit: 'samples', atMost: 0 },
      { name: 'packets that tcpdump missed', value: captureDrops, unit: 'packets', atMost: 0 },
      { name: 'error of the RTT, median', value: rttError(0.5), unit: 'µs', atMost: MEDIAN_BOUND_US },
      { name: 'error of the RTT, p99', value: rttError(0.99), unit: 'µs', atMost: P99_BOUND_US },
      { name: 'error of the RTT, largest', value: rttError(1), unit: 'µs' },
      { name: 'error of the send time, median', value: sentError(0.5), unit: 'µs' },
      { name: 'error of the send time, p99', value: sentError(0.99), unit: 'µs' },
      { name: 'RTT on the wire, median', value: quantiles(rttsUs)(0.5), unit: 'µs' },
      { name: 'requests in the busiest 5 ms', value: wire.mostIn5Ms, unit: `(even: ${TARGETS / 200})` },
    ];
  } finally {
    network.remove();
  }
}
