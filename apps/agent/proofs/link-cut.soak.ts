/**
 * The link cut for minutes, with a real agent and a real sensor: the gap fills in, in order, each sample
 * once, and what is new keeps arriving at once while it does. The truth is what tcpdump saw on the wire.
 *
 *   node link-cut.soak.ts [--cut-seconds 300] [--even-seconds 10] [--targets 200]
 *
 * Root only: it runs in a network namespace of its own, where all targets are loopback addresses.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '@maille/base/clock';
import { silentLog } from '@maille/base/log';
import { openIdentity } from '@maille/host/identity';
import { openEmbeddedSeries } from '@maille/store/series/embedded/embedded-series';
import { compareSamples } from '@maille/testkit/compare-samples';
import { createCuttableProxy } from '@maille/testkit/cuttable-proxy';
import { startEchoLog } from '@maille/testkit/echo-log';
import { eventually } from '@maille/testkit/eventually';
import { runInNamespace } from '@maille/testkit/in-namespace';
import { createLinkLab, labTarget } from '@maille/testkit/link-lab';
import { readStored } from '@maille/testkit/read-stored';
import { startRealProgram } from '@maille/testkit/real-program';

const { values } = parseArgs({
  options: {
    'cut-seconds': { type: 'string', default: '300' },
    'even-seconds': { type: 'string', default: '10' },
    targets: { type: 'string', default: '200' },
    inside: { type: 'boolean', default: false },
  },
});
const cutMs = Number(values['cut-seconds']) * 1_000;
const count = Number(values.targets);
/** Before the cut, and after the gap is filled. */
const evenMs = Number(values['even-seconds']) * 1_000;
/** A verdict takes a round trip or the timeout, then the sensor's batch: what is later than that waited. */
const LIVE_BOUND_MS = 1_000;

process.exit(
  values.inside ? await runInside() : await runInNamespace(import.meta.filename, process.argv.slice(2)),
);

