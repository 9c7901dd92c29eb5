import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '@maille/base/problem';
import fc from 'fast-check';
import { decodeSamplePush, encodeSamplePush } from '../live/sample-push.ts';
import { decodeSampleFrame, encodeSampleFrame } from './sample-frame.ts';
import {
  createSampleBatch,
  decodeSampleBatch,
  encodeSampleBatch,
  outcomes,
  type SampleBatch,
} from './samples.ts';

const u32 = fc.nat(0xffff_ffff);
const anyBatch = fc
  .record({
    baseMs: fc.nat(2 ** 42),
    rows: fc.array(fc.tuple(u32, u32, u32, fc.nat(outcomes.length - 1), fc.nat(255)), { maxLength: 50 }),
  })
  .map(({ baseMs, rows }) => {
    const batch = createSampleBatch(rows.length + 3, baseMs); // capacity above count, as in use
    for (const [id, offset, rtt, outcome, code] of rows) {
      const i = batch.count++;
      batch.targetIds[i] = id;
      batch.offsetsUs[i] = offset;
      batch.rtts10ns[i] = rtt;
      batch.outcomes[i] = outcome;
      batch.codes[i] = code;
    }
    return batch;
  });

function rowsOf(batch: SampleBatch) {
  return Array.from({ length: batch.count }, (_, i) => [
    batch.targetIds[i],
    batch.offsetsUs[i],
    batch.rtts10ns[i],
    batch.outcomes[i],
    batch.codes[i],
  ]);
}

test('a batch survives every wire, wherever in memory it was received', () => {
  fc.assert(
    fc.property(anyBatch, fc.nat(7), (batch, shift) => {
      const moved = (bytes: Uint8Array) => {
        const room = new Uint8Array(bytes.length + shift);
        room.set(bytes, shift);
        return room.subarray(shift);
      };
      const plain = decodeSampleBatch(moved(encodeSampleBatch(batch)));
      const frame = decodeSampleFrame(
        moved(encodeSampleFrame({ epoch: '0123456789abcdef', sequence: 2 ** 40 + 7, backlog: true, batch })),
      );
      const push = decodeSamplePush(moved(encodeSamplePush({ subscription: 9, agentNumber: 65_535, batch })));
      assert.deepEqual([frame.epoch, frame.sequence, frame.backlog], ['0123456789abcdef', 2 ** 40 + 7, true]);
      assert.deepEqual([push.subscription, push.agentNumber], [9, 65_535]);
      for (const decoded of [plain, frame.batch, push.batch]) {
        assert.equal(decoded.baseMs, batch.baseMs);
        assert.deepEqual(rowsOf(decoded), rowsOf(batch));
      }
    }),
  );
});

test('bytes that were tampered with give a batch or a Problem, never anything else', () => {
  fc.assert(
    fc.property(
      anyBatch,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
      fc.nat(40),
      (batch, changes, cut) => {
        const bytes = encodeSampleFrame({ epoch: 'ffffffffffffffff', sequence: 1, backlog: false, batch });
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        try {
          const frame = decodeSampleFrame(bytes.subarray(0, bytes.length - (cut % bytes.length)));
          assert.ok(frame.batch.outcomes.every((outcome) => outcome < outcomes.length));
        } catch (error) {
          assert.ok(error instanceof Problem, String(error));
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a batch within a Buffer that lies askew in a larger one is read as it was written', () => {
  const batch = createSampleBatch(2, 1_000);
  batch.count = 2;
  batch.targetIds.set([7, 8]);
  const encoded = encodeSampleBatch(batch);
  const pool = Buffer.alloc(encoded.length + 16);
  for (let skew = 0; skew < 4; skew++) {
    pool.set(encoded, 8 + skew);
    const decoded = decodeSampleBatch(pool.subarray(8 + skew, 8 + skew + encoded.length));
    assert.deepEqual([...decoded.targetIds], [7, 8]);
  }
});
