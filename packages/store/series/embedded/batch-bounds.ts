/**
 * Which send times are taken. A machine with a broken clock must not make files for days that are not:
 * what lies far in the future, or where retention has been, is left out of a batch and counted.
 */
import { createSampleBatch, type SampleBatch } from '@maille/wire/link/samples';

/** Offsets are 32-bit microseconds. */
export const MAX_OFFSET_US = 0xffff_ffff;

/** The samples sent in [fromMs, toMs): the batch itself where that is all of them. */
export function withinTimes(batch: SampleBatch, fromMs: number, toMs: number): SampleBatch {
  if (batch.baseMs >= fromMs && batch.baseMs + MAX_OFFSET_US / 1_000 < toMs) return batch;
  const kept: number[] = [];
  for (let i = 0; i < batch.count; i++) {
    const sentMs = batch.baseMs + (batch.offsetsUs[i] as number) / 1_000;
    if (sentMs >= fromMs && sentMs < toMs) kept.push(i);
  }
  if (kept.length === batch.count) return batch;
  const smaller = createSampleBatch(kept.length, batch.baseMs);
  smaller.count = kept.length;
  kept.forEach((from, to) => {
    smaller.targetIds[to] = batch.targetIds[from] as number;
    smaller.offsetsUs[to] = batch.offsetsUs[from] as number;
    smaller.rtts10ns[to] = batch.rtts10ns[from] as number;
    smaller.outcomes[to] = batch.outcomes[from] as number;
    smaller.codes[to] = batch.codes[from] as number;
  });
  return smaller;
}
