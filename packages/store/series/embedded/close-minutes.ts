/** The closed layout of a day's minutes (closed-rollups.ts); the strips of prefixes go with them as they are. */
import { deleteBlockRows, readBlockRows, writeBlockRow } from './block-rows.ts';
import type { DayFileLayout } from './close-day-file.ts';
import { createClosedRollupsReader, encodeClosedRollups, hourOfMinutes } from './closed-rollups.ts';
import { MINUTES_AN_HOUR, readClosedRow, writeClosedRow } from './closed-rows.ts';
import { decodeRollups } from './rollup-block.ts';
import { fitsColumns } from './rollup-columns.ts';
import { createTargetRows } from './target-rows.ts';

export const closeMinutes: DayFileLayout = {
  async closeBlock({ log }, from, to, one, slice) {
    const { hour, agent, block } = one;
    const first = hour * MINUTES_AN_HOUR;
    const minutes = readBlockRows(from, agent, block, first, first + MINUTES_AN_HOUR);
    const rows = createTargetRows();
    const closed = readClosedRow(from, hour, agent, block);
    if (closed) {
      try {
        createClosedRollupsReader(hourOfMinutes)(closed, 'all', undefined, rows.add);
      } catch (error) {
        log.error({ err: error, ...one }, 'stored minutes of a closed day are damaged and left out');
      }
    }
    for (const { minute, data } of minutes) {
      try {
        for (const [low, rollup] of decodeRollups(data)) rows.put(low, minute - first, rollup);
      } catch (error) {
        log.error({ err: error, minute, agent, block }, 'a stored rollup is damaged and left out');
      }
    }
    if (!rows.all(fitsColumns)) {
      // From before outcomes were counted: they stay as they are, and are read beside what is closed.
      if (from !== to) for (const { minute, data } of minutes) writeBlockRow(to, minute, agent, block, data);
      return;
    }
    if (slice.due()) await slice.pause();
    writeClosedRow(to, hour, agent, block, encodeClosedRollups(hourOfMinutes, rows.byTarget()));
    if (from === to) deleteBlockRows(from, agent, block, first, first + MINUTES_AN_HOUR);
  },

  async copyHour(from, to, hour, slice) {
    for (let minute = hour * MINUTES_AN_HOUR; minute < (hour + 1) * MINUTES_AN_HOUR; minute++) {
      to.write('delete from strip where minute = ?').run(minute);
      const put = to.write('insert into strip values (?, ?, ?)');
      const strips = from.read('select prefix, data from strip where minute = ?').all(minute);
      for (const { prefix, data } of strips as { prefix: string; data: Uint8Array }[])
        put.run(minute, prefix, data);
      if (slice.due()) await slice.pause();
    }
  },
};
