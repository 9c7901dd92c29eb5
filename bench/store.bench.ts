/**
 * The embedded series at the size it is made for: `node bench/store.bench.ts [--json] [--targets 10000]
 * [--minutes 60] [--day-targets 512] [--only hour,agents,day,year]`. An hour of all targets at 1 Hz, as fast as it goes, and
 * its day closed; ten agents at once; a day of some targets, closed, one of them read cold; a year of hours.
 * Time is a clock of its own, so an hour takes about a minute. Cold reads are of a process of its own, the
 * files taken out of the page cache. CPU is that of the thread, whatever else the machine does.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openEmbeddedSeries } from '@maille/store/series/embedded/embedded-series';
import type { SeriesStore } from '@maille/store/series/series-store';
import { createFakeClock, type FakeClock } from '@maille/testkit/fake-clock';
import { createSampleBatch } from '@maille/wire/link/samples';
import type { ColdFigures, ColdRead } from './store/cold-read.ts';
import { createPathNoise } from './store/path-noise.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    targets: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '60' },
    'day-targets': { type: 'string', default: '512' },
    only: { type: 'string', default: 'hour,agents,day,year' },
  },
});
const targets = Number(values.targets);
const minutes = Number(values.minutes);
const dayTargets = Number(values['day-targets']);
const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const DAY = 86_400_000;
const epoch = '00000000000000be';
const figures: Record<string, number | string> = { machine: `${cpus().length} × ${cpus()[0]?.model}` };

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const noise = createPathNoise();
const threadMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};
const yieldTurns = async (turns: number) => {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** One agent a target list of its own, all of `count` targets. */
async function feed(
  store: SeriesStore,
  clock: FakeClock,
  count: number,
  seconds: number,
  agents: readonly number[] = [1],
) {
  const latencies = new Float64Array(seconds * agents.length);
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
    const batches = agents.map(() => noise.second(count, clock.wallMs()));
    last = threadMs(); // making noise is not the store's hold
    const before = last;
    batches.forEach((batch, i) => {
      const appending = performance.now();
      store.append({ agentNumber: agents[i] as number, epoch, sequence: second + 1 }, batch);
      latencies[second * agents.length + i] = performance.now() - appending;
    });
    await clock.advance(1_000);
    // What the tick set off gets the thread as it would in a second of real time.
    await yieldTurns(4);
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
    p50: latencies[latencies.length >> 1] as number,
    p99: latencies[Math.floor(latencies.length * 0.99)] as number,
    max: latencies.at(-1) as number,
  };
}

/** A day passes; turns until its files are closed. The result is the CPU that it took. */
async function closeDays(store: SeriesStore, clock: FakeClock, folder: string): Promise<number> {
  for (let turn = 0; turn < 40; turn++) {
    await clock.advance(1_000);
    await store.retain(3_650, 3_650);
  }
  clock.stepWall(DAY + 3 * HOUR);
  const before = threadMs();
  let quiet = 0;
  while (quiet < 20) {
    await clock.advance(1_000);
    await store.retain(3_650, 3_650);
    const closing = ['closing', 'closing-rollup'].flatMap((kind) => readdirSync(join(folder, kind)));
    quiet = closing.length === 0 ? quiet + 1 : 0;
  }
  return threadMs() - before;
}

const folderBytes = (folder: string): number =>
  existsSync(folder)
    ? readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
    : 0;
const round = (value: number) => Math.round(value * 100) / 100;
async function timed<T>(name: string, fn: () => Promise<T>): Promise<T> {
  const before = performance.now();
  const result = await fn();
  figures[name] = round(performance.now() - before);
  return result;
}

/** Takes the files of a series folder out of the page cache. */
function makeCold(folder: string): void {
  execFileSync('sync');
  for (const kind of ['raw', 'rollup', 'hours', '.']) {
    for (const name of readdirSync(join(folder, kind))) {
      const file = join(folder, kind, name);
      if (statSync(file).isFile())
        execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
    }
  }
}

