/**
 * The embedded series at the size it is made for: `node bench/store.bench.ts [--json] [--targets 10000]
 * [--minutes 60] [--day-targets 512]`. First an hour of all targets at 1 Hz, as fast as it goes; then a day
 * of some, to read one target's day cold. Time is a clock of its own, so an hour takes about a minute.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openEmbeddedSeries } from '@maille/store/series/embedded/embedded-series';
import type { SeriesStore } from '@maille/store/series/series-store';
import { createFakeClock, type FakeClock } from '@maille/testkit/fake-clock';
import { createSampleBatch, OUTCOME_TIMEOUT, type SampleBatch } from '@maille/wire/link/samples';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    targets: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '60' },
    'day-targets': { type: 'string', default: '512' },
  },
});
const targets = Number(values.targets);
const minutes = Number(values.minutes);
const dayTargets = Number(values['day-targets']);
const START = Date.UTC(2026, 0, 1);
const epoch = '00000000000000be';
const figures: Record<string, number | string> = { machine: `${cpus().length} × ${cpus()[0]?.model}` };

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Noise as on a real path: a floor of its own a target, a little Gaussian, spikes, 0.3 % loss. */
function createNoise() {
  let state = 0x2545f491;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return {
    uniform,
    gaussian: () => uniform() + uniform() + uniform() + uniform() + uniform() + uniform() - 3, // σ ≈ 0.7
  };
}
const noise = createNoise();
const threadMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

function secondOf(count: number, baseMs: number): SampleBatch {
  const batch = createSampleBatch(count, baseMs);
  batch.count = count;
  for (let i = 0; i < count; i++) {
    const floorNs = 1_000_000 + ((i * 7_919) % 1_000) * 100_000; // 1 to 101 ms
    batch.targetIds[i] = i + 1;
    batch.offsetsUs[i] = Math.floor((i * 1_000_000) / count + 60 * noise.uniform());
    if (noise.uniform() < 0.003) {
      batch.outcomes[i] = OUTCOME_TIMEOUT;
      continue;
    }
    const spike = noise.uniform() < 0.01 ? 2_000_000 * noise.uniform() : 0;
    batch.rtts10ns[i] = (floorNs + 60_000 + 30_000 * noise.gaussian() + spike) / 10;
  }
  return batch;
}

async function feed(store: SeriesStore, clock: FakeClock, count: number, seconds: number, from: number) {
  const latencies = new Float64Array(seconds);
  // Of the thread's own CPU time, so that what else runs on the machine is not taken for the store.
  let worstHoldMs = 0;
  let last = threadMs();
  let watching = true;
  const watch = () => {
    const now = threadMs();
    worstHoldMs = Math.max(worstHoldMs, now - last);
    last = now;
    if (watching) setImmediate(watch);
  };
  let storeMs = 0;
  watch();
  for (let second = 0; second < seconds; second++) {
    const batch = secondOf(count, clock.wallMs());
    last = threadMs(); // making noise is not the store's hold
    const before = last;
    const appending = performance.now();
    store.append({ agentNumber: 1, epoch, sequence: from + second }, batch);
    latencies[second] = performance.now() - appending;
    await clock.advance(1_000);
    // What the tick set off gets the thread as it would in a second of real time.
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
    storeMs += threadMs() - before;
  }
  const drain = threadMs();
  await clock.advance(64_000);
  await store.retain(3_650, 3_650);
  storeMs += threadMs() - drain;
  watching = false;
  latencies.sort();
  return {
    storeMs,
    worstHoldMs,
    p50: latencies[seconds >> 1] as number,
    p99: latencies[Math.floor(seconds * 0.99)] as number,
    max: latencies[seconds - 1] as number,
  };
}

const folderBytes = (folder: string): number =>
  existsSync(folder)
    ? readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
    : 0;

async function timed<T>(name: string, fn: () => Promise<T>): Promise<T> {
  const before = performance.now();
  const result = await fn();
  figures[name] = round(performance.now() - before);
  return result;
}
const round = (value: number) => Math.round(value * 100) / 100;

