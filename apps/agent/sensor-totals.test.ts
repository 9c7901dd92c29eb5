import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSensorTotals } from './sensor-totals.ts';

const counters = (inFlight: number, droppedPackets: number) => ({
  type: 'counters' as const,
  sent: 0,
  replies: 0,
  inFlight,
  late: 0,
  duplicates: 0,
  foreign: 0,
  droppedPackets,
  droppedSamples: 1,
});

test('counters add up over the lives of the sensor; what was in flight when one died is abandoned', () => {
  const totals = createSensorTotals();
  totals.hello('first');
  totals.counters(counters(5, 2));
  totals.hello('first'); // the same one, after a reconnect
  assert.deepEqual([totals.abandonedProbes, totals.droppedPackets], [0, 2]);
  totals.hello('second');
  assert.deepEqual([totals.abandonedProbes, totals.droppedPackets, totals.droppedSamples], [5, 2, 1]);
  totals.counters(counters(9, 1));
  assert.deepEqual([totals.abandonedProbes, totals.droppedPackets, totals.droppedSamples], [5, 3, 2]);
});
