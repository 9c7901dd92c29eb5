/**
 * What a server has learnt of addresses, written into its folder while it is down: minutes of calm that a
 * test need not wait for. What then comes over the addresses is judged as ever.
 */
import { join } from 'node:path';
import { createBaselineFiles } from '@maille/api/incidents/baseline-files';
import { createAnomalyWatch } from '@maille/engine/anomaly/anomaly-watch';
import { createSampleBatch, OUTCOME_REPLY } from '@maille/wire/link/samples';

/** Enough to know what loss is usual; too little to judge an RTT that differs. */
const SECONDS = 240;
const RTT_10NS = 20_000;

export async function writeLearntPast(
  dataDir: string,
  agentNumber: number,
  targetIds: readonly number[],
): Promise<void> {
  const nowMs = Date.now();
  const watch = createAnomalyWatch({
    nextId: () => 1,
    placeOf: () => ({ host: '', prefix: undefined, tags: [], intervalMs: 1_000, timeoutMs: 1_000 }),
    agentName: String,
    ofTargets: () => targetIds.length,
    changed: () => {},
  });
  const batch = createSampleBatch(SECONDS * targetIds.length, nowMs - SECONDS * 1_000);
  for (let second = 0; second < SECONDS; second++)
    for (const id of targetIds) {
      const at = batch.count++;
      batch.targetIds[at] = id;
      batch.offsetsUs[at] = second * 1_000_000;
      batch.outcomes[at] = OUTCOME_REPLY;
      batch.rtts10ns[at] = RTT_10NS + (second % 7) * 500;
    }
  watch.take(agentNumber, batch, nowMs);
  await createBaselineFiles(join(dataDir, 'baselines')).writeLearnt(watch.learnt(), nowMs);
}
