/**
 * What every series engine must do alike. Each check runs on samples that have just come, again once the
 * engine has put them away, after it was stopped and opened anew, and once their days are over and closed.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  CODE_REPLY_FIRST,
  MAX_BATCH_COUNT,
  OUTCOME_DUPLICATE,
  OUTCOME_LATE,
  OUTCOME_LOCAL_ERROR,
  OUTCOME_REPLY,
  OUTCOME_TIMEOUT,
  OUTCOME_TTL_EXCEEDED,
  OUTCOME_UNREACHABLE,
} from '@maille/wire/link/samples';
import {
  aroundNs,
  assertAsModel,
  assertNear,
  assertRollups,
  assertSamples,
  assertStatistics,
  assertWindow,
  batchOf,
  createSeriesModel,
  type SampleRow,
} from './series-model.ts';
import type { SeriesStore } from './series-store.ts';

export interface SeriesUnderTest {
  /** Opens, or opens again after a stop. */
  open(): Promise<SeriesStore>;
  /** Lets time pass until the engine has put away what it was given, hours included. */
  settle(store: SeriesStore): Promise<void>;
  /** Lets days pass, until the engine has put away whole days in the way that they stay. */
  closeDays(store: SeriesStore): Promise<void>;
  wallMs(): number;
  /** An empty folder for `copyTo`, and what opens it. */
  copyFolder: string;
  openCopy(): Promise<SeriesStore>;
  remove(): Promise<void>;
}

const epoch = '00000000000000aa';
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

