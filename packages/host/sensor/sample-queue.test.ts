import assert from 'node:assert/strict';
import test from 'node:test';
import { createSampleBatch } from '@maille/wire/link/samples';
import fc from 'fast-check';
import { createSampleQueue } from './sample-queue.ts';

const batchOf = (count: number) => ({ ...createSampleBatch(count, 0), count });

test('frames are numbered from 1, kept until acknowledged, and found by their sequence', () => {
  const queue = createSampleQueue(1e6);
  assert.equal(queue.after(0), undefined);
  for (let i = 0; i < 5; i++) queue.add(batchOf(10));
  assert.equal(queue.after(0)?.sequence, 1);
  assert.equal(queue.after(3)?.sequence, 4);
  assert.equal(queue.after(5), undefined);
  queue.acknowledge(3);
  assert.equal(queue.after(0)?.sequence, 4);
  queue.acknowledge(99);
  assert.equal(queue.after(0), undefined);
  assert.equal(queue.keptBytes, 0);
  queue.add(batchOf(1));
  assert.equal(queue.after(0)?.sequence, 6);
});

test('over the bound the oldest go first and are counted; the newest always stays', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 300 }), (counts) => {
      const queue = createSampleQueue(4_000);
      let added = 0;
      for (const count of counts) {
        queue.add(batchOf(count));
        added += count;
        assert.ok(queue.keptBytes <= 4_000);
      }
      let kept = 0;
      let sequence = 0;
      for (let next = queue.after(0); next; next = queue.after(sequence)) {
        assert.ok(sequence === 0 || next.sequence === sequence + 1);
        sequence = next.sequence;
        kept += new DataView(next.frame.buffer).getUint32(20, true);
      }
      assert.equal(kept + queue.droppedSamples, added);
      assert.equal(sequence, counts.length);
    }),
  );
});
