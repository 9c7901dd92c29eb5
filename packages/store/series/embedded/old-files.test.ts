/** Files from before days were closed, hours had sketches and rollups counted by outcome. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { silentLog } from '@maille/base/log';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { assertAsModel, assertSamples, batchOf, createSeriesModel, type SampleRow } from '../series-model.ts';
import { createByteWriter } from './byte-io.ts';
import { openEmbeddedSeries } from './embedded-series.ts';
import { decodeRollups } from './rollup-block.ts';

const START = Date.UTC(2026, 4, 10, 12);
const HOUR = 3_600_000;
const epoch = '00000000000000aa';

/** A row of rollups as version 1 had it. */
function asVersion1(row: Uint8Array): Uint8Array {
  const writer = createByteWriter();
  writer.byte(1);
  for (const [low, rollup] of decodeRollups(row)) {
    writer.byte(low);
    writer.varint(rollup.sent);
    writer.varint(rollup.replies);
    writer.varint(Number.isNaN(rollup.jitter) ? 0 : rollup.jitter + 1);
    let below = -1;
    for (const value of [
      rollup.min,
      rollup.p25,
      rollup.p50,
      rollup.p75,
      rollup.p95,
      rollup.p99,
      rollup.max,
    ]) {
      writer.varint(value - below);
      below = value;
    }
  }
  const body = writer.take();
  const out = new Uint8Array(body.length + 4);
  out.set(body);
  new DataView(out.buffer).setUint32(body.length, crc32(body), true);
  return out;
}

test('files of an earlier version are read, added to, and closed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'maille-old-'));
  const clock = createFakeClock(START);
  const log = { ...silentLog, error: console.error };
  const model = createSeriesModel();
  const open = () => openEmbeddedSeries({ folder, clock, log });
  let store = await open();
  try {
    const rows: SampleRow[] = [];
    for (let n = 0; n < 120; n++) rows.push([1 + 20 * (n % 3), START + n * 20_000, 1_000_000 + 10 * n]);
    for (const each of [store, model]) each.append({ agentNumber: 1, epoch, sequence: 1 }, batchOf(rows));
    for (let turn = 0; turn < 3; turn++) {
      await clock.advance(31 * 60_000);
      await store.retain(3_650, 3_650);
    }
    await store.stop();

    for (const kind of ['rollup', 'hours']) {
      for (const name of readdirSync(join(folder, kind))) {
        const file = new DatabaseSync(join(folder, kind, name));
        if (kind === 'hours') file.exec('drop table sketch; drop table hours_of_day');
        else file.exec('drop table closed; drop table changed_hour; drop table closed_hour');
        file.exec('pragma user_version = 0');
        const id = kind === 'hours' ? 'block' : 'key'; // one hour, one agent
        const put = file.prepare(`update block set data = ? where ${id} = ?`);
        const all = file.prepare(`select ${id} as id, data from block`);
        all.setReadBigInts(true);
        for (const row of all.all()) put.run(asVersion1(row.data as Uint8Array), row.id as bigint);
        file.close();
      }
    }
    const raw = new DatabaseSync(join(folder, 'raw', '2026-05-10.sqlite'));
    raw.exec('drop table closed; drop table changed_hour; drop table closed_hour; pragma user_version = 0');
    raw.close();

    store = await open();
    assertSamples(await store.readRaw(1, START, START + HOUR), model.raw(1, START, START + HOUR));
    const [minutes] = await store.readRollup(1, 'minute', START, START + HOUR);
    assert.equal(minutes?.sent[0], 1);
    assert.equal(minutes?.outcomes[0]?.[0], 0, 'not told by outcome: not made up either');
    const late: SampleRow[] = [[1, START + 30_500, 2_000_000]];
    for (const each of [store, model]) each.append({ agentNumber: 1, epoch, sequence: 2 }, batchOf(late));

    clock.stepWall(30 * HOUR);
    await clock.advance(620_000); // past the quiet time; then turns, each of which `retain` waits for
    for (let turn = 0; turn < 40; turn++) {
      await clock.advance(1_000);
      await store.retain(3_650, 3_650);
    }
    const [closed] = await store.readRaw(1, START, START + HOUR);
    assert.equal(closed?.precision, 'rounded', 'the day is closed');
    assertSamples(await store.readRaw(1, START, START + HOUR), model.raw(1, START, START + HOUR));
    for (const resolution of ['minute', 'hour'] as const) {
      const [rollups] = await store.readRollup(21, resolution, START, START + HOUR);
      const [expected] = model.rollup(21, resolution, START, START + HOUR);
      assert.deepEqual(rollups?.sent, expected?.sent, `${resolution} rollups of before are still there`);
      assert.equal(rollups?.outcomes[0]?.[0], 0);
      assert.deepEqual(rollups?.p50Ns, expected?.p50Ns);
    }

    await store.retain(1, 3_650);
    clock.stepWall(30 * HOUR);
    await store.retain(1, 3_650);
    const figures = await store.readStatistics([1], START, START + HOUR);
    assert.equal(figures.source, 'sketches');
    assert.equal(figures.sent, model.statistics([1], START, START + HOUR).sent);
    // The hour was made anew for what came late.
    assert.equal(figures.relativeError, 0.01);
    // The hours of the others have no sketch, and the answer says so.
    const both = await store.readStatistics([21], START, START + 2 * HOUR);
    assert.ok(Number.isNaN(both.relativeError));
  } finally {
    await store.stop();
    rmSync(folder, { recursive: true });
  }
});

