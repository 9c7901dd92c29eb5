/** What the embedded engine does when its files or its times are not what they should be. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import { silentLog } from '@maille/base/log';
import type { Problem } from '@maille/base/problem';
import { createFakeClock, type FakeClock } from '@maille/testkit/fake-clock';
import { batchOf } from '../series-model.ts';
import type { SeriesStore } from '../series-store.ts';
import { openEmbeddedSeries } from './embedded-series.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 4, 10, 12);
const epoch = '00000000000000aa';
let folder: string;
let clock: FakeClock;
let store: SeriesStore;
let said: string[];

const open = async () => {
  const note = (_: object, message: string) => void said.push(message);
  store = await openEmbeddedSeries({ folder, clock, log: { ...silentLog, warn: note, error: note } });
};
const append = (sequence: number, sentMs: number, targetId = 1) =>
  store.append({ agentNumber: 1, epoch, sequence }, batchOf([[targetId, sentMs, 1_000]]));
const countOf = async (targetId = 1, agentNumber?: number) =>
  (await store.readRaw(targetId, 0, 8e12, agentNumber))[0]?.count ?? 0;
const settle = async () => {
  await clock.advance(65_000);
  await store.retain(3_650, 3_650);
};

/** Past the quiet time; then turns, each of which `retain` waits for. */
const closeDays = async () => {
  await clock.advance(620_000);
  for (let turn = 0; turn < 20; turn++) {
    await clock.advance(1_000);
    await store.retain(3_650, 3_650);
  }
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'maille-damage-'));
  clock = createFakeClock(START);
  said = [];
  await open();
});
afterEach(async () => {
  await store.stop();
  rmSync(folder, { recursive: true });
});

test('a folder belongs to one store at a time', async () => {
  await assert.rejects(openEmbeddedSeries({ folder, clock, log: silentLog }), (problem: Problem) => {
    assert.equal(problem.code, 'conflict');
    return true;
  });
  assert.equal(append(1, START), 'stored');
});

test('a damaged day is set aside and named; the other days serve, and the day goes on', async () => {
  append(1, START - DAY);
  append(2, START);
  await settle();
  await store.stop();
  const file = join(folder, 'raw', '2026-05-10.sqlite');
  const bytes = readFileSync(file);
  for (let at = 100; at + 48 < bytes.length; at += 64) bytes.fill(0xa5, at, at + 48);
  writeFileSync(file, bytes);
  await clock.advance(2 * 3_600_000); // out of the last hour: reads go to the files
  await open();
  assert.equal(await countOf(), 1);
  assert.ok(
    said.some((message) => message.includes('set aside')),
    said.join(),
  );
  assert.ok(readdirSync(join(folder, 'raw')).some((name) => name.includes('2026-05-10.sqlite.damaged-')));
  assert.equal(append(3, clock.wallMs()), 'stored');
  await settle();
  assert.equal(await countOf(), 2);
  assert.deepEqual(store.appended(1, epoch), [[1, 3]]);
});

test('a day that is damaged while it is written to is made anew, with what had just come', async () => {
  append(1, START);
  await settle();
  await store.stop();
  const file = join(folder, 'raw', '2026-05-10.sqlite');
  writeFileSync(file, 'no database at all, whatever its name says. '.repeat(100));
  await open();
  append(2, clock.wallMs());
  append(3, clock.wallMs() + 1);
  await settle();
  assert.equal(await countOf(), 2);
});

test('a damaged block is left out and said; its neighbours are read', async () => {
  append(1, START, 1);
  append(2, START, 100);
  append(3, START + 120_000, 1);
  await settle();
  await store.stop();
  const raw = new DatabaseSync(join(folder, 'raw', '2026-05-10.sqlite'));
  const first = raw.prepare('select min(key) as key from block');
  first.setReadBigInts(true);
  raw
    .prepare('update block set data = ? where key = ?')
    .run(new Uint8Array([1, 2, 3, 4, 5, 6, 7]), first.get()?.key as bigint);
  raw.close();
  await open();
  assert.equal(await countOf(1), 1);
  assert.equal(await countOf(100), 1);
  assert.ok(said.some((message) => message.includes('damaged and left out')));
});

test('a damaged hour of a closed day is left out and said; its neighbours are read, and late samples kept', async () => {
  append(1, START, 1);
  append(2, START, 100);
  append(3, START + 3_600_000, 1);
  await settle();
  clock.stepWall(DAY);
  await closeDays();
  await store.stop();
  const raw = new DatabaseSync(join(folder, 'raw', '2026-05-10.sqlite'));
  assert.equal(raw.prepare('select count(*) as n from block').get()?.n, 0, 'the day is closed');
  const first = raw.prepare('select min(key) as key from closed');
  first.setReadBigInts(true);
  raw
    .prepare('update closed set data = ? where key = ?')
    .run(new Uint8Array([2, 2, 3, 4, 5, 6, 7]), first.get()?.key as bigint);
  raw.close();
  await open();
  assert.equal(await countOf(1), 1);
  assert.equal(await countOf(100), 1);
  assert.ok(said.some((message) => message.includes('damaged and left out')));
  append(4, START + 1_000, 1);
  assert.equal(await countOf(1), 2);
  clock.stepWall(3_600_000);
  await closeDays();
  assert.equal(await countOf(1), 2);
});

