import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import type { SeriesStore } from '@maille/store/series/series-store';

/** Nothing is kept. */
export async function openSeries(_options: { folder: string; clock: Clock; log: Log }): Promise<SeriesStore> {
  return {
    append: () => 'stored',
    appended: () => [],
    placeTargets: () => {},
    readRaw: async () => [],
    readRollup: async () => [],
    readWindow: async () => [],
    readStrip: async () => ({ startMs: new Float64Array(), prefixes: [] }),
    retain: async () => {},
    copyTo: async () => {},
    stop: async () => {},
  };
}
