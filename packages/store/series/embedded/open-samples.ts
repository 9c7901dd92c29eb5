/** What is in journals only: appended, not yet in the day files. Scanned as it lies, batch by batch. */
import { MAX_OFFSET_US } from './batch-bounds.ts';
import type { Journal } from './journal.ts';
import type { JournalRecord } from './journal-record.ts';
import { MINUTE_US } from './minute-groups.ts';
import { MINUTES_A_DAY } from './series-files.ts';
import { addToStripRow, emptyStripRow, type StripRow } from './strip-row.ts';
import type { TimeSlice } from './time-slice.ts';

const DAY_US = MINUTES_A_DAY * MINUTE_US;

export type VisitOpen = (record: JournalRecord, i: number, sentUs: number) => void;

/** minute → prefix → row */
export type StripMinutes = Map<number, Map<string, StripRow>>;

export interface OpenSamples {
  /** Of every target, or of one. Times are microseconds since the epoch, [fromUs, toUs). */
  each(
    fromUs: number,
    toUs: number,
    targetId: number | undefined,
    visit: VisitOpen,
    slice: TimeSlice,
  ): Promise<void>;
  eachStrip(
    fromMinute: number,
    toMinute: number,
    visit: (minute: number, prefix: string, row: StripRow) => void,
    slice: TimeSlice,
  ): Promise<void>;
}

export function createOpenSamples(
  journals: () => Iterable<Journal>,
  prefixOf: (targetId: number) => string | undefined,
): OpenSamples {
  return {
    async each(fromUs, toUs, targetId, visit, slice) {
      for (const { records, flushedDays } of journals()) {
        // A copy: what is appended while this waits belongs to a later answer.
        for (const record of [...records]) {
          const { batch } = record;
          const baseUs = Math.round(batch.baseMs * 1_000);
          if (baseUs >= toUs || baseUs + MAX_OFFSET_US < fromUs) continue;
          for (let i = 0; i < batch.count; i++) {
            if (targetId !== undefined && batch.targetIds[i] !== targetId) continue;
            const sentUs = baseUs + (batch.offsetsUs[i] as number);
            if (sentUs < fromUs || sentUs >= toUs) continue;
            if (flushedDays.size > 0 && flushedDays.has(Math.floor(sentUs / DAY_US))) continue;
            visit(record, i, sentUs);
          }
          if (slice.due()) await slice.pause();
        }
      }
    },
    async eachStrip(fromMinute, toMinute, visit, slice) {
      for (const { records, flushedDays } of journals()) {
        for (const record of [...records]) {
          const baseMinute = Math.floor(record.batch.baseMs / 60_000);
          if (baseMinute >= toMinute || baseMinute + MAX_OFFSET_US / MINUTE_US + 1 < fromMinute) continue;
          for (const [minute, rows] of stripOf(record, prefixOf)) {
            if (minute < fromMinute || minute >= toMinute) continue;
            if (flushedDays.has(Math.floor(minute / MINUTES_A_DAY))) continue;
            for (const [prefix, row] of rows) visit(minute, prefix, row);
          }
          if (slice.due()) await slice.pause();
        }
      }
    },
  };
}

/** Worked out once a record: the strip of the last minutes is asked for again and again. */
const strips = new WeakMap<JournalRecord, StripMinutes>();

export function stripOf(
  record: JournalRecord,
  prefixOf: (targetId: number) => string | undefined,
): StripMinutes {
  const known = strips.get(record);
  if (known) return known;
  const minutes: StripMinutes = new Map();
  const { batch } = record;
  const baseUs = Math.round(batch.baseMs * 1_000);
  for (let i = 0; i < batch.count; i++) {
    const prefix = prefixOf(batch.targetIds[i] as number);
    if (prefix === undefined) continue;
    const minute = Math.floor((baseUs + (batch.offsetsUs[i] as number)) / MINUTE_US);
    const row = stripRowAt(minutes, minute, prefix);
    addToStripRow(row, batch.outcomes[i] as number, batch.codes[i] as number, batch.rtts10ns[i] as number);
  }
  strips.set(record, minutes);
  return minutes;
}

export function stripRowAt(minutes: StripMinutes, minute: number, prefix: string): StripRow {
  let rows = minutes.get(minute);
  if (!rows) {
    rows = new Map();
    minutes.set(minute, rows);
  }
  let row = rows.get(prefix);
  if (!row) {
    row = emptyStripRow();
    rows.set(prefix, row);
  }
  return row;
}
