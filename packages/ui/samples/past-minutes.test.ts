import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampleBatch, encodeSampleBatch } from '@maille/wire/link/samples';
import { createPastMinutes } from './past-minutes.ts';

const batch = createSampleBatch(2, 60_000);
batch.count = 2;
const encoded = Buffer.from(encodeSampleBatch(batch)).toString('base64');

test('a minute is fetched once, then it is there', async () => {
  const asked: number[] = [];
  const minutes = createPastMinutes(async (endsAtMs) => {
    asked.push(endsAtMs);
    return { batches: [{ agentNumber: 3, batch: encoded }] };
  });
  assert.equal(minutes.ready(1), undefined);
  const [a, b] = await Promise.all([minutes.minute(1), minutes.minute(1)]);
  assert.equal(a, b);
  assert.equal(minutes.ready(1)?.[0]?.batch.count, 2);
  assert.deepEqual(asked, [120_000]);
});

test('old minutes go, and a failure is tried again', async () => {
  let fail = true;
  let asked = 0;
  const minutes = createPastMinutes(async () => {
    asked++;
    if (fail) throw new Error('away');
    return { batches: [] };
  });
  await assert.rejects(minutes.minute(7), /away/);
  fail = false;
  await minutes.minute(7);
  assert.equal(asked, 2);
  for (let minute = 8; minute < 20; minute++) await minutes.minute(minute);
  assert.equal(minutes.ready(7), undefined);
  assert.deepEqual(minutes.ready(19), []);
});
