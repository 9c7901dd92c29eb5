/** What every series engine must do alike with minutes and hours, and with the figures of windows. */
import assert from 'node:assert/strict';
import {
  CODE_REPLY_FIRST,
  OUTCOME_DUPLICATE,
  OUTCOME_LATE,
  OUTCOME_LOCAL_ERROR,
  OUTCOME_REPLY,
  OUTCOME_TIMEOUT,
} from '@maille/wire/link/samples';
import { assertNear, assertStatistics, batchOf, createSeriesModel, type SampleRow } from './series-model.ts';
import type { Check } from './series-under-test.ts';

const epoch = '00000000000000aa';
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

export function checkRollups(check: Check): void {
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
          for (const each of [store, model]) each.append({ agentNumber, epoch, sequence: 1 }, batchOf(rows));
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
            (of1.outcomes[OUTCOME_DUPLICATE] as number) -
            (of1.outcomes[OUTCOME_LOCAL_ERROR] as number),
          'what could not be sent is no loss',
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
}
