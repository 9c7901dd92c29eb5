/** What every series engine must do alike as time goes on: late samples, retention, sketches, copies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OUTCOME_REPLY } from '@maille/wire/link/samples';
import {
  aroundNs,
  assertAsModel,
  assertWindow,
  batchOf,
  createSeriesModel,
  type SampleRow,
} from './series-model.ts';
import type { SeriesUnderTest } from './series-under-test.ts';

const epoch = '00000000000000aa';
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

export function checkOverTime(create: () => Promise<SeriesUnderTest>): void {
  test('a gap that fills in late changes its minutes and hours, and nothing is told twice', async () => {
    const under = await create();
    const store = await under.open();
    const model = createSeriesModel();
    try {
      const start = Math.floor(under.wallMs() / HOUR) * HOUR - 2 * HOUR;
      store.placeTargets([{ id: 9, prefix: '198.51.100.0/24' }]);
      const send = (sequence: number, fromMinute: number, minutes: number) => {
        const rows = Array.from(
          { length: minutes * 6 },
          (_, i): SampleRow => [
            9,
            start + fromMinute * MINUTE + i * 10_000 + sequence,
            1_000_000 + 100 * sequence + 10 * i,
          ],
        );
        for (const each of [store, model]) each.append({ agentNumber: 1, epoch, sequence }, batchOf(rows));
      };
      const sentOfStrip = async () => {
        const { prefixes } = await store.readStrip(start, start + 2 * HOUR);
        return prefixes[0]?.sent.reduce((sum, n) => sum + n, 0);
      };
      send(1, 0, 30);
      send(2, 70, 10);
      await under.settle(store);
      await assertAsModel(store, model, [9], start, start + 4 * HOUR);
      send(4, 20, 30); // overlaps what is there
      send(3, 25, 55);
      await assertAsModel(store, model, [9], start, start + 4 * HOUR);
      assert.equal(await sentOfStrip(), model.samples.length);
      await under.settle(store);
      await assertAsModel(store, model, [9], start, start + 4 * HOUR);
      assert.equal(await sentOfStrip(), model.samples.length);

      await under.closeDays(store);
      await assertAsModel(store, model, [9], start, start + 4 * HOUR);
      send(5, 10, 90); // days late
      const late = { lateInClosed: true };
      await assertAsModel(store, model, [9], start, start + 4 * HOUR, late);
      for (const put of [under.settle, under.closeDays]) {
        await put(store);
        await assertAsModel(store, model, [9], start, start + 4 * HOUR, late);
        await assertWindow(store, model.samples, start + 5 * MINUTE, start + 65 * MINUTE);
        assert.equal(await sentOfStrip(), model.samples.length);
      }
    } finally {
      await store.stop();
      await under.remove();
    }
  });

  test('retention drops whole days of samples, later of rollups, and does not take them again', async () => {
    const under = await create();
    let store = await under.open();
    try {
      const today = Math.floor(under.wallMs() / DAY) * DAY;
      const dayStart = (ago: number) => today - ago * DAY;
      for (const ago of [0, 1, 2, 3, 40]) {
        const rows: SampleRow[] = [0, 1, 2].map((n) => [4, dayStart(ago) + n * 1_000, 500_000]);
        store.append({ agentNumber: 1, epoch, sequence: 100 - ago }, batchOf(rows));
      }
      await under.settle(store);
      const daysOf = async (resolution: 'raw' | 'minute' | 'hour') => {
        const series =
          resolution === 'raw'
            ? (await store.readRaw(4, 0, 8e12)).map(({ sentAtMs }) => sentAtMs)
            : (await store.readRollup(4, resolution, 0, 8e12)).map(({ startMs }) => startMs);
        return [...new Set(series.flatMap((times) => [...times].map((ms) => Math.floor(ms / DAY))))];
      };
      const before = await daysOf('raw');
      assert.equal(before.length, 5);
      await store.retain(2, 3);
      for (let round = 0; round < 2; round++) {
        assert.deepEqual(await daysOf('raw'), before.slice(2), 'three days are left of the samples');
        assert.deepEqual(await daysOf('minute'), before.slice(1), 'four of the minutes');
        assert.deepEqual(await daysOf('hour'), before.slice(1), 'and of the hours');
        const late = batchOf([[4, dayStart(40) + 9_000, 500_000]]);
        assert.equal(store.append({ agentNumber: 1, epoch, sequence: 500 + round }, late), 'stored');
        await under.settle(store);
        await store.stop();
        store = await under.open();
      }
    } finally {
      await store.stop();
      await under.remove();
    }
  });

  test('beyond its samples, a window is merged from sketches: counts exact, percentiles within what it says', async () => {
    const under = await create();
    let store = await under.open();
    const model = createSeriesModel();
    try {
      const today = Math.floor(under.wallMs() / DAY) * DAY;
      const start = today - 3 * DAY + 7 * HOUR;
      for (const agentNumber of [1, 2]) {
        const rows: SampleRow[] = [];
        for (let n = 0; n < 900; n++) {
          for (const id of [1, 2, 17]) {
            const spike = n % 50 === 0 ? 30 : 1;
            const rtt = 10 * (20_000 * id + ((n * 7_919 * agentNumber) % 9_973)) * spike;
            rows.push([id, start + n * 20_000 + id, rtt, n % 40 === 3 ? n % 9 : OUTCOME_REPLY]);
          }
        }
        for (const each of [store, model]) each.append({ agentNumber, epoch, sequence: 1 }, batchOf(rows));
      }
      await under.settle(store);
      const [from, to] = [start + 30 * MINUTE, start + 3.5 * HOUR];
      const [firstHour, lastHour] = [start, start + 4 * HOUR];
      const before = await store.readStatistics([1, 2, 17], from, to);
      assert.equal(before.source, 'samples');
      await store.retain(1, 3_650);
      for (let round = 0; round < 2; round++) {
        for (const [ids, agent] of [
          [[1], 1],
          [[2, 17, 1, 99], undefined],
        ] as const) {
          const found = await store.readStatistics(ids, from, to, agent);
          const exact = model.statistics(ids, firstHour, lastHour, agent);
          assert.equal(found.source, 'sketches');
          assert.deepEqual([found.fromMs, found.toMs], [firstHour, lastHour], 'says which hours');
          assert.ok(found.relativeError > 0 && found.relativeError <= 0.01);
          for (const name of ['sent', 'replies', 'minNs', 'maxNs'] as const)
            assert.equal(found[name], exact[name], name);
          assert.deepEqual(found.outcomes, exact.outcomes);
          const rtts = model.samples
            .filter(({ targetId }) => (ids as readonly number[]).includes(targetId))
            .filter(({ agentNumber }) => agent === undefined || agentNumber === agent)
            .filter(({ sentUs }) => sentUs >= firstHour * 1_000 && sentUs < lastHour * 1_000);
          for (const [name, q] of [
            ['p25Ns', 0.25],
            ['p50Ns', 0.5],
            ['p75Ns', 0.75],
            ['p95Ns', 0.95],
            ['p99Ns', 0.99],
          ] as const) {
            const [low, high] = aroundNs(rtts, q);
            const bounds = [low * (1 - found.relativeError), high * (1 + found.relativeError)] as const;
            assert.ok(
              found[name] >= bounds[0] && found[name] <= bounds[1],
              `${name}: ${found[name]} in ${bounds}`,
            );
          }
          // Differences over the ends of hours are in no hour.
          assert.ok(Math.abs(found.jitterNs / exact.jitterNs - 1) < 0.05);
        }
        await store.stop();
        store = await under.open();
      }
    } finally {
      await store.stop();
      await under.remove();
    }
  });

  test('a copy is one moment in time, and appends go on meanwhile', async () => {
    const under = await create();
    const store = await under.open();
    const model = createSeriesModel();
    try {
      const now = under.wallMs();
      const batchAt = (n: number) => batchOf([[1, now + n, 1_000 + 10 * n]]);
      const append = (n: number) => store.append({ agentNumber: 1, epoch, sequence: n }, batchAt(n));
      for (let n = 1; n <= 50; n++) {
        append(n);
        if (n === 25) await under.settle(store);
      }
      for (let n = 1; n <= 50; n++) model.append({ agentNumber: 1, epoch, sequence: n }, batchAt(n));
      const copying = store.copyTo(under.copyFolder);
      append(1_000);
      await copying;
      append(1_001);
      const copy = await under.openCopy();
      try {
        const later = copy.appended(1, epoch).at(-1)?.[1] === 1_000;
        if (later) model.append({ agentNumber: 1, epoch, sequence: 1_000 }, batchAt(1_000));
        await assertAsModel(copy, model, [1], 0, 8e12);
        assert.equal(copy.append({ agentNumber: 1, epoch, sequence: 50 }, batchAt(50)), 'duplicate');
        assert.equal(copy.append({ agentNumber: 1, epoch, sequence: 1_001 }, batchAt(1_001)), 'stored');
      } finally {
        await copy.stop();
      }
      assert.equal((await store.readRaw(1, 0, 8e12))[0]?.count, 52);
    } finally {
      await store.stop();
      await under.remove();
    }
  });
}
