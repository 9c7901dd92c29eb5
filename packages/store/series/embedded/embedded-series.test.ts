import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@maille/base/log';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { checkSeries } from '../series-compliance.ts';
import { openEmbeddedSeries } from './embedded-series.ts';

checkSeries('embedded', async () => {
  const root = mkdtempSync(join(tmpdir(), 'maille-series-'));
  const clock = createFakeClock(Date.UTC(2026, 2, 1, 0, 30));
  const log = { ...silentLog, error: console.error };
  const copyFolder = join(root, 'copy');
  return {
    open: () => openEmbeddedSeries({ folder: join(root, 'series'), clock, log }),
    openCopy: () => openEmbeddedSeries({ folder: copyFolder, clock, log }),
    copyFolder,
    wallMs: () => clock.wallMs(),
    async settle(store) {
      // Over an hour's end; `retain` waits for its turn behind the flushes and hours that time set off.
      for (let turn = 0; turn < 3; turn++) {
        await clock.advance(31 * 60_000);
        await store.retain(3_650, 36_500);
      }
    },
    remove: async () => rmSync(root, { recursive: true }),
  };
});
