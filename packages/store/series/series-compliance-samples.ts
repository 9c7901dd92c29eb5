/** What every series engine must do alike with samples, one by one and all of a window. */
import assert from 'node:assert/strict';
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
  assertRollups,
  assertSamples,
  assertWindow,
  batchOf,
  createSeriesModel,
  type SampleRow,
} from './series-model.ts';
import type { Check } from './series-under-test.ts';

const epoch = '00000000000000aa';
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

export function checkSamples(check: Check): void {
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
          assertSamples(await store.readRaw(15, from, to, agentNumber), model.raw(15, from, to, agentNumber));
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
}
