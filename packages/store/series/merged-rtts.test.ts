import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOG_HISTOGRAM_RELATIVE_ERROR } from '@maille/base/statistics/log-histogram';
import fc from 'fast-check';
import { createMergedRtts } from './merged-rtts.ts';
import { rollUp, sketchOf } from './rollup.ts';

const columnsOf = (rtts10ns: number[]) => {
  const zeros = new Uint8Array(rtts10ns.length);
  return { rtts10ns, outcomes: zeros, codes: zeros };
};
const rtt = fc.integer({ min: 100, max: 4_000_000_000 });
const minutes = fc.array(fc.array(rtt, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 8 });

test('a percentile lies within what is known of its minutes, however they differ', () => {
  fc.assert(
    fc.property(minutes, fc.constantFrom(0, 0.5, 0.95, 1), (all, q) => {
      const merged = createMergedRtts();
      for (const some of all) merged.addRollup(rollUp(columnsOf(some), 0, some.length));
      const [found] = merged.quantilesNs([q]) as [number];
      const together = all.flat();
      assert.ok(found >= Math.min(...together) * 10 && found <= Math.max(...together) * 10);
    }),
  );
});

test('of samples and of sketches it is within the error of a sketch', () => {
  fc.assert(
    fc.property(fc.array(rtt, { minLength: 1, maxLength: 200 }), (rtts) => {
      const ofSamples = createMergedRtts();
      for (const one of rtts) ofSamples.addSample(one);
      const ofSketch = createMergedRtts();
      ofSketch.addSketch(sketchOf(columnsOf(rtts), 0, rtts.length, false));
      const sorted = [...rtts].sort((a, b) => a - b);
      for (const merged of [ofSamples, ofSketch])
        merged.quantilesNs([0, 0.5, 0.95, 1]).forEach((ns, i) => {
          const exact = sorted[Math.floor(([0, 0.5, 0.95, 1][i] as number) * (sorted.length - 1))] as number;
          assert.ok(Math.abs(ns / 10 / exact - 1) <= 2 * LOG_HISTOGRAM_RELATIVE_ERROR + 1 / exact);
        });
    }),
  );
});

test('where nothing answered there is no RTT', () => {
  const merged = createMergedRtts();
  const lost = { rtts10ns: [0, 0], outcomes: [1, 1], codes: [0, 0] };
  merged.addRollup(rollUp(lost, 0, 2));
  merged.addSketch(sketchOf(lost, 0, 2, false));
  assert.deepEqual(merged.quantilesNs([0.5, 0.95]), [Number.NaN, Number.NaN]);
});
