/** Batches of samples, narrowed to some targets or joined: columns to columns, no object a sample. */
import { createSampleBatch, type SampleBatch } from '@maille/wire/link/samples';

/** The batch itself when all its samples are kept. */
export function filterBatch(batch: SampleBatch, keeps: (targetId: number) => boolean): SampleBatch {
  let kept = 0;
  for (let i = 0; i < batch.count; i++) if (keeps(batch.targetIds[i] as number)) kept++;
  if (kept === batch.count) return batch;
  const out = createSampleBatch(kept, batch.baseMs);
  for (let i = 0; i < batch.count; i++) {
    if (keeps(batch.targetIds[i] as number)) copySample(batch, i, out, out.count++, 0);
  }
  return out;
}

/** 32 bits of microseconds: two batches further apart than this do not go into one. */
const MAX_SPAN_MS = 4_000_000;

/** Joins batches of one agent into as few as fit in `maxCount` each. */
export function joinBatches(batches: readonly SampleBatch[], maxCount: number): SampleBatch[] {
  if (batches.length === 1 && (batches[0] as SampleBatch).count <= maxCount) return [...batches];
  const joined: SampleBatch[] = [];
  let group: SampleBatch[] = [];
  let baseMs = Number.POSITIVE_INFINITY;
  let lastMs = 0;
  let count = 0;
  const close = () => {
    if (count === 0) return;
    const out = createSampleBatch(count, baseMs);
    for (const batch of group) {
      const shiftUs = Math.round((batch.baseMs - baseMs) * 1_000);
      for (let i = 0; i < batch.count; i++) copySample(batch, i, out, out.count++, shiftUs);
    }
    joined.push(out);
    group = [];
    count = 0;
    baseMs = Number.POSITIVE_INFINITY;
    lastMs = 0;
  };
  for (const whole of batches) {
    for (let start = 0; start < whole.count; start += maxCount) {
      const batch =
        whole.count <= maxCount ? whole : sliceBatch(whole, start, Math.min(whole.count, start + maxCount));
      const spanMs = Math.max(lastMs, batch.baseMs) - Math.min(baseMs, batch.baseMs);
      if (count > 0 && (count + batch.count > maxCount || spanMs > MAX_SPAN_MS / 2)) close();
      group.push(batch);
      count += batch.count;
      baseMs = Math.min(baseMs, batch.baseMs);
      lastMs = Math.max(lastMs, batch.baseMs);
    }
  }
  close();
  return joined;
}

function sliceBatch(batch: SampleBatch, start: number, end: number): SampleBatch {
  return {
    count: end - start,
    baseMs: batch.baseMs,
    targetIds: batch.targetIds.subarray(start, end),
    offsetsUs: batch.offsetsUs.subarray(start, end),
    rtts10ns: batch.rtts10ns.subarray(start, end),
    outcomes: batch.outcomes.subarray(start, end),
    codes: batch.codes.subarray(start, end),
  };
}

function copySample(from: SampleBatch, i: number, to: SampleBatch, j: number, shiftUs: number): void {
  to.targetIds[j] = from.targetIds[i] as number;
  to.offsetsUs[j] = (from.offsetsUs[i] as number) + shiftUs;
  to.rtts10ns[j] = from.rtts10ns[i] as number;
  to.outcomes[j] = from.outcomes[i] as number;
  to.codes[j] = from.codes[i] as number;
}