function readCold(folder: string, nowMs: number, read: ColdRead): ColdFigures {
  makeCold(folder);
  const program = fileURLToPath(new URL('./store/cold-read.ts', import.meta.url));
  const text = execFileSync(process.execPath, [program, folder, String(nowMs), JSON.stringify(read)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(text) as ColdFigures;
}

const log = { debug() {}, info() {}, warn: console.error, error: console.error };
const place = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: i + 1, prefix: `10.0.${(i + 1) >> 8}.0/24` }));
const memory = () => {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { used: heapUsed + external, rss };
};

async function anHourOfAll(root: string): Promise<void> {
  const clock = createFakeClock(START + HOUR);
  const folder = join(root, 'hour');
  const empty = memory();
  let store = await openEmbeddedSeries({ folder, clock, log });
  store.placeTargets(place(targets));
  const seconds = minutes * 60;
  const samples = seconds * targets;
  const { storeMs, worstHoldMs, p50, p99, max } = await feed(store, clock, targets, seconds);
  figures['samples appended'] = samples;
  figures['samples a CPU second, with all moves to disk'] = Math.round(samples / (storeMs / 1_000));
  figures['share of one core at 10,000 samples/s, %'] = round((storeMs / (samples / 10_000) / 1_000) * 100);
  figures['append of a second of all targets, median, ms'] = round(p50);
  figures['append, p99, ms'] = round(p99);
  figures['append, worst, ms'] = round(max);
  figures['longest hold of the thread, CPU ms'] = round(worstHoldMs);
  const full = memory();
  figures['last hour in memory, heap and buffers, MB'] = round((full.used - empty.used) / 1e6);
  figures['resident growth, room for garbage included, MB'] = round((full.rss - empty.rss) / 1e6);
  // V8 gives that room back only when nothing goes on.
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  figures['resident growth, after 15 s of rest, MB'] = round((memory().rss - empty.rss) / 1e6);
  const end = clock.wallMs();
  await timed('one target, last hour, raw, ms', () => store.readRaw(77, end - HOUR, end));
  await timed('one target, last hour, minutes, ms', () => store.readRollup(77, 'minute', end - HOUR, end));
  await timed('all targets, one minute, ms', () => store.readWindow(end - 600_000, end - 540_000));
  await timed('strip of an hour, ms', () => store.readStrip(end - HOUR, end));
  figures['open day, samples, bytes a sample'] = round(folderBytes(join(folder, 'raw')) / samples);
  await store.stop();
  store = await timed('open again, ms', () => openEmbeddedSeries({ folder, clock, log }));

  const closingMs = await closeDays(store, clock, folder);
  figures['closing a day, CPU µs a sample'] = round((closingMs * 1_000) / samples);
  await store.stop();
  figures['closed day, samples, bytes a sample'] = round(folderBytes(join(folder, 'raw')) / samples);
  figures['rollups of minutes, bytes a sample'] = round(folderBytes(join(folder, 'rollup')) / samples);
  const from = START + HOUR + 5 * 60_000;
  const count = Math.min(20, minutes - 6);
  const replay = readCold(folder, clock.wallMs(), {
    what: 'minutes',
    fromMs: from,
    toMs: from + count * 60_000,
  });
  figures['closed day, first minute of all targets, cold, for the wire, ms'] = round(replay.firstMs);
  figures['closed day, minutes of all targets a second'] = round((count * 1_000) / replay.totalMs);
  figures['closed day, CPU ms a minute of all targets, for the wire'] = round(replay.cpuMs / count);
}

async function tenAgents(root: string): Promise<void> {
  const clock = createFakeClock(START + HOUR);
  const folder = join(root, 'agents');
  const store = await openEmbeddedSeries({ folder, clock, log });
  store.placeTargets(place(targets));
  const agents = Array.from({ length: 10 }, (_, i) => i + 1);
  const { storeMs, p99, worstHoldMs } = await feed(store, clock, targets, 120, agents);
  figures['ten agents: samples a second'] = 10 * targets;
  figures['ten agents: share of one core, %'] = round((storeMs / 120 / 1_000) * 100);
  figures['ten agents: append, p99, ms'] = round(p99);
  figures['ten agents: longest hold of the thread, CPU ms'] = round(worstHoldMs);
  await store.stop();
}

