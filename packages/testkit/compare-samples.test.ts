import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareSamples } from './compare-samples.ts';

const window = { fromMs: 0, toMs: 100_000 };
const wire = new Map([['a', [1_000, 2_000, 3_000, 4_000]]]);

test('each probe once is neither lost nor doubled', () => {
  const { onWire, stored, lost, doubled } = compareSamples(
    wire,
    new Map([['a', [4_000.3, 1_000.1, 2_000, 3_000]]]),
    window,
    [],
  );
  assert.deepEqual([onWire, stored, lost, doubled], [4, 4, 0, 0]);
});

test('the proof sees what it is there to see', () => {
  const twice = compareSamples(wire, new Map([['a', [1_000, 2_000, 2_000, 3_000, 4_000]]]), window, []);
  assert.equal(twice.doubled, 1);
  const missing = compareSamples(wire, new Map([['a', [1_000, 4_000]]]), window, [
    { fromMs: 2_900, toMs: 3_100 },
  ]);
  assert.deepEqual([missing.lost, missing.lostWithSensor, missing.doubled], [1, 1, 0]);
  const invented = compareSamples(wire, new Map([['b', [1_000]]]), window, []);
  assert.deepEqual([invented.lost, invented.doubled], [4, 1]);
});
