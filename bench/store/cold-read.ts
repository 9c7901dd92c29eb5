/**
 * A process of its own that reads what another one stored, whose files are not in the page cache:
 *   node cold-read.ts FOLDER NOW-MS JSON
 * Says how long each read took, and how much came from the disk.
 */
import { readFileSync } from 'node:fs';
import { openEmbeddedSeries } from '@maille/store/series/embedded/embedded-series';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { encodeSampleBatch } from '@maille/wire/link/samples';

export type ColdRead =
  | { what: 'day' | 'hours'; targetId: number; fromMs: number; toMs: number }
  | { what: 'minutes'; fromMs: number; toMs: number };
export interface ColdFigures {
  firstMs: number;
  totalMs: number;
  cpuMs: number;
  rows: number;
  diskBytes: number;
}

const [folder, now, text] = process.argv.slice(2) as [string, string, string];
const read = JSON.parse(text) as ColdRead;
const log = { debug() {}, info() {}, warn: console.error, error: console.error };
const diskBytes = () => Number(/read_bytes: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
const cpuMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

const store = await openEmbeddedSeries({ folder, clock: createFakeClock(Number(now)), log });
const [diskBefore, cpuBefore, startMs] = [diskBytes(), cpuMs(), performance.now()];
let rows = 0;
let firstMs = Number.NaN;
if (read.what === 'day') {
  for (const { count } of await store.readRaw(read.targetId, read.fromMs, read.toMs)) rows += count;
} else if (read.what === 'hours') {
  for (const { count } of await store.readRollup(read.targetId, 'hour', read.fromMs, read.toMs))
    rows += count;
} else {
  // As a replay asks for them, each made ready for the wire.
  for (let atMs = read.fromMs; atMs < read.toMs; atMs += 60_000) {
    const window = await store.readWindow(atMs, atMs + 60_000);
    const answer = JSON.stringify(
      window.map(({ agentNumber, batch }) => ({
        agentNumber,
        batch: Buffer.from(encodeSampleBatch(batch)).toString('base64'),
      })),
    );
    rows += window.reduce((sum, { batch }) => sum + batch.count, 0);
    if (Number.isNaN(firstMs)) firstMs = performance.now() - startMs;
    if (answer.length === 0) throw new Error('nothing to send');
  }
}
const totalMs = performance.now() - startMs;
if (Number.isNaN(firstMs)) firstMs = totalMs;
const figures: ColdFigures = {
  firstMs,
  totalMs,
  cpuMs: cpuMs() - cpuBefore,
  rows,
  diskBytes: diskBytes() - diskBefore,
};
console.log(JSON.stringify(figures));
await store.stop();