async function runInside(): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), 'maille-cut-'));
  const series = await openEmbeddedSeries({
    folder: join(dataDir, 'series'),
    clock: systemClock,
    log: silentLog,
  });
  const lab = await createLinkLab({
    series,
    localAgentId: openIdentity(join(dataDir, 'identity', 'agent.key')).id,
  });
  const proxy = await createCuttableProxy(lab.port);
  const hosts = Array.from({ length: count }, (_, i) => `127.1.${Math.floor(i / 200)}.${(i % 200) + 1}`);
  const targets = hosts.map((host, i) =>
    labTarget(i + 1, { host, prefix: `${host.split('.').slice(0, 3).join('.')}.0/24` }),
  );
  series.placeTargets(targets);
  lab.setTargets(targets);

  const live: { arrivedAtMs: number; ageMs: number }[] = [];
  const backlog: { arrivedAtMs: number; baseMs: number; count: number }[] = [];
  lab.bus.subscribe('samples', ({ backlog: waited, batch }) => {
    const arrivedAtMs = Date.now();
    if (waited) backlog.push({ arrivedAtMs, baseMs: batch.baseMs, count: batch.count });
    // The newest of a batch: older ones waited for their verdict, not for the link.
    else live.push({ arrivedAtMs, ageMs: arrivedAtMs - newestMs(batch) });
  });

  const common = { MAILLE_DATA_DIR: dataDir, MAILLE_RUN_DIR: join(dataDir, 'run'), MAILLE_PRESENCE: 'off' };
  const start = (name: string, environment = {}) =>
    startRealProgram({
      file: join(import.meta.dirname, '..', `${name}.ts`),
      environment: { ...common, ...environment },
      logFile: join(dataDir, `${name}.log`),
    });
  const sensor = start('sensor-main');
  const agent = start('main', {
    MAILLE_SERVER_URL: `wss://127.0.0.1:${proxy.port}/link`,
    MAILLE_SERVER_ID: lab.identity.id,
  });
  const echoLog = await startEchoLog('lo', '127.1.0.0/16', join(dataDir, 'wire.pcap'));

  await eventually('samples arrive', () => live.length > 20, 30_000);
  const startedAtMs = Date.now();
  await pause(evenMs);
  const evenFrames = live.length;
  proxy.cut();
  await pause(cutMs);
  proxy.mend();
  const mendedAtMs = Date.now();
  const samplesOfBacklog = () => backlog.reduce((sum, { count: samples }) => sum + samples, 0);
  const expected = () => (0.9 * count * cutMs) / 1_000;
  await eventually('the gap is filled', () => samplesOfBacklog() >= expected() && backlogIsOver(), 120_000);
  function backlogIsOver(): boolean {
    return Date.now() - (backlog.at(-1)?.arrivedAtMs ?? 0) > 2_000;
  }
  const filledAtMs = backlog.at(-1)?.arrivedAtMs as number;
  await pause(evenMs);
  const endedAtMs = Date.now();
  await pause(3_000);

  const codes = [await sensor.stop(), await agent.stop()];
  const { sentAtMs, droppedByKernel } = await echoLog.stop();
  await proxy.stop();
  await lab.stop();
  await series.stop();
  const addresses = new Map(targets.map(({ id, host }) => [id, host]));
  const { stored, complaints } = await readStored(join(dataDir, 'series'), addresses, startedAtMs, endedAtMs);
  const figures = compareSamples(sentAtMs, stored, { fromMs: startedAtMs, toMs: endedAtMs }, []);

  // From the moment that the link stood again: how long that takes is the backoff's draw.
  const upAtMs = Math.min(
    ...[...live, ...backlog].map(({ arrivedAtMs }) => arrivedAtMs).filter((atMs) => atMs >= mendedAtMs),
  );
  const during = live.filter(
    ({ arrivedAtMs }) => arrivedAtMs >= upAtMs && arrivedAtMs <= Math.max(filledAtMs, upAtMs + 5_000),
  );
  const unordered = backlog.filter(
    ({ baseMs }, i) => i > 0 && baseMs < (backlog[i - 1]?.baseMs as number),
  ).length;
  const report = {
    cutSeconds: cutMs / 1_000,
    targets: count,
    backlogSamples: samplesOfBacklog(),
    backlogFramesOutOfOrder: unordered,
    linkUpAfterMs: upAtMs - mendedAtMs,
    filledInMs: filledAtMs - upAtMs,
    firstLiveAfterMs: (during[0]?.arrivedAtMs ?? Number.POSITIVE_INFINITY) - upAtMs,
    liveAgeP99BeforeMs: quantile(
      live.slice(0, evenFrames).map(({ ageMs }) => ageMs),
      0.99,
    ),
    liveFramesWhileFilling: during.length,
    liveAgeP99WhileFillingMs: quantile(
      during.map(({ ageMs }) => ageMs),
      0.99,
    ),
    liveAgeMaxWhileFillingMs: quantile(
      during.map(({ ageMs }) => ageMs),
      1,
    ),
  };
  console.log(report);
  console.log({ ...figures, missedByTcpdump: droppedByKernel, exitCodes: codes, complaints });
  const good =
    figures.lost === 0 &&
    figures.doubled === 0 &&
    unordered === 0 &&
    complaints.length === 0 &&
    during.length > 5 &&
    (report.liveAgeP99WhileFillingMs ?? Number.POSITIVE_INFINITY) < LIVE_BOUND_MS &&
    codes.every((code) => code === 0);
  if (good) rmSync(dataDir, { recursive: true });
  else console.log(`failed; what it left: ${dataDir}`);
  return good ? 0 : 1;
}

function newestMs(batch: { count: number; baseMs: number; offsetsUs: Uint32Array }): number {
  let newestUs = 0;
  for (let i = 0; i < batch.count; i++) newestUs = Math.max(newestUs, batch.offsetsUs[i] as number);
  return batch.baseMs + newestUs / 1_000;
}

function quantile(numbers: number[], share: number): number | undefined {
  const sorted = numbers.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return value === undefined ? undefined : Math.round(value * 10) / 10;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