test('damaged rollups of a closed day are left out and said; their neighbours are read', async () => {
  const sentOf = async (resolution: 'minute' | 'hour', targetId: number) =>
    (await store.readRollup(targetId, resolution, START, START + DAY))[0]?.sent[0];
  append(1, START);
  append(2, START, 100);
  await settle();
  clock.stepWall(DAY);
  await closeDays();
  await store.stop();
  for (const [name, table] of [
    ['rollup/2026-05-10.sqlite', 'closed'],
    ['hours/2026-05.sqlite', 'hours_of_day'],
  ]) {
    const file = new DatabaseSync(join(folder, name as string));
    const first = file.prepare(`select min(key) as key from ${table}`);
    first.setReadBigInts(true);
    file
      .prepare(`update ${table} set data = ? where key = ?`)
      .run(new Uint8Array([1, 2, 3, 4, 5, 6, 7]), first.get()?.key as bigint);
    file.close();
  }
  await open();
  for (const resolution of ['minute', 'hour'] as const) {
    assert.equal(await sentOf(resolution, 1), undefined);
    assert.equal(await sentOf(resolution, 100), 1);
  }
  assert.equal(said.filter((message) => message.includes('rollups of a closed day are damaged')).length, 2);
  const [many] = await store.readMinutes(START, START + 60_000);
  assert.deepEqual([...(many?.targetIds ?? [])], [100]);
  // The samples are still there, and what comes late makes both anew.
  append(3, START + 1_000, 1);
  await settle();
  await closeDays();
  assert.equal(await sentOf('minute', 1), 2);
  assert.equal(await sentOf('hour', 1), 2);
});

test('a day that cannot be closed serves on, and is tried again', async () => {
  append(1, START);
  await settle();
  for (const kind of ['closing', 'closing-rollup'])
    writeFileSync(join(folder, kind, '2026-05-10.sqlite'), 'left by something else. '.repeat(200));
  clock.stepWall(DAY);
  await closeDays();
  assert.equal(await countOf(), 1);
  assert.equal((await store.readRaw(1, 0, 8e12))[0]?.precision, 'rounded');
});

test('times that cannot be are left out, counted, and never asked for again', async () => {
  assert.equal(append(1, START + 2 * DAY), 'stored');
  assert.equal(append(2, 1_000), 'stored');
  assert.equal(append(3, START + 60_000), 'stored');
  assert.equal(await countOf(), 1);
  await settle();
  assert.equal(await countOf(), 1);
  assert.deepEqual(store.appended(1, epoch), [[1, 3]]);
  assert.deepEqual(
    readdirSync(join(folder, 'raw')).filter((name) => name.endsWith('.sqlite')),
    ['2026-05-10.sqlite'],
  );
  assert.ok(said.some((message) => message.includes('send time cannot be')));
});

test('what makes no sense is refused, and leaves nothing', async () => {
  const batch = batchOf([[1, START, 1_000]]);
  for (const source of [
    { agentNumber: 1, epoch: 'xyz', sequence: 1 },
    { agentNumber: 0, epoch, sequence: 1 },
    { agentNumber: 65_536, epoch, sequence: 1 },
    { agentNumber: 1, epoch, sequence: 1.5 },
  ])
    assert.throws(() => store.append(source, batch), { code: 'invalid' });
  assert.equal(await countOf(), 0);
  assert.equal(append(1, START), 'stored');
});

test('an empty batch is a frame like any other', async () => {
  const source = { agentNumber: 1, epoch, sequence: 1 };
  assert.equal(store.append(source, batchOf([])), 'stored');
  assert.equal(store.append(source, batchOf([])), 'duplicate');
  await settle();
  await store.stop();
  await open();
  assert.deepEqual(store.appended(1, epoch), [[1, 1]]);
});

test('only an agent’s latest spools are remembered, and a spool’s gaps are bounded', async () => {
  const epochOf = (n: number) => n.toString(16).padStart(16, '0');
  for (let n = 1; n <= 20; n++)
    store.append({ agentNumber: 1, epoch: epochOf(n), sequence: 1 }, batchOf([[1, START + n, 1_000]]));
  for (let n = 0; n < 4_200; n++) store.append({ agentNumber: 2, epoch, sequence: 1 + 2 * n }, batchOf([]));
  await settle();
  assert.deepEqual(store.appended(1, epochOf(1)), []);
  assert.deepEqual(store.appended(1, epochOf(20)), [[1, 1]]);
  const ranges = store.appended(2, epoch);
  assert.equal(ranges.length, 4_096);
  assert.deepEqual(ranges.at(-1), [8_399, 8_399]);
});
