/** Rows of closed days: an hour of a block each, beside the minutes that came late and are not in them yet. */
import type { Log } from '@maille/base/log';
import { readBlockRow, readBlockRows } from './block-rows.ts';
import { decodeHourBlock } from './hour-block.ts';
import { MINUTE_US } from './minute-groups.ts';
import { type BlockSamples, createBlockSamples, decodeBlock } from './sample-block.ts';
import type { SeriesFile } from './series-file.ts';

const KEY = '((? << 44) | (? << 28) | ?)'; // hour of the day, agent, block
const HOURS_A_DAY = 24;
export const MINUTES_AN_HOUR = 60;

export const hourOf = (minute: number): number => Math.floor(minute / MINUTES_AN_HOUR);

export function isClosed(file: SeriesFile): boolean {
  return file.read('select 1 from closed_hour limit 1').get() !== undefined;
}

export function readClosedRow(
  file: SeriesFile,
  hour: number,
  agent: number,
  block: number,
): Uint8Array | undefined {
  const sql = `select data from closed where key = ${KEY}`;
  return file.read(sql).get(hour % HOURS_A_DAY, agent, block)?.data as Uint8Array | undefined;
}

/** One block's closed hours that hold minutes of [from, to), all of the file's day. */
export function readClosedRows(
  file: SeriesFile,
  agent: number,
  block: number,
  from: number,
  to: number,
): { hour: number; agent: number; data: Uint8Array }[] {
  const rows: { hour: number; agent: number; data: Uint8Array }[] = [];
  if (!isClosed(file)) return rows;
  for (let hour = hourOf(from); hour * MINUTES_AN_HOUR < to; hour++) {
    const data = readClosedRow(file, hour, agent, block);
    if (data) rows.push({ hour, agent, data });
  }
  return rows;
}

/** Which blocks a closed hour has; their data is read one by one, as it is much. */
export function closedBlocksOf(file: SeriesFile, hour: number): { agent: number; block: number }[] {
  const sql = `
    select (key >> 28) & 65535 as agent, key & 268435455 as block from closed
    where key >= (? << 44) and key < (? << 44)`;
  const inDay = hour % HOURS_A_DAY;
  return file.read(sql).all(inDay, inDay + 1) as { agent: number; block: number }[];
}

export function writeClosedRow(
  file: SeriesFile,
  hour: number,
  agent: number,
  block: number,
  data: Uint8Array,
): void {
  const sql = `insert into closed values (${KEY}, ?) on conflict do update set data = excluded.data`;
  file.write(sql).run(hour % HOURS_A_DAY, agent, block, data);
}

/** What is closed of a minute, as the minute's own block would be. */
export function readClosedMinute(
  file: SeriesFile,
  minute: number,
  agent: number,
  block: number,
  log: Log,
): BlockSamples | undefined {
  const hour = hourOf(minute);
  const data = readClosedRow(file, hour, agent, block);
  if (!data) return undefined;
  const inHour = minute - hour * MINUTES_AN_HOUR;
  const part = hourOrWarn(data, log, { hour, agent, block }, { fromMinute: inHour, toMinute: inHour + 1 });
  return part && withinOffsets(part, inHour * MINUTE_US, (inHour + 1) * MINUTE_US);
}

/** Closed and late together, ordered by target and time; offsets from the hour on. */
export function readWholeHour(
  file: SeriesFile,
  hour: number,
  agent: number,
  block: number,
  log: Log,
): BlockSamples {
  const minutes: { startUs: number; samples: BlockSamples }[] = [];
  const first = hour * MINUTES_AN_HOUR;
  for (const { minute, data } of readBlockRows(file, agent, block, first, first + MINUTES_AN_HOUR)) {
    const samples = minuteOrWarn(data, log, { minute, agent, block });
    if (samples) minutes.push({ startUs: (minute - first) * MINUTE_US, samples });
  }
  const late = joinMinutes(minutes);
  const data = readClosedRow(file, hour, agent, block);
  const closed = data && hourOrWarn(data, log, { hour, agent, block });
  if (!closed) return late;
  return late.count === 0 ? closed : mergeInOrder(closed, late);
}

