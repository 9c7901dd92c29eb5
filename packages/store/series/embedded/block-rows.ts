/** Rows of blocks in a day's file: how a key is packed, read and written. */
import type { SeriesFile } from './series-file.ts';
import { MINUTES_A_DAY } from './series-files.ts';

const KEY = '((? << 44) | (? << 28) | ?)'; // minute of the day, agent, block

export interface BlockRow {
  minute: number;
  data: Uint8Array;
}

/** As the writer sees it: with what it has not committed yet. */
export function readBlockRow(
  file: SeriesFile,
  minute: number,
  agent: number,
  block: number,
): Uint8Array | undefined {
  const sql = `select data from block where key = ${KEY}`;
  return file.write(sql).get(minute % MINUTES_A_DAY, agent, block)?.data as Uint8Array | undefined;
}

/** One block over the minutes [from, to) of the file's day; `minute` counts from the epoch. */
export function readBlockRows(
  file: SeriesFile,
  agent: number,
  block: number,
  from: number,
  to: number,
): BlockRow[] {
  const sql = `
    with recursive minutes(minute) as (
      select ? union all select minute + 1 from minutes where minute + 1 < ?)
    select minute, data from minutes cross join block on key = (minute << 44) | (? << 28) | ?`;
  const dayStart = from - (from % MINUTES_A_DAY);
  const rows = file.read(sql).all(from - dayStart, to - dayStart, agent, block) as unknown as BlockRow[];
  return rows.map(({ minute, data }) => ({ minute: dayStart + minute, data }));
}

export interface MinuteRow {
  agent: number;
  block: number;
  data: Uint8Array;
}

/** Every block of a minute. */
export function readMinuteRows(file: SeriesFile, minute: number): MinuteRow[] {
  const sql = `
    select (key >> 28) & 65535 as agent, key & 268435455 as block, data from block
    where key >= (? << 44) and key < (? << 44)`;
  const inDay = minute % MINUTES_A_DAY;
  return file.read(sql).all(inDay, inDay + 1) as unknown as MinuteRow[];
}

/** Which blocks a minute has. */
export function minuteBlocksOf(file: SeriesFile, minute: number): { agent: number; block: number }[] {
  const sql = `
    select (key >> 28) & 65535 as agent, key & 268435455 as block from block
    where key >= (? << 44) and key < (? << 44)`;
  const inDay = minute % MINUTES_A_DAY;
  return file.read(sql).all(inDay, inDay + 1) as { agent: number; block: number }[];
}

/** One block's minutes [from, to) of the file's day. */
export function deleteBlockRows(
  file: SeriesFile,
  agent: number,
  block: number,
  from: number,
  to: number,
): void {
  const remove = file.write(`delete from block where key = ${KEY}`);
  for (let minute = from; minute < to; minute++) remove.run(minute % MINUTES_A_DAY, agent, block);
}

export function writeBlockRow(
  file: SeriesFile,
  minute: number,
  agent: number,
  block: number,
  data: Uint8Array,
): void {
  const sql = `insert into block values (${KEY}, ?) on conflict do update set data = excluded.data`;
  file.write(sql).run(minute % MINUTES_A_DAY, agent, block, data);
}

export function agentsOf(file: SeriesFile): number[] {
  const rows = file.read('select agent from agent order by agent').all() as { agent: number }[];
  return rows.map(({ agent }) => agent);
}

export function addAgent(file: SeriesFile, agent: number): void {
  file.write('insert or ignore into agent values (?)').run(agent);
}
