/** Fills the last hour in memory from the day files after a start, newest minute first, while all works. */
import type { Clock } from '@maille/base/clock';
import { type MinuteRow, readMinuteRows } from './block-rows.ts';
import { isClosed } from './closed-rows.ts';
import type { FlushParts } from './flush-journal.ts';
import { MINUTE_MS, MINUTES_A_DAY } from './series-files.ts';

export async function loadRecent(
  { files, recent, log }: FlushParts,
  clock: Clock,
  minutes: number,
  maxBytes: number,
  isStopped: () => boolean,
): Promise<void> {
  const now = Math.floor(clock.wallMs() / MINUTE_MS);
  const lastDay = files.periods('raw').at(-1);
  const inLastDay =
    lastDay === undefined
      ? undefined
      : files.use('raw', lastDay, (file) =>
          // Closed hours are not of the last hour, unless the clock went back: then all is read from disk.
          isClosed(file)
            ? { minute: MINUTES_A_DAY }
            : file.read('select max(key >> 44) as minute from block').get(),
        );
  const stored = lastDay === undefined ? 0 : lastDay * MINUTES_A_DAY + Number(inLastDay?.minute ?? 0);
  let minute = Math.max(stored + 1, now);
  recent.completeSince(minute);
  try {
    while (minute > now - minutes && !isStopped() && recent.bytes < 0.8 * maxBytes) {
      minute--;
      // Read and put without a pause between: a flush of this minute comes wholly before or after.
      const rows = files.use('raw', Math.floor(minute / MINUTES_A_DAY), (file) =>
        isClosed(file) ? 'closed' : readMinuteRows(file, minute),
      );
      if (rows === 'closed') return;
      const agents = new Map<number, MinuteRow[]>();
      for (const row of rows ?? []) {
        const known = agents.get(row.agent);
        if (known) known.push(row);
        else agents.set(row.agent, [row]);
      }
      for (const [agent, blocks] of agents) recent.put(recent.pack(minute, agent, blocks));
      recent.completeSince(minute);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  } catch (error) {
    log.warn({ err: error }, 'the last hour was not read into memory; it is read from disk instead');
  }
}