export function hourOrWarn(
  data: Uint8Array,
  log: Log,
  fields: Record<string, unknown>,
  part?: Parameters<typeof decodeHourBlock>[1],
): BlockSamples | undefined {
  try {
    return decodeHourBlock(data, part);
  } catch (error) {
    log.error({ err: error, ...fields }, 'stored samples of an hour are damaged and left out');
    return undefined;
  }
}

/** A damaged block is named, and treated as not there. */
export function minuteOrWarn(
  data: Uint8Array,
  log: Log,
  fields: Record<string, unknown>,
  onlyLow?: number,
): BlockSamples | undefined {
  try {
    return decodeBlock(data, onlyLow);
  } catch (error) {
    log.error({ err: error, ...fields }, 'stored samples of a minute are damaged and left out');
    return undefined;
  }
}

/** As the writer sees it: the minute's row with what it has not committed yet. */
export function readLateMinute(
  file: SeriesFile,
  minute: number,
  agent: number,
  block: number,
  log: Log,
): BlockSamples | undefined {
  const data = readBlockRow(file, minute, agent, block);
  return data && minuteOrWarn(data, log, { minute, agent, block });
}

function withinOffsets(block: BlockSamples, fromUs: number, toUs: number): BlockSamples {
  const kept = createBlockSamples(block.count);
  for (let i = 0; i < block.count; i++) {
    const offset = block.offsetsUs[i] as number;
    if (offset >= fromUs && offset < toUs) put(kept, block, i, -fromUs);
  }
  return kept;
}

/** Minutes in order, each ordered by target: a target's minutes behind each other. */
function joinMinutes(minutes: { startUs: number; samples: BlockSamples }[]): BlockSamples {
  const next = new Uint32Array(17);
  for (const { samples } of minutes) {
    for (let i = 0; i < samples.count; i++) {
      const after = (samples.lows[i] as number) + 1;
      next[after] = (next[after] as number) + 1;
    }
  }
  for (let low = 1; low < next.length; low++) next[low] = (next[low] as number) + (next[low - 1] as number);
  const all = createBlockSamples(next[16] as number);
  all.count = next[16] as number;
  for (const { startUs, samples } of minutes) {
    for (let i = 0; i < samples.count; i++) {
      const low = samples.lows[i] as number;
      const at = next[low] as number;
      next[low] = at + 1;
      all.lows[at] = low;
      all.offsetsUs[at] = (samples.offsetsUs[i] as number) + startUs;
      all.rtts10ns[at] = samples.rtts10ns[i] as number;
      all.outcomes[at] = samples.outcomes[i] as number;
      all.codes[at] = samples.codes[i] as number;
    }
  }
  return all;
}

/** Two that are in order, as one in order; of the same time, those of `a` come first. */
function mergeInOrder(a: BlockSamples, b: BlockSamples): BlockSamples {
  const all = createBlockSamples(a.count + b.count);
  const place = (block: BlockSamples, i: number) =>
    i < block.count
      ? (block.lows[i] as number) * 2 ** 32 + (block.offsetsUs[i] as number)
      : Number.POSITIVE_INFINITY;
  for (let i = 0, j = 0; i < a.count || j < b.count; ) {
    if (place(a, i) <= place(b, j)) put(all, a, i++, 0);
    else put(all, b, j++, 0);
  }
  return all;
}

function put(into: BlockSamples, from: BlockSamples, i: number, shiftUs: number): void {
  const at = into.count++;
  into.lows[at] = from.lows[i] as number;
  into.offsetsUs[at] = (from.offsetsUs[i] as number) + shiftUs;
  into.rtts10ns[at] = from.rtts10ns[i] as number;
  into.outcomes[at] = from.outcomes[i] as number;
  into.codes[at] = from.codes[i] as number;
}