test('a day whose samples alone were closed gets its minutes and hours closed, and they say the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'maille-old-'));
  const clock = createFakeClock(START);
  const log = { ...silentLog, error: console.error };
  const model = createSeriesModel();
  const never = { afterMs: Number.POSITIVE_INFINITY, quietMs: 0 };
  let store = await openEmbeddedSeries({ folder, clock, log, closing: never });
  const turns = async (count: number) => {
    for (let turn = 0; turn < count; turn++) {
      await clock.advance(1_000);
      await store.retain(3_650, 3_650);
    }
  };
  try {
    const rows: SampleRow[] = [];
    for (let n = 0; n < 300; n++)
      rows.push([1 + 20 * (n % 3), START + n * 20_000, 1_000_000 + 10 * ((n * 7_919) % 50_000)]);
    for (const each of [store, model]) each.append({ agentNumber: 1, epoch, sequence: 1 }, batchOf(rows));
    clock.stepWall(4 * HOUR);
    await turns(5);
    await store.stop();
    // As the version before left them: without what closed minutes and hours need.
    for (const [kind, tables] of [
      ['rollup', ['closed', 'changed_hour', 'closed_hour']],
      ['hours', ['hours_of_day']],
    ] as const) {
      for (const name of readdirSync(join(folder, kind))) {
        const file = new DatabaseSync(join(folder, kind, name));
        for (const table of tables) file.exec(`drop table ${table}`);
        file.exec('pragma user_version = 0');
        file.close();
      }
    }

    clock.stepWall(30 * HOUR);
    store = await openEmbeddedSeries({ folder, clock, log });
    await clock.advance(620_000);
    await turns(20);
    for (const [kind, name] of [
      ['rollup', '2026-05-10.sqlite'],
      ['hours', '2026-05.sqlite'],
    ] as const) {
      const file = new DatabaseSync(join(folder, kind, name), { readOnly: true });
      assert.equal(file.prepare('select count(*) as n from block').get()?.n, 0, `${kind} are closed`);
      file.close();
    }
    const [minutes] = await store.readRollup(1, 'minute', START, START + 2 * HOUR);
    assert.equal(minutes?.precision, 'rounded');
    const [hours] = await store.readRollup(1, 'hour', START, START + 2 * HOUR);
    assert.equal(hours?.precision, 'exact');
    await assertAsModel(store, model, [1, 21, 41], START, START + 2 * HOUR);
    // A part of a closed hour, and of a closed day.
    await assertAsModel(store, model, [21], START + 20 * 60_000, START + 25 * 60_000);
    await assertAsModel(store, model, [21], START + HOUR, START + HOUR + 1);
  } finally {
    await store.stop();
    rmSync(folder, { recursive: true });
  }
});
