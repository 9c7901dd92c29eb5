/**
 * The rollups that are stored of a block of targets: rows of closed days, and beside them rows of a minute
 * or an hour each, which are newer wherever there are both.
 */
import type { Rollup } from '../rollup.ts';
import { agentsOf, readBlockRows } from './block-rows.ts';
import { eachHoursOfDay } from './closed-hours.ts';
import { createClosedRollupsReader, dayOfHours, hourOfMinutes } from './closed-rollups.ts';
import { hourOf, MINUTES_AN_HOUR, readClosedRows } from './closed-rows.ts';
import { decodeRollups } from './rollup-block.ts';
import { keepRows, type RollupColumns, rollupAt } from './rollup-columns.ts';
import { HOUR_MS, MINUTES_A_DAY, monthOf } from './series-files.ts';
import { daysOf, type ReadParts } from './target-samples.ts';
import type { TimeSlice } from './time-slice.ts';

export type Resolution = 'minute' | 'hour';

/** The minutes or hours [from, to), since the epoch, of 16 targets, or of the one with these low bits. */
export interface RollupRange {
  resolution: Resolution;
  block: number;
  onlyLow?: number | undefined;
  from: number;
  to: number;
}

export type VisitRow = (agent: number, bucket: number, data: Uint8Array) => void;
/** `first` is the minute or hour that `columns.at` counts from; the columns last until the next visit. */
export type VisitColumns = (agent: number, first: number, low: number, columns: RollupColumns) => void;

/** Rows that hold a minute or an hour each. */
export async function eachRollupRow(
  parts: ReadParts,
  { resolution, block, from, to }: RollupRange,
  slice: TimeSlice,
  visit: VisitRow,
): Promise<void> {
  if (resolution === 'hour') {
    await eachStoredHour(parts, 'block', block, from, to, slice, visit);
    return;
  }
  const { files, index } = parts;
  const first = Math.max(from, index.rollupFloorDay * MINUTES_A_DAY);
  for (const [day, start, end] of daysOf(first, to, files, 'rollup')) {
    const rows = files.use('rollup', day, (file) =>
      agentsOf(file).flatMap((agent) =>
        readBlockRows(file, agent, block, start, end).map((row) => ({ ...row, agent })),
      ),
    );
    for (const { minute, agent, data } of rows ?? []) {
      visit(agent, minute, data);
      if (slice.due()) await slice.pause();
    }
  }
}

/** The rows of a block's hours [from, to): its rollups where they are not closed, or its sketches. */
export async function eachStoredHour(
  { files, index }: ReadParts,
  table: 'block' | 'sketch',
  block: number,
  from: number,
  to: number,
  slice: TimeSlice,
  visit: VisitRow,
): Promise<void> {
  const first = Math.max(from, index.rollupFloorDay * 24);
  for (const month of files.periods('hours')) {
    if (month < monthOf(first * HOUR_MS) || month > monthOf(to * HOUR_MS)) continue;
    const sql = `select agent, hour, data from ${table} where block = ? and hour >= ? and hour < ?`;
    const rows = files.use(
      'hours',
      month,
      (file) =>
        file.read(sql).all(block, first, to) as unknown as {
          agent: number;
          hour: number;
          data: Uint8Array;
        }[],
    );
    for (const { agent, hour, data } of rows ?? []) {
      visit(agent, hour, data);
      if (slice.due()) await slice.pause();
    }
  }
}

/** What is closed. */
export async function eachClosedRollup(
  parts: ReadParts,
  { resolution, block, onlyLow, from, to }: RollupRange,
  slice: TimeSlice,
  visit: VisitColumns,
): Promise<void> {
  const { files, index, log } = parts;
  const visitSound = (decode: () => void, fields: Record<string, unknown>) => {
    try {
      decode();
    } catch (error) {
      log.error({ err: error, ...fields }, 'stored rollups of a closed day are damaged and left out');
    }
  };
  if (resolution === 'hour') {
    const read = createClosedRollupsReader(dayOfHours);
    const firstHour = Math.max(from, index.rollupFloorDay * 24);
    await eachHoursOfDay(files, { block, onlyLow }, firstHour, to, slice, (agent, day, targetId, data) => {
      const first = day * 24;
      visitSound(
        () =>
          read(data, 'all', undefined, (low, columns) => {
            keepRows(columns, firstHour - first, to - first);
            visit(agent, first, low, columns);
          }),
        { day, agent, targetId },
      );
    });
    return;
  }
  const read = createClosedRollupsReader(hourOfMinutes);
  const firstMinute = Math.max(from, index.rollupFloorDay * MINUTES_A_DAY);
  for (const [day, start, end] of daysOf(firstMinute, to, files, 'rollup')) {
    const rows = files.use('rollup', day, (file) =>
      agentsOf(file).flatMap((agent) => readClosedRows(file, agent, block, start, end)),
    );
    for (const { hour, agent, data } of rows ?? []) {
      const first = hour * MINUTES_AN_HOUR;
      visitSound(
        () =>
          read(data, 'all', onlyLow, (low, columns) => {
            keepRows(columns, start - first, end - first);
            visit(agent, first, low, columns);
          }),
        { hour: hourOf(first), agent, block },
      );
      if (slice.due()) await slice.pause();
    }
  }
}

/** Each once, as the newest has it; in no order. */
export async function eachStoredRollup(
  parts: ReadParts,
  range: RollupRange,
  slice: TimeSlice,
  visit: (agent: number, bucket: number, low: number, rollup: Rollup) => void,
): Promise<void> {
  const newer = new Set<number>();
  const placeOf = (agent: number, bucket: number) => agent * 2 ** 32 + bucket;
  await eachRollupRow(parts, range, slice, (agent, bucket, data) => {
    try {
      for (const [low, rollup] of decodeRollups(data, range.onlyLow)) visit(agent, bucket, low, rollup);
      newer.add(placeOf(agent, bucket));
    } catch (error) {
      parts.log.error({ err: error, agent, bucket }, 'a stored rollup is damaged and left out');
    }
  });
  await eachClosedRollup(parts, range, slice, (agent, first, low, columns) => {
    for (let i = 0; i < columns.count; i++) {
      const bucket = first + (columns.at[i] as number);
      if (!newer.has(placeOf(agent, bucket))) visit(agent, bucket, low, rollupAt(columns, i));
    }
  });
}
