/**
 * The past that a picture needs and nobody waits for: minutes of calm weather in the series, and what is
 * usual learnt from them, written into a server's folder while it is down.
 */
import { join } from 'node:path';
import { createBaselineFiles } from '@maille/api/incidents/baseline-files';
import { systemClock } from '@maille/base/clock';
import { silentLog } from '@maille/base/log';
import { createAnomalyWatch } from '@maille/engine/anomaly/anomaly-watch';
import { openEmbeddedSeries } from '@maille/store/series/embedded/embedded-series';
import { createSampleBatch, OUTCOME_REPLY, OUTCOME_TIMEOUT } from '@maille/wire/link/samples';
import { weatherAt } from './demo-weather.ts';

/** Ten minutes are learnt before an RTT is judged. */
const MINUTES = 14;
const MINUTE_MS = 60_000;
/** So much of the past is one batch: three thousand addresses stay below its bound. */
const SLICE_SECONDS = 20;
const SLICES = (MINUTES * 60) / SLICE_SECONDS;
/** What a machine that runs all of this, and a browser, adds to the weather. */
const ownMs = () => 0.5 + 6 * Math.random() ** 2;

export interface PastTarget {
  id: number;
  host: string;
  prefix: string;
}

export async function writeDemoPast(
  dataDir: string,
  agentNumber: number,
  all: readonly PastTarget[],
): Promise<void> {
  const targets = all.filter(({ host }) => /^10\.20\.\d+\.\d+$/.test(host));
  const watch = createAnomalyWatch({
    nextId: () => 1,
    placeOf: () => ({ host: '', prefix: undefined, tags: [], intervalMs: 1_000, timeoutMs: 1_000 }),
    agentName: String,
    ofTargets: () => 1,
    changed: () => {},
  });
  const series = await openEmbeddedSeries({
    folder: join(dataDir, 'series'),
    clock: systemClock,
    log: silentLog,
  });
  series.placeTargets(all);
  const endMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  for (let slice = 0; slice < SLICES; slice++) {
    const fromMs = endMs - (SLICES - slice) * SLICE_SECONDS * 1_000;
    const batch = createSampleBatch(targets.length * SLICE_SECONDS, fromMs);
    for (let second = 0; second < SLICE_SECONDS; second++)
      for (const [place, { id, host }] of targets.entries()) {
        const [, , third = 0, fourth = 0] = host.split('.').map(Number);
        const delayMs = weatherAt(third, fourth, fromMs, Number.POSITIVE_INFINITY);
        const at = batch.count++;
        batch.targetIds[at] = id;
        batch.offsetsUs[at] = second * 1_000_000 + place * 300;
        batch.outcomes[at] = delayMs === undefined ? OUTCOME_TIMEOUT : OUTCOME_REPLY;
        batch.rtts10ns[at] = delayMs === undefined ? 0 : Math.round((delayMs + ownMs()) * 1e5);
      }
    series.append({ agentNumber, epoch: '00000000000000aa', sequence: slice + 1 }, batch);
    watch.take(agentNumber, batch, fromMs + SLICE_SECONDS * 1_000);
  }
  await series.stop();
  await createBaselineFiles(join(dataDir, 'baselines')).writeLearnt(watch.learnt(), endMs);
}
