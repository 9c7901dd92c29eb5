import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createJitter } from './jitter.ts';
import {
  addToLogHistogram,
  LOG_HISTOGRAM_RELATIVE_ERROR,
  type LogHistogram,
  logHistogramQuantile,
  mergeLogHistogram,
} from './log-histogram.ts';
import { quantileOfSorted, quantiles } from './quantiles.ts';

test('quantiles agree with published values of type 7', () => {
  assert.deepEqual(quantiles([15, 20, 35, 40, 50], [0, 0.05, 0.3, 0.4, 0.5, 1]), [15, 16, 23, 29, 35, 50]);
  assert.equal(quantileOfSorted([7], 0.99), 7);
  assert.ok(Number.isNaN(quantileOfSorted([], 0.5)));
});

test('quantiles lie within the values, ascend, and leave the input alone', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 1 }), (values) => {
      const copy = [...values];
      const found = quantiles(values, [0, 0.25, 0.5, 0.75, 0.95, 0.99, 1]);
      assert.deepEqual(values, copy);
      assert.equal(found[0], Math.min(...values));
      assert.equal(found[6], Math.max(...values));
      for (let i = 1; i < found.length; i++) assert.ok((found[i] as number) >= (found[i - 1] as number));
    }),
  );
});

test('jitter follows RFC 3550', () => {
  const jitter = createJitter();
  assert.ok(Number.isNaN(jitter.value()));
  jitter.add(100);
  assert.ok(Number.isNaN(jitter.value()));
  jitter.add(116);
  assert.equal(jitter.value(), 16);
  jitter.add(116);
  assert.equal(jitter.value(), 15);
  jitter.add(147);
  assert.equal(jitter.value(), 16);
});

const rtts = fc.array(fc.integer({ min: 1, max: 4_294_967_295 }), { minLength: 1, maxLength: 200 });
const histogramOf = (values: number[]): LogHistogram => {
  const histogram: LogHistogram = new Map();
  for (const value of values) addToLogHistogram(histogram, value);
  return histogram;
};

test('a log histogram finds any quantile within its relative error of the value at that rank', () => {
  fc.assert(
    fc.property(rtts, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
      const sorted = [...values].sort((a, b) => a - b);
      const exact = sorted[Math.floor(q * (sorted.length - 1))] as number;
      const found = logHistogramQuantile(histogramOf(values), q);
      assert.ok(
        Math.abs(found - exact) <= exact * LOG_HISTOGRAM_RELATIVE_ERROR * 1.000_001,
        `${found} ${exact}`,
      );
    }),
  );
});

test('log histograms add up to the histogram of all', () => {
  fc.assert(
    fc.property(rtts, rtts, (a, b) => {
      const merged = histogramOf(a);
      mergeLogHistogram(merged, histogramOf(b));
      const sorted = (histogram: LogHistogram) => [...histogram].sort((x, y) => x[0] - y[0]);
      assert.deepEqual(sorted(merged), sorted(histogramOf([...a, ...b])));
    }),
  );
});
