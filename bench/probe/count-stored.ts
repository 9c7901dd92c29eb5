/** What a stopped server's series hold of some targets, by outcome. */
import { systemClock } from '@maille/base/clock';
import { silentLog } from '@maille/base/log';
import { openEmbeddedSeries } from '@maille/store/series/embedded/embedded-series';
import { countsAsSent, OUTCOME_REPLY } from '@maille/wire/link/samples';

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
  const counted = { samples: 0, replies: 0 };
  for (const id of ids) {
    for (const { count, outcomes } of await series.readRaw(id, fromMs, toMs)) {
      for (let i = 0; i < count; i++) {
        const outcome = outcomes[i] as number;
        if (countsAsSent(outcome)) counted.samples++;
        if (outcome === OUTCOME_REPLY) counted.replies++;
      }
    }
  }
  await series.stop();
  return counted;
}
