import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { silentLog } from '@maille/base/log';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { checkSeries } from '../series-compliance.ts';
import { openEmbeddedSeries } from './embedded-series.ts';

function isWhollyClosed(file: string): boolean {
  const raw = new DatabaseSync(file, { readOnly: true });
  try {
    const left = raw.prepare(
      'select (select count(*) from block) + (select count(*) = 0 from closed_hour) as n',
    );
    return left.get()?.n === 0;
  } finally {
    raw.close();
  }
}

function hasNoHourBeside(file: string): boolean {
  const hours = new DatabaseSync(file, { readOnly: true });
  try {
    return hours.prepare('select 1 from block limit 1').get() === undefined;
  } finally {
    hours.close();
  }
}

checkSeries('embedded', async () => {
  const root = mkdtempSync(join(tmpdir(), 'maille-series-'));
  const clock = createFakeClock(Date.UTC(2026, 2, 1, 0, 30));
  const log = { ...silentLog, error: console.error };
  const closing = { afterMs: 12 * 3_600_000, quietMs: 600_000 }; // not while days are only put away
  const copyFolder = join(root, 'copy');
  return {
    open: () => openEmbeddedSeries({ folder: join(root, 'series'), clock, log, closing }),
    openCopy: () => openEmbeddedSeries({ folder: copyFolder, clock, log, closing }),
    copyFolder,
    wallMs: () => clock.wallMs(),
    async settle(store) {
      // Over an hour's end; `retain` waits for its turn behind the flushes and hours that time set off.
      for (let turn = 0; turn < 3; turn++) {
        await clock.advance(31 * 60_000);
        await store.retain(3_650, 36_500);
      }
    },
    async closeDays(store) {
      // Past the day's end and what late samples are given; then turns until nothing is left to do.
      clock.stepWall(37 * 3_600_000);
      const isEach = (kind: string, isDone: (file: string) => boolean) =>
        readdirSync(join(root, 'series', kind))
          .filter((name) => name.endsWith('.sqlite'))
          .every((name) => isDone(join(root, 'series', kind, name)));
      const closed = () =>
        isEach('raw', isWhollyClosed) && isEach('rollup', isWhollyClosed) && isEach('hours', hasNoHourBeside);
      for (let turn = 0; turn < 600 && !closed(); turn++) {
        await clock.advance(1_000);
        await store.retain(3_650, 36_500);
      }
      assert.ok(closed(), 'every day is closed');
    },
    remove: async () => rmSync(root, { recursive: true }),
  };
});
