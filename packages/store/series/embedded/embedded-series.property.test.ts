/** Any sequence of appends, repetitions, pauses, crashes and torn files gives what the model says. */
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { createFakeClock, type FakeClock } from '@maille/testkit/fake-clock';
import fc from 'fast-check';
import {
  assertAsModel,
  assertStatistics,
  assertWindow,
  batchOf,
  createSeriesModel,
  type SampleRow,
} from '../series-model.ts';
import type { SeriesStore } from '../series-store.ts';
import { openEmbeddedSeries } from './embedded-series.ts';
import { encodeRecord } from './journal-record.ts';

const START = Date.UTC(2026, 1, 28, 23, 58, 30);
const epoch = '0123456789abcdef';
const targets = [1, 15, 16, 17];

const row: fc.Arbitrary<SampleRow> = fc.tuple(
  fc.constantFrom(...targets),
  fc.integer({ min: -7_200_000, max: 120_000 }).map((ms) => START + ms),
  fc.integer({ min: 0, max: 100_000 }).map((rtt) => rtt * 10),
  fc.integer({ min: 0, max: 6 }),
  fc.integer({ min: 0, max: 2 }),
);

type Step =
  | { do: 'append'; agentNumber: number; sequence: number; rows: SampleRow[] }
  | { do: 'wait'; ms: number }
  | { do: 'yield'; turns: number }
  | { do: 'crash'; torn: boolean }
  | { do: 'reopen' }
  | { do: 'compare' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      agentNumber: fc.integer({ min: 1, max: 2 }),
      sequence: fc.integer({ min: 1, max: 14 }),
      rows: fc.array(row, { maxLength: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1_000, 40_000, 61_000, 3_700_000, 12_000_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('yield' as const), turns: fc.integer({ min: 1, max: 30 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), torn: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ do: 'reopen' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'compare' as const }) },
);

test('any sequence of appends, crashes and repetitions gives exactly what the model says', async () => {
  const root = mkdtempSync(join(tmpdir(), 'maille-series-'));
  let runs = 0;
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 30 }), (steps) =>
        run(join(root, String(runs++)), steps),
      ),
      { numRuns: 40 },
    );
  } finally {
    rmSync(root, { recursive: true });
  }
});

async function run(root: string, steps: Step[]): Promise<void> {
  const clock: FakeClock = createFakeClock(START);
  const log = {
    ...silentLog,
    error: (fields: Record<string, unknown>, message: string) => {
      throw new Error(message, { cause: fields.err });
    },
  };
  const model = createSeriesModel();
  let life = 0;
  let folder = join(root, '0');
  const open = () => openEmbeddedSeries({ folder, clock, log });
  let store: SeriesStore = await open();

  const compare = async () => {
    const [from, to] = [START - 8_000_000, START + 8_000_000];
    await assertAsModel(store, model, targets, from, to, { lateInClosed: true });
    await assertWindow(store, model.samples, START - 60_000, START + 121_000);
    assertStatistics(await store.readStatistics(targets, from, to), model.statistics(targets, from, to));
    const { rows, ...whole } = await store.readStatisticsByAgent(targets, from, to);
    for (const { targetId, agentNumber, sent, replies } of rows) {
      const exact = model.statistics([targetId], whole.fromMs, whole.toMs, agentNumber);
      assert.deepEqual([sent, replies], [exact.sent, exact.replies]);
    }
    const all = model.statistics(targets, whole.fromMs, whole.toMs);
    assert.equal(
      rows.reduce((sum, { sent }) => sum + sent, 0),
      all.sent,
    );
  };

  try {
    for (const one of steps) {
      if (one.do === 'append') {
        const source = { agentNumber: one.agentNumber, epoch, sequence: one.sequence };
        const batch = batchOf(one.rows);
        assert.equal(store.append(source, batch), model.append(source, batch));
      } else if (one.do === 'wait') await clock.advance(one.ms);
      else if (one.do === 'yield') {
        for (let n = 0; n < one.turns; n++) await new Promise((resolve) => setImmediate(resolve));
      } else if (one.do === 'reopen') {
        await store.stop();
        store = await open();
      } else if (one.do === 'crash') {
        // What a kill -9 leaves: the files as they are at this moment, in the middle of anything.
        const left = join(root, String(++life));
        cpSync(folder, left, { recursive: true, filter: (file) => !basename(file).endsWith('-shm') });
        await store.stop();
        folder = left;
        if (one.torn) tearJournal(folder);
        store = await open();
      } else await compare();
    }
    await compare();
  } finally {
    await store.stop();
  }
}

/** A record that was cut off while it was written. */
function tearJournal(folder: string): void {
  const last = readdirSync(join(folder, 'journal')).sort().at(-1);
  if (!last) return;
  const record = encodeRecord({ agentNumber: 1, epoch, sequence: 99 }, batchOf([[1, START, 10]]));
  appendFileSync(join(folder, 'journal', last), record.subarray(0, record.length - 5));
}