/** Takes a folder's files out of the page cache. */
function makeCold(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (statSync(file).isFile())
      execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
  }
}

const log = { debug() {}, info() {}, warn: console.error, error: console.error };
const place = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: i + 1, prefix: `10.0.${(i + 1) >> 8}.0/24` }));
const memory = () => {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const root = mkdtempSync(join(tmpdir(), 'maille-bench-'));
try {
  {
    const clock = createFakeClock(START + 3_600_000);
    const folder = join(root, 'hour');
    const emptyBytes = memory();
    let store = await openEmbeddedSeries({ folder, clock, log });
    store.placeTargets(place(targets));
    const seconds = minutes * 60;
    const samples = seconds * targets;
    const { storeMs, worstHoldMs, p50, p99, max } = await feed(store, clock, targets, seconds, 1);
    figures['samples appended'] = samples;
    figures['samples a CPU second, with all moves to disk'] = Math.round(samples / (storeMs / 1_000));
    figures['share of one core at 10,000 samples/s, %'] = round((storeMs / (samples / 10_000) / 1_000) * 100);
    figures['append of a second of all targets, median, ms'] = round(p50);
    figures['append, p99, ms'] = round(p99);
    figures['append, worst, ms'] = round(max);
    figures['longest hold of the thread, CPU ms'] = round(worstHoldMs);
    figures['last hour in memory, MB'] = round((memory() - emptyBytes) / 1e6);
    const end = clock.wallMs();
    await timed('one target, last hour, raw, ms', () => store.readRaw(77, end - 3_600_000, end));
    await timed('one target, last hour, minutes, ms', () =>
      store.readRollup(77, 'minute', end - 3_600_000, end),
    );
    await timed('all targets, one minute, ms', () => store.readWindow(end - 600_000, end - 540_000));
    await timed('strip of an hour, ms', () => store.readStrip(end - 3_600_000, end));
    await store.stop();
    figures['raw, bytes a sample'] = round(folderBytes(join(folder, 'raw')) / samples);
    figures['rollups, bytes a sample'] = round(folderBytes(join(folder, 'rollup')) / samples);
    store = await timed('open again, ms', () => openEmbeddedSeries({ folder, clock, log }));
    await store.stop();
  }
  if (dayTargets > 0) {
    const clock = createFakeClock(START);
    const folder = join(root, 'day');
    const store = await openEmbeddedSeries({ folder, clock, log });
    store.placeTargets(place(dayTargets));
    await feed(store, clock, dayTargets, 86_400, 1);
    await clock.advance(4 * 3_600_000); // out of memory, hours rolled up
    for (let turn = 0; turn < 30; turn++) await clock.advance(1_000);
    await store.retain(3_650, 3_650);
    figures['targets of the day'] = dayTargets;
    const raw = join(folder, 'raw');
    makeCold(raw);
    await timed('one target, a day, raw, cold, ms', () => store.readRaw(77, START, START + 86_400_000));
    await timed('one target, a day, raw, warm, ms', () => store.readRaw(78, START, START + 86_400_000));
    await timed('one target, a day, minutes, ms', () =>
      store.readRollup(77, 'minute', START, START + 86_400_000),
    );
    await timed('one target, a day, hours, ms', () =>
      store.readRollup(77, 'hour', START, START + 86_400_000),
    );
    await timed('strip of a day, ms', () => store.readStrip(START, START + 86_400_000));
    await store.stop();
    figures['day, raw, bytes a sample'] = round(folderBytes(raw) / (86_400 * dayTargets));
  }
} finally {
  rmSync(root, { recursive: true });
}

if (values.json) console.log(JSON.stringify(figures));
else {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  for (const [name, value] of Object.entries(figures))
    console.log(name.padEnd(width + 2), typeof value === 'number' ? value.toLocaleString('en') : value);
}
