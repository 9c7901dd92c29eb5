import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcomes } from '@maille/wire/link/samples';
import fc from 'fast-check';
import type { Rollup } from '../rollup.ts';
import { createByteWriter } from './byte-io.ts';
import {
  createRollupColumnsReader,
  quantileNames,
  type RollupRow,
  type RttScale,
  writeRollupColumns,
} from './rollup-columns.ts';
import { rttOfStep, rttStep } from './rtt-steps.ts';

const MAX = 0xffff_ffff;
const rtt = fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.constantFrom(0, 1, MAX));
const rollup: fc.Arbitrary<Rollup> = fc
  .record({
    counts: fc.array(fc.nat(70), { minLength: outcomes.length, maxLength: outcomes.length }),
    few: fc.boolean(),
    quantiles: fc.option(fc.array(rtt, { minLength: 7, maxLength: 7 })),
    jitter: fc.option(fc.integer({ min: 0, max: MAX - 1 })),
  })
  .map(({ counts, few, quantiles, jitter }) => {
    const sorted = quantiles?.sort((a, b) => a - b);
    const at = (i: number) => sorted?.[i] ?? Number.NaN;
    return {
      sent: 0,
      replies: 0,
      outcomes: few ? counts.map((count, i) => (i < 2 ? count : 0)) : counts,
      min: at(0),
      p25: at(1),
      p50: at(2),
      p75: at(3),
      p95: at(4),
      p99: at(5),
      max: at(6),
      jitter: sorted && jitter !== null ? jitter : Number.NaN,
    };
  });

function read(bytes: Uint8Array, period: number, scale: RttScale, part?: 'all' | 'medians') {
  return createRollupColumnsReader().read(bytes, 0, period, scale, part);
}

test('rollups come back as they were, or on the step that each lies on', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(24, 60),
      fc.constantFrom<RttScale>('units', 'steps'),
      fc.uniqueArray(fc.tuple(fc.nat(59), rollup), { maxLength: 60, selector: ([at]) => at }),
      (period, scale, found) => {
        const rows: RollupRow[] = found
          .filter(([at]) => at < period)
          .sort(([a], [b]) => a - b)
          .map(([at, one]) => ({ at, rollup: one }));
        const writer = createByteWriter();
        writeRollupColumns(writer, rows, period, scale);
        const bytes = writer.take();
        const round = (value: number) =>
          scale === 'units' || Number.isNaN(value) ? value : rttOfStep(rttStep(value));

        const columns = read(bytes, period, scale);
        assert.equal(columns.count, rows.length);
        rows.forEach((row, i) => {
          assert.equal(columns.at[i], row.at);
          assert.deepEqual(
            columns.outcomes.map((column) => column[i]),
            row.rollup.outcomes,
          );
          for (const name of [...quantileNames, 'jitter'] as const)
            assert.equal(columns.rtts[name][i], round(row.rollup[name]), name);
        });
        const medians = read(bytes, period, scale, 'medians');
        rows.forEach((row, i) => {
          assert.equal(medians.rtts.p50[i], round(row.rollup.p50));
          assert.equal(medians.outcomes[1]?.[i], row.rollup.outcomes?.[1]);
        });
      },
    ),
    { numRuns: 300 },
  );
});

test('more rows than a period has, or fewer than said, are damage', () => {
  assert.throws(() => read(Uint8Array.of(61), 60, 'units'), /too many/);
  assert.throws(() => read(Uint8Array.of(2, 1, 0, 0), 24, 'units'), /as many as they say/);
});
