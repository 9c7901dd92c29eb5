/** A day's hours of one target by one agent in one row of the month's file; a target's days lie together. */
import { BLOCK_TARGETS } from './sample-block.ts';
import type { SeriesFile } from './series-file.ts';
import { DAY_MS, HOUR_MS, monthOf, monthStartMs, type SeriesFiles } from './series-files.ts';
import type { TimeSlice } from './time-slice.ts';

const KEY = '((? << 21) | (? << 5) | ?)'; // target, agent, day of the month
const HOURS_A_DAY = 24;

/** Those that hold hours of [from, to), of all targets of a block or of the one with these low bits. */
export async function eachHoursOfDay(
  files: SeriesFiles,
  { block, onlyLow }: { block: number; onlyLow?: number | undefined },
  from: number,
  to: number,
  slice: TimeSlice,
  visit: (agent: number, day: number, targetId: number, data: Uint8Array) => void,
): Promise<void> {
  if (from >= to) return;
  const firstTarget = block * BLOCK_TARGETS + (onlyLow ?? 0);
  const targets = onlyLow === undefined ? BLOCK_TARGETS : 1;
  const [firstDay, lastDay] = [Math.floor(from / HOURS_A_DAY), Math.floor((to - 1) / HOURS_A_DAY)];
  const sql = `
    select key >> 21 as target, (key >> 5) & 65535 as agent, key & 31 as day, data from hours_of_day
    where key >= (? << 21) and key < (? << 21) and (key & 31) between ? and ?`;
  for (const month of files.periods('hours')) {
    if (month < monthOf(from * HOUR_MS) || month > monthOf((to - 1) * HOUR_MS)) continue;
    const monthDay = monthStartMs(month) / DAY_MS;
    const bounds = [Math.max(0, firstDay - monthDay), Math.min(31, lastDay - monthDay)] as const;
    const rows = files.use(
      'hours',
      month,
      (file) =>
        file.read(sql).all(firstTarget, firstTarget + targets, ...bounds) as unknown as {
          target: number;
          agent: number;
          day: number;
          data: Uint8Array;
        }[],
    );
    for (const { target, agent, day, data } of rows ?? []) {
      visit(agent, monthDay + day, target, data);
      if (slice.due()) await slice.pause();
    }
  }
}

/** As the writer sees it. */
export function readHoursOfDay(
  file: SeriesFile,
  day: number,
  agent: number,
  targetId: number,
): Uint8Array | undefined {
  const sql = `select data from hours_of_day where key = ${KEY}`;
  return file.write(sql).get(targetId, agent, dayOfMonth(day))?.data as Uint8Array | undefined;
}

export function writeHoursOfDay(
  file: SeriesFile,
  day: number,
  agent: number,
  targetId: number,
  data: Uint8Array,
): void {
  const sql = `insert into hours_of_day values (${KEY}, ?) on conflict do update set data = excluded.data`;
  file.write(sql).run(targetId, agent, dayOfMonth(day), data);
}

const dayOfMonth = (day: number): number => day - monthStartMs(monthOf(day * DAY_MS)) / DAY_MS;