export function checkSeries(engine: string, create: () => Promise<SeriesUnderTest>): void {
  type Fill = (store: SeriesStore, under: SeriesUnderTest) => void;
  type Check = (store: SeriesStore, under: SeriesUnderTest) => Promise<void>;
  const check = (name: string, fill: Fill, body: Check) =>
    test(name, async (t) => {
      const under = await create();
      let store = await under.open();
      try {
        fill(store, under);
        await t.test('when it has just come', () => body(store, under));
        await under.settle(store);
        await t.test('when it is put away', () => body(store, under));
        await store.stop();
        store = await under.open();
        await t.test('when it is opened again', () => body(store, under));
        await under.closeDays(store);
        await t.test('when its days are closed', () => body(store, under));
        await store.stop();
        store = await under.open();
        await t.test('when it is opened with closed days', () => body(store, under));
      } finally {
        await store.stop();
        await under.remove();
      }
    });

  suite(`series compliance: ${engine}`, () => {
    {
      const model = createSeriesModel();
      const rows = (now: number): SampleRow[] => [
        [1, now + 0.001, 10_250_010],
        [2, now + 0.002, 42_949_672_950],
        [1, now + 1_000.5, 0, OUTCOME_TIMEOUT],
        [1, now + 2_000, 0, OUTCOME_UNREACHABLE, 13],
        [1, now + 3_000, 5_000_000, OUTCOME_TTL_EXCEEDED, 1],
        [1, now + 1_000.5, 2_000_000_000, OUTCOME_LATE],
        [1, now + 0.001, 10_250_020, OUTCOME_DUPLICATE],
        [1, now + 4_000, 0, OUTCOME_LOCAL_ERROR, 101],
        [4_294_967_295, now + 59_999.999, 10, OUTCOME_REPLY, CODE_REPLY_FIRST],
      ];
      check(
        'every outcome, code, time and RTT comes back exactly, in the order of sending',
        (store, under) => {
          const batch = batchOf(rows(under.wallMs()));
          for (const one of [store, model]) one.append({ agentNumber: 1, epoch, sequence: 1 }, batch);
        },
        (store) => assertAsModel(store, model, [1, 2, 3, 4_294_967_295], 0, 8e12),
      );
    }
    {
      let now = 0;
      check(
        'a range takes in its start and leaves out its end',
        (store, under) => {
          now = under.wallMs();
          const rows: SampleRow[] = [0, 1, 2, 3].map((s) => [7, now + 1_000 * s, 100]);
          store.append({ agentNumber: 1, epoch, sequence: 1 }, batchOf(rows));
        },
        async (store) => {
          const [series] = await store.readRaw(7, now + 1_000, now + 3_000);
          assert.deepEqual([...(series?.sentAtMs ?? [])], [now + 1_000, now + 2_000]);
          assert.deepEqual(await store.readRaw(7, now + 3_000, now + 1_000), []);
          assert.deepEqual(await store.readRaw(8, now, now + 3_000), []);
          const window = await store.readWindow(now + 1_000, now + 3_000);
          assert.equal(window[0]?.batch.count, 2);
          const [minute] = await store.readRollup(7, 'minute', now + 1, now + 2);
          assert.equal(
            minute?.startMs[0],
            Math.floor(now / MINUTE) * MINUTE,
            'the minute that holds the start',
          );
        },
      );
    }
    {
      const one = batchOf([[1, 0, 100]]);
      check(
        'a frame is stored once, however often it comes',
        (store, under) => {
          one.baseMs = under.wallMs();
          const send = (sequence: number, agentNumber = 1, of = epoch) =>
            store.append({ agentNumber, epoch: of, sequence }, one);
          for (const sequence of [1, 2, 3, 7, 5]) assert.equal(send(sequence), 'stored');
          assert.equal(send(1, 2), 'stored');
          assert.equal(send(1, 1, 'ffffffffffffffff'), 'stored');
        },
        async (store) => {
          for (const sequence of [1, 2, 3, 5, 7])
            assert.equal(store.append({ agentNumber: 1, epoch, sequence }, one), 'duplicate');
          assert.deepEqual(store.appended(1, epoch), [
            [1, 3],
            [5, 5],
            [7, 7],
          ]);
          assert.deepEqual(store.appended(2, epoch), [[1, 1]]);
          assert.deepEqual(store.appended(1, 'ffffffffffffffff'), [[1, 1]]);
          assert.deepEqual(store.appended(3, epoch), []);
          const counts = (await store.readRaw(1, 0, 8e12)).map(({ agentNumber, count }) => [
            agentNumber,
            count,
          ]);
          assert.deepEqual(counts, [
            [1, 6],
            [2, 1],
          ]);
        },
      );
    }
    {
      const model = createSeriesModel();
      let midnight = 0;
      check(
        'several agents, across midnight, each told apart',
        (store, under) => {
          midnight = Math.floor(under.wallMs() / DAY) * DAY;
          for (const agentNumber of [1, 2, 65_535]) {
            for (let n = 0; n < 20; n++) {
              const sentMs = midnight - 5 * MINUTE + n * 31_007 + agentNumber / 1_000;
              const rows: SampleRow[] = [1, 15, 16, 40].map((id) => [id, sentMs + id, 1_000 * (n + id)]);
              const source = { agentNumber, epoch, sequence: n + 1 };
              for (const each of [store, model]) each.append(source, batchOf(rows));
            }
          }
        },
        async (store) => {
          const [from, to] = [midnight - HOUR, midnight + HOUR];
          await assertAsModel(store, model, [1, 15, 16, 40], from, to);
          await assertAsModel(store, model, [16], midnight - MINUTE, midnight + 90_000);
          for (const agentNumber of [1, 2, 3, 65_535]) {
            assertSamples(
              await store.readRaw(15, from, to, agentNumber),
              model.raw(15, from, to, agentNumber),
            );
            assertRollups(
              await store.readRollup(15, 'minute', from, to, agentNumber),
              model.rollup(15, 'minute', from, to, agentNumber),
              'minutes by one agent',
            );
          }
          await assertWindow(store, model.samples, midnight - MINUTE, midnight + MINUTE);
        },
      );
    }
    {
      let hour = 0;
      check(
        'rollups count probes, keep oddities out, and take percentiles of samples, never of percentiles',
        (store, under) => {
          hour = Math.floor(under.wallMs() / HOUR) * HOUR - HOUR;
          const rows: SampleRow[] = [];
          // One quiet minute and one busy slow one: averaging their medians would give 5.5 ms.
          for (let n = 0; n < 5; n++) rows.push([3, hour + n * 1_000, 1_000_000]);
          for (let n = 0; n < 55; n++) rows.push([3, hour + MINUTE + n * 1_000, 10_000_000]);
          rows.push([3, hour + 56_000, 900_000_000, OUTCOME_REPLY, CODE_REPLY_FIRST]);
          rows.push([3, hour + 57_000, 0, OUTCOME_TIMEOUT]);
          rows.push([3, hour + 57_000, 3_000_000_000, OUTCOME_LATE]);
          rows.push([3, hour + 1_000, 1_100_000, OUTCOME_DUPLICATE]);
          rows.push([3, hour + 5 * MINUTE, 0, OUTCOME_TIMEOUT]);
          store.append({ agentNumber: 1, epoch, sequence: 1 }, batchOf(rows));
        },
        async (store) => {
          const [minutes] = await store.readRollup(3, 'minute', hour, hour + HOUR);
          assert.deepEqual([...(minutes?.startMs ?? [])], [hour, hour + MINUTE, hour + 5 * MINUTE]);
          assert.deepEqual([...(minutes?.sent ?? [])], [7, 55, 1]);
          assert.deepEqual([...(minutes?.replies ?? [])], [6, 55, 0]);
          [1_000_000, 10_000_000, Number.NaN].forEach((maxNs, i) => {
            assertNear(minutes?.maxNs[i] as number, maxNs, maxNs, 'a maximum');
          });
          if (minutes?.precision === 'exact') assert.equal(minutes.maxNs[1], 10_000_000);
          assert.deepEqual([...(minutes?.jitterNs ?? [])], [0, 0, Number.NaN]);
          const [hours] = await store.readRollup(3, 'hour', hour, hour + HOUR);
          assert.equal(hours?.count, 1);
          assert.equal(hours?.sent[0], 63);
          assert.equal(hours?.replies[0], 61);
          assert.equal(hours?.minNs[0], 1_000_000);
          assert.equal(hours?.p50Ns[0], 10_000_000);
        },
      );
    }
    {
      let midnight = 0;
      check(
        'the minutes of many targets are the minutes of each, across midnight, late samples included',
        (store, under) => {
          midnight = Math.floor(under.wallMs() / DAY) * DAY;
          for (const agentNumber of [1, 2]) {
            for (let part = 0; part < 2; part++) {
              const rows: SampleRow[] = [];
              for (let n = part; n < 60; n += 2)
                for (const id of [1, 15, 16, 2_000])
                  rows.push([
                    id,
                    midnight - 2 * MINUTE + n * 4_003,
                    1_000 * (n + id + agentNumber),
                    n % 11 === 0 ? OUTCOME_TIMEOUT : OUTCOME_REPLY,
                  ]);
              store.append({ agentNumber, epoch, sequence: part + 1 }, batchOf(rows));
            }
          }
        },
        async (store) => {
          const [from, to] = [midnight - 5 * MINUTE, midnight + 5 * MINUTE];
          for (const ids of [undefined, [1, 2_000]]) {
            const found = await store.readMinutes(from, to, ids);
            assert.deepEqual(
              found.map(({ agentNumber }) => agentNumber),
              [1, 2],
            );
            for (const many of found) {
              const known = [...new Set(many.targetIds)];
              assert.deepEqual(known, ids ?? [1, 15, 16, 2_000]);
              for (const id of known) {
                const [each] = await store.readRollup(id, 'minute', from, to, many.agentNumber);
                const rows = Array.from(many.targetIds.keys()).filter((i) => many.targetIds[i] === id);
                const pick = (column: ArrayLike<number>) => rows.map((i) => column[i]);
                assert.deepEqual(
                  pick(many.minutes).map((minute) => (minute ?? 0) * MINUTE),
                  [...(each?.startMs ?? [])],
                );
                assert.deepEqual(pick(many.sent), [...(each?.sent ?? [])]);
                assert.deepEqual(pick(many.replies), [...(each?.replies ?? [])]);
                assert.deepEqual(pick(many.p50Ns), [...(each?.p50Ns ?? [])]);
              }
            }
          }
          assert.deepEqual(await store.readMinutes(from, to, []), []);
          assert.deepEqual(await store.readMinutes(from - DAY, from - DAY + MINUTE), []);
        },
      );
    }
    {
      const model = createSeriesModel();
      let hour = 0;
      check(
        'the figures of a window are of all its samples together, whatever minutes they lie in',
        (store, under) => {
          hour = Math.floor(under.wallMs() / HOUR) * HOUR - HOUR;
          for (const agentNumber of [1, 2]) {
            const rows: SampleRow[] = [];
            for (let n = 0; n < 400; n++) {
              const outcome = n % 9 === 0 ? n % 8 : OUTCOME_REPLY;
              for (const id of [1, 2, 40])
                rows.push([
                  id,
                  hour + n * 9_001 + id,
                  10 * ((n * id * 7_919 * agentNumber) % 100_003),
                  outcome,
                ]);
            }
            for (const each of [store, model])
              each.append({ agentNumber, epoch, sequence: 1 }, batchOf(rows));
          }
        },
        async (store) => {
          for (const [from, to] of [
            [hour, hour + HOUR],
            [hour + 61_003, hour + 1_800_123],
            [hour, hour + 1],
          ] as const) {
            for (const ids of [[1], [40, 1, 2, 3]]) {
              assertStatistics(await store.readStatistics(ids, from, to), model.statistics(ids, from, to));
              assertStatistics(
                await store.readStatistics(ids, from, to, 2),
                model.statistics(ids, from, to, 2),
              );
            }
          }
          const { outcomes, sent, replies, ...figures } = await store.readStatistics([3], hour, hour + HOUR);
          assert.deepEqual([sent, replies, outcomes.every((n) => n === 0)], [0, 0, true]);
          assert.ok(Number.isNaN(figures.p50Ns) && Number.isNaN(figures.jitterNs));
          const of1 = await store.readStatistics([1], hour, hour + HOUR, 1);
          assert.equal(
            of1.sent,
            of1.outcomes.reduce((a, b) => a + b) -
              (of1.outcomes[OUTCOME_LATE] as number) -
              (of1.outcomes[OUTCOME_DUPLICATE] as number),
          );
        },
      );
    }
    {
      const model = createSeriesModel();
      let midnight = 0;
      check(
        'what each agent saw of each target: counts exact, percentiles of all minutes together',
        (store, under) => {
          midnight = Math.floor(under.wallMs() / DAY) * DAY;
          for (const agentNumber of [1, 2, 300]) {
            for (let part = 0; part < 3; part++) {
              const rows: SampleRow[] = [];
              for (let n = 500 * part; n < 500 * (part + 1); n++) {
                for (const id of [1, 2, 40]) {
                  if (id === agentNumber) continue;
                  // Slow for the last third: percentiles of percentiles would lie between, where no RTT is.
                  const base = (part < 2 ? 1 : 8) * (100_000 + 10_000 * id);
                  const rtt = 10 * (base + ((n * 7_919) % (base >> 5)));
                  const outcome = n % 12 === 3 ? n % 9 : OUTCOME_REPLY;
                  rows.push([id, midnight - 2 * HOUR + n * 7_003 + agentNumber, rtt, outcome]);
                }
              }
              for (const each of [store, model])
                each.append({ agentNumber, epoch, sequence: part + 1 }, batchOf(rows));
            }
          }
        },
        async (store) => {
          for (const [from, to] of [
            [midnight - 2 * HOUR, midnight + HOUR],
            [midnight - 95 * MINUTE + 4_321, midnight + 17 * MINUTE],
            [midnight - 1_000, midnight + 1_000],
          ] as const) {
            const found = await store.readStatisticsByAgent([40, 1, 2, 2, 77], from, to);
            const [first, end] = [Math.floor(from / MINUTE) * MINUTE, Math.ceil(to / MINUTE) * MINUTE];
            assert.deepEqual([found.fromMs, found.toMs], [first, end], 'says which minutes');
            const expected = [1, 2, 40].flatMap((targetId) =>
              [1, 2, 300]
                .filter((agentNumber) => agentNumber !== targetId)
                .map((agentNumber) => ({
                  targetId,
                  agentNumber,
                  ...model.statistics([targetId], first, end, agentNumber),
                })),
            );
            assert.deepEqual(
              found.rows.map(({ p50Ns, p95Ns, ...counts }) => counts),
              expected.map(({ targetId, agentNumber, sent, replies }) => ({
                targetId,
                agentNumber,
                sent,
                replies,
              })),
            );
            found.rows.forEach((row, i) => {
              for (const name of ['p50Ns', 'p95Ns'] as const) {
                const exact = expected[i]?.[name] as number;
                assert.ok(Math.abs(row[name] / exact - 1) < 0.03, `${name}: ${row[name]}, not ${exact}`);
              }
            });
          }
          const { rows } = await store.readStatisticsByAgent([1, 40], midnight - DAY, midnight - DAY + HOUR);
          assert.deepEqual(rows, []);
        },
      );
    }
    {
      const count = MAX_BATCH_COUNT + 10_000;
      let start = 0;
      check(
        'a window of more samples than a batch holds comes whole',
        (store, under) => {
          start = Math.floor(under.wallMs() / MINUTE) * MINUTE;
          for (let n = 0; n < 4; n++) {
            const rows = Array.from(
              { length: count / 4 },
              (_, i): SampleRow => [i + 1, start + n * 1_000 + (i % 1_000) / 1_000, 1_000 + i * 10],
            );
            store.append({ agentNumber: 1, epoch, sequence: n + 1 }, batchOf(rows));
          }
        },
        async (store) => {
          const batches = await store.readWindow(start, start + MINUTE);
          let total = 0;
          const ids = new Set<number>();
          for (const { batch } of batches) {
            assert.ok(batch.count <= MAX_BATCH_COUNT);
            total += batch.count;
            for (let i = 0; i < batch.count; i++) ids.add(batch.targetIds[i] as number);
          }
          assert.equal(total, count);
          assert.equal(ids.size, count / 4);
          await assert.rejects(store.readWindow(0, 8e12), { code: 'too-large' });
        },
      );
    }
    {
      const model = createSeriesModel();
      let start = 0;
      const prefixes: Record<string, number[]> = { '192.0.2.0/24': [1, 2, 300], '2001:db8::/64': [5] };
      check(
        'a strip adds up targets and agents, and its median is within 1 %',
        (store, under) => {
          start = Math.floor(under.wallMs() / MINUTE) * MINUTE - 3 * MINUTE;
          store.placeTargets(
            Object.entries(prefixes).flatMap(([prefix, ids]) => ids.map((id) => ({ id, prefix }))),
          );
          for (let n = 0; n < 90; n++) {
            const rows: SampleRow[] = [1, 2, 5, 300, 999].map((id) =>
              (n + id) % 7 === 0
                ? [id, start + n * 2_000, 0, OUTCOME_TIMEOUT]
                : [id, start + n * 2_000, 1_000_000 + 77_770 * ((n * id) % 31)],
            );
            const source = { agentNumber: (n % 2) + 1, epoch, sequence: n + 1 };
            for (const each of [store, model]) each.append(source, batchOf(rows));
          }
        },
        async (store) => {
          const strip = await store.readStrip(start, start + 4 * MINUTE);
          assert.deepEqual(
            [...strip.startMs],
            [0, 1, 2, 3].map((n) => start + n * MINUTE),
          );
          assert.deepEqual(
            strip.prefixes.map(({ prefix }) => prefix),
            Object.keys(prefixes).sort(),
          );
          for (const { prefix, sent, replies, p50Ns } of strip.prefixes) {
            for (let n = 0; n < 3; n++) {
              const of = model.samples.filter(
                ({ targetId, sentUs }) =>
                  prefixes[prefix]?.includes(targetId) &&
                  Math.floor(sentUs / 1_000 / MINUTE) * MINUTE === start + n * MINUTE,
              );
              assert.equal(sent[n], of.length);
              assert.equal(replies[n], of.filter(({ outcome }) => outcome === OUTCOME_REPLY).length);
              const [low, high] = aroundNs(of, 0.5);
              const p50 = p50Ns[n] as number;
              assert.ok(p50 >= 0.99 * low && p50 <= 1.01 * high, `${p50} for ${low} to ${high}`);
            }
            assert.equal(sent[3], 0);
            assert.ok(Number.isNaN(p50Ns[3]));
          }
        },
      );
    }

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
  });
}