async function aDay(root: string): Promise<void> {
  const clock = createFakeClock(START);
  const folder = join(root, 'day');
  const store = await openEmbeddedSeries({ folder, clock, log });
  store.placeTargets(place(dayTargets));
  await feed(store, clock, dayTargets, 86_400);
  await closeDays(store, clock, folder);
  await timed('one target, a day, raw, warm, ms', () =>
    store.readRaw(Math.min(78, dayTargets), START, START + DAY),
  );
  await timed('one target, a day, its figures, ms', () =>
    store.readStatistics([Math.min(78, dayTargets)], START, START + DAY),
  );
  await timed('one target, a day, minutes, ms', () =>
    store.readRollup(Math.min(77, dayTargets), 'minute', START, START + DAY),
  );
  await timed('strip of a day, ms', () => store.readStrip(START, START + DAY));
  await store.stop();
  const samples = 86_400 * dayTargets;
  figures['targets of the day'] = dayTargets;
  for (const [kind, name] of [
    ['raw', 'samples'],
    ['rollup', 'minutes'],
    ['hours', 'hours and sketches'],
  ] as const)
    figures[`day of some, closed, ${name}, bytes a sample`] = round(
      folderBytes(join(folder, kind)) / samples,
    );
  const read = { what: 'day', targetId: Math.min(77, dayTargets), fromMs: START, toMs: START + DAY } as const;
  const cold = Array.from({ length: 5 }, () => readCold(folder, clock.wallMs(), read)).sort(
    (a, b) => a.totalMs - b.totalMs,
  );
  figures['one target, a day, raw, cold, median of 5, ms'] = round((cold[2] as ColdFigures).totalMs);
  figures['one target, a day, raw, cold, worst of 5, ms'] = round((cold[4] as ColdFigures).totalMs);
  figures['one target, a day, raw, cold, CPU ms'] = round((cold[2] as ColdFigures).cpuMs);
  figures['one target, a day, cold, MB from disk'] = round((cold[2] as ColdFigures).diskBytes / 1e6);
}

/** Sixteen targets every five minutes for a year: the hours are as many, and as large, as at 1 Hz. */
async function aYear(root: string): Promise<void> {
  const clock = createFakeClock(START);
  const folder = join(root, 'year');
  const store = await openEmbeddedSeries({ folder, clock, log });
  for (let hour = 0; hour < 365 * 24; hour++) {
    const batch = createSampleBatch(16 * 12, START + hour * HOUR);
    for (let i = 0; i < 16 * 12; i++) {
      const at = batch.count++;
      batch.targetIds[at] = 16 + (i % 16);
      batch.offsetsUs[at] = Math.floor(i / 16) * 300_000_000;
      batch.rtts10ns[at] = 20_000 + 2_000 * noise.uniform();
    }
    store.append({ agentNumber: 1, epoch, sequence: hour + 1 }, batch);
    clock.stepWall(HOUR);
    if (hour % 24 === 23) {
      await clock.advance(1_000);
      await store.retain(3_650, 3_650);
    }
  }
  await closeDays(store, clock, folder);
  await store.stop();
  const read = { what: 'hours', targetId: 20, fromMs: START, toMs: START + 365 * DAY } as const;
  const cold = readCold(folder, clock.wallMs(), read);
  figures['a year of hours of one target, rows'] = cold.rows;
  figures['a year of hours of one target, cold, ms'] = round(cold.totalMs);
  figures['a year of hours of one target, cold, CPU ms'] = round(cold.cpuMs);
}

const root = mkdtempSync(join(tmpdir(), 'maille-bench-'));
try {
  const parts = { hour: anHourOfAll, agents: tenAgents, day: aDay, year: aYear };
  for (const [name, run] of Object.entries(parts)) if (values.only.split(',').includes(name)) await run(root);
} finally {
  rmSync(root, { recursive: true });
}

if (values.json) console.log(JSON.stringify(figures));
else {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  for (const [name, value] of Object.entries(figures))
    console.log(name.padEnd(width + 2), typeof value === 'number' ? value.toLocaleString('en') : value);
}
