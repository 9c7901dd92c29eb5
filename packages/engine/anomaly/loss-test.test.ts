/** Loss that comes in bursts, as on many a radio link: it is learnt, and calm elsewhere is none here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runBursts } from '@maille/testkit/anomaly-runs';

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);

test('bursts of loss are no news once they are known, and silence still is', () => {
  const { alarmsByHour, silentAfterS } = runBursts(24, 8, 0.5, 3);
  // They have to be seen to be learnt: some are told at first.
  assert.ok(sum(alarmsByHour.slice(0, 2)) > 0);
  assert.deepEqual(alarmsByHour.slice(4), [0, 0, 0, 0]);
  assert.equal(silentAfterS.length, 24);
  assert.ok((silentAfterS[12] as number) <= 40, `${silentAfterS}`);
});

test('where losses come alone, four in a row are silence as ever', () => {
  const { alarmsByHour, silentAfterS } = runBursts(12, 3, 0.003, 3);
  assert.equal(sum(alarmsByHour), 0);
  for (const seconds of silentAfterS) assert.ok(seconds <= 5, `${silentAfterS}`);
});
