/**
 * Ten thousand live cells, coloured by what is usual for each, in Chromium without a GPU: no frame over
 * 50 ms beyond the first paint, main thread at most a quarter busy, memory flat.
 * `npm run soak -- grid-frames [seconds] [cell size]`; 1800 seconds are the proof that memory stays flat:
 * beside what is left after a collection at either end, it prints the least that was in use in each tenth.
 */
import { hasChromium, startChromium } from '../gallery/chromium.ts';
import { serveGallery } from '../gallery/serve-gallery.ts';

const seconds = Number(process.argv[2] ?? 60);
const cellPx = Number(process.argv[3] ?? 6);
const WARM_UP_MS = 8_000;
const MAX_FRAME_MS = 50;
const MAX_BUSY = 0.25;
const MAX_GROWTH_BYTES = 5_000_000;
const HEAP_PERIOD_MS = 1_000;
const MAX_TRACED_SECONDS = 120;

if (!hasChromium) {
  console.log('skipped: needs /usr/bin/chromium (Debian package chromium)');
  process.exit(0);
}
const gallery = await serveGallery();
const browser = await startChromium();
const page = await browser.newPage({ viewport: { width: 1_440, height: 900 } });
await page.goto(`${gallery.url}?rings=no&cell=${cellPx}&targets=10000&grid-height=760px`);
await page.waitForTimeout(WARM_UP_MS);
const session = await page.context().newCDPSession(page);
// Time of the thread, not of the clock: other work on this machine is not ours.
await session.send('Performance.enable', { timeDomain: 'threadTicks' });
// A long run would be a long trace.
const tracing = seconds <= MAX_TRACED_SECONDS;
if (tracing)
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] });
const startMs = performance.now();
const metrics = async () => {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics: all } = await session.send('Performance.getMetrics');
  return Object.fromEntries(all.map(({ name, value }) => [name, value])) as Record<string, number>;
};
const before = await metrics();
const heapBytes: number[] = [];
const heapTimer = setInterval(() => {
  void session.send('Performance.getMetrics').then(({ metrics: all }) => {
    heapBytes.push(all.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0);
  });
}, HEAP_PERIOD_MS);
const frames = await page.evaluate(
  (ms) =>
    new Promise<number[]>((resolve) => {
      const lengths: number[] = [];
      let last = performance.now();
      const end = last + ms;
      const next = () => {
        const now = performance.now();
        lengths.push(now - last);
        last = now;
        if (now < end) requestAnimationFrame(next);
        else resolve(lengths.sort((a, b) => a - b));
      };
      requestAnimationFrame(next);
    }),
  seconds * 1_000,
);
const endMs = performance.now();
clearInterval(heapTimer);
const after = await metrics();
const longestTaskMs = tracing ? longestTask(await browser.stopTracing()) : undefined;
await browser.close();
await gallery.stop();

/**
 * The longest piece of work of a page's main thread, by the time that the thread itself had: what a frame
 * takes beyond it was taken by others on this machine.
 */
function longestTask(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString('utf8')) as {
    traceEvents: { name: string; pid: number; tid: number; tdur?: number; args?: { name?: string } }[];
  };
  const mainThreads = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}/${tid}`),
  );
  let longestUs = 0;
  for (const { pid, tid, tdur } of traceEvents)
    if (tdur !== undefined && mainThreads.has(`${pid}/${tid}`)) longestUs = Math.max(longestUs, tdur);
  return longestUs / 1_000;
}

const of = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
const elapsedSeconds = (endMs - startMs) / 1_000;
const busy = of('TaskDuration') / elapsedSeconds;
const growthBytes = of('JSHeapUsedSize');
const tenth = Math.max(1, Math.ceil(heapBytes.length / 10));
const leastHeapMb = Array.from({ length: Math.ceil(heapBytes.length / tenth) }, (_, i) =>
  Number((Math.min(...heapBytes.slice(i * tenth, (i + 1) * tenth)) / 1e6).toFixed(1)),
);
const figures = {
  seconds,
  cellPx,
  frames: frames.length,
  p50Ms: frames[frames.length >> 1]?.toFixed(1),
  p99Ms: frames[Math.floor(frames.length * 0.99)]?.toFixed(1),
  maxMs: frames.at(-1)?.toFixed(1),
  over50Ms: frames.filter((ms) => ms > MAX_FRAME_MS).length,
  longestTaskMs: longestTaskMs?.toFixed(1),
  busyShare: busy.toFixed(3),
  scriptShare: (of('ScriptDuration') / elapsedSeconds).toFixed(3),
  heapBytes: after.JSHeapUsedSize,
  heapGrowthBytes: growthBytes,
  leastHeapMb: leastHeapMb.join(' '),
};
console.log(JSON.stringify(figures, undefined, 2));
const failed =
  figures.over50Ms > 0 ||
  (longestTaskMs ?? 0) > MAX_FRAME_MS ||
  busy > MAX_BUSY ||
  growthBytes > MAX_GROWTH_BYTES;
process.exit(failed ? 1 : 0);
