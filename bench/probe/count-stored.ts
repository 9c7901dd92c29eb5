/** What a stopped server's series hold of some targets: in steps, since all of it at once is millions. */
import { systemClock } from '@maille/base/clock';
import { silentLog } from '@maille/base/log';
import { openEmbeddedSeries } from '@maille/store/series/embedded/embedded-series';
import { isOwnOutcome, OUTCOME_REPLY } from '@maille/wire/link/samples';

const STEP_MS = 10_000;

export async function countStored(
  dataDir: string,
  ids: readonly number[],
  fromMs: number,
  toMs: number,
): Promise<{ samples: number; replies: number }> {
  const series = await openEmbeddedSeries({
    folder: `${dataDir}/series`,
    clock: systemClock,
    log: silentLog,
  });
  const wanted = new Set(ids);
  const counted = { samples: 0, replies: 0 };
  for (let atMs = fromMs; atMs < toMs; atMs += STEP_MS) {
    for (const { batch } of await series.readWindow(atMs, Math.min(toMs, atMs + STEP_MS))) {
      for (let i = 0; i < batch.count; i++) {
        if (!wanted.has(batch.targetIds[i] as number)) continue;
        const outcome = batch.outcomes[i] as number;
        if (isOwnOutcome(outcome)) counted.samples++;
        if (outcome === OUTCOME_REPLY) counted.replies++;
      }
    }
  }
  await series.stop();
  return counted;
}
