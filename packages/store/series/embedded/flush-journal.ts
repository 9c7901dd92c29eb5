/**
 * Moves a closed journal into the day files. Each file takes its share in one transaction that also notes
 * the journal's number, so that doing it again after a crash changes nothing; late samples merge into the
 * block that is there, and its rollups are made anew. All of it is staged in short slices, committed in
 * one moment behind the read gate, and made durable before the journal's file goes.
 */
import type { Log } from '@maille/base/log';
import { rollUp } from '../rollup.ts';
import { addAgent, writeBlockRow } from './block-rows.ts';
import { hourOf, isClosed, readClosedMinute, readLateMinute } from './closed-rows.ts';
import type { Journal } from './journal.ts';
import { createBlockMerger, groupByMinute, type MinuteGroup } from './minute-groups.ts';
import { type StripMinutes, stripOf, stripRowAt } from './open-samples.ts';
import type { ReadGate } from './read-gate.ts';
import type { NewBlock, PackedMinute, RecentBlocks } from './recent-blocks.ts';
import { type BlockRollups, encodeRollups } from './rollup-block.ts';
import { type BlockSamples, eachTarget, encodeBlock } from './sample-block.ts';
import type { SeriesFile } from './series-file.ts';
import { isDamage, MINUTES_A_DAY, type SeriesFiles } from './series-files.ts';
import type { SeriesIndex } from './series-index.ts';
import { decodeStripRow, encodeStripRow, mergeStripRow } from './strip-row.ts';
import { createTimeSlice, type TimeSlice } from './time-slice.ts';

export interface FlushParts {
  files: SeriesFiles;
  index: SeriesIndex;
  recent: RecentBlocks;
  gate: ReadGate;
  log: Log;
  /** Days whose raw file lists hours to roll up. */
  staleDays: Set<number>;
  /** Told of each day that a journal brought samples of. */
  dayChanged(day: number): void;
}

interface StagedDay {
  day: number;
  raw: SeriesFile;
  rollup: SeriesFile;
  /** For the last hour in memory. */
  packed: PackedMinute[];
  /** The files may be closed to make room again. */
  release(): void;
}

const MAX_SET_ASIDES = 5;

/** When it returns, the day files hold the journal's samples for good. Throws what the disk throws. */
export async function flushJournal(parts: FlushParts, journal: Journal): Promise<void> {
  const { gate, index } = parts;
  const slice = createTimeSlice();
  const days = await groupByMinute(journal.records, slice);
  const staged = await stageAll(parts, journal, days, slice);
  try {
    await gate.change(() => {
      for (const one of staged) commitDay(parts, journal, one);
      journal.records = [];
    });
    index.lastJournal = Math.max(index.lastJournal, journal.id);
    if (parts.staleDays.size > 0) index.staleFromDay = Math.min(...parts.staleDays);
    index.save();
    for (const { raw, rollup } of staged) {
      await raw.settle();
      await rollup.settle();
    }
    await index.settle();
  } finally {
    undo(staged);
  }
}

/** Takes back what was not committed. */
function undo(staged: StagedDay[]): void {
  for (const { raw, rollup, release } of staged) {
    raw.rollback();
    rollup.rollback();
    release();
  }
}

async function stageAll(
  parts: FlushParts,
  journal: Journal,
  days: Map<number, MinuteGroup[]>,
  slice: TimeSlice,
): Promise<StagedDay[]> {
  for (let attempt = 0; ; attempt++) {
    const staged: StagedDay[] = [];
    try {
      for (const [day, groups] of days) {
        if (day < parts.index.rawFloorDay) continue;
        await stageDay(parts, journal, day, groups, staged, slice);
      }
      return staged;
    } catch (error) {
      const damaged = staged.find(
        ({ raw, rollup }) => isDamage(error) && (failedIn(raw) || failedIn(rollup)),
      );
      undo(staged);
      if (!damaged || attempt >= MAX_SET_ASIDES) throw error;
      const { raw, rollup } = damaged;
      parts.files.setAsideIfDamaged(failedIn(raw) ? raw : rollup, error);
    }
  }
}

/** Whether SQLite finds this file damaged: asked only once something did. */
export function failedIn(file: SeriesFile): boolean {
  try {
    const { quick_check: verdict } = file.write('pragma quick_check(1)').get() as { quick_check: string };
    return verdict !== 'ok';
  } catch (error) {
    return isDamage(error);
  }
}

async function stageDay(
  parts: FlushParts,
  journal: Journal,
  day: number,
  groups: MinuteGroup[],
  staged: StagedDay[],
  slice: TimeSlice,
): Promise<void> {
  const { files, log } = parts;
  const raw = files.open('raw', day, true) as SeriesFile;
  const releaseRaw = files.pin(raw);
  let rollup: SeriesFile;
  try {
    rollup = files.open('rollup', day, true) as SeriesFile;
  } catch (error) {
    releaseRaw();
    throw error;
  }
  const releaseRollup = files.pin(rollup);
  const release = () => {
    releaseRaw();
    releaseRollup();
  };
  const one: StagedDay = { day, raw, rollup, packed: [], release };
  staged.push(one);
  raw.begin();
  rollup.begin();
  const rawDone = journal.flushedDays.has(day) || isDone(raw, journal.id);
  const rollupDone = isDone(rollup, journal.id);

  const closed = isClosed(raw);
  const mergeLate = createBlockMerger();
  const mergeClosed = createBlockMerger();
  for (const { minute, agent, blocks } of groups) {
    const touch = 'insert or replace into changed_hour values (?, ?)';
    if (!rawDone) raw.write(touch).run(hourOf(minute), journal.id);
    rollup.write(touch).run(hourOf(minute), journal.id);
    addAgent(raw, agent);
    addAgent(rollup, agent);
    const written: NewBlock[] = [];
    for (const [block, added] of blocks) {
      const existing = readLateMinute(raw, minute, agent, block, log);
      const merged = mergeLate(existing, rawDone ? undefined : added);
      if (!rawDone) {
        const data = encodeBlock(merged);
        writeBlockRow(raw, minute, agent, block, data);
        written.push({ block, data });
        raw.write('insert or ignore into stale_hour values (?, ?, ?)').run(agent, block, hourOf(minute));
      }
      const before = closed ? readClosedMinute(raw, minute, agent, block, log) : undefined;
      const whole = before ? mergeClosed(before, merged) : merged;
      writeBlockRow(rollup, minute, agent, block, encodeRollups(rollupsOf(whole)));
      if (slice.due()) await slice.pause();
    }
    if (written.length > 0) one.packed.push(parts.recent.pack(minute, agent, written));
    if (slice.due()) await slice.pause();
  }
  if (!rollupDone) await writeStrips(parts, rollup, await stripsOfDay(parts, journal, day, slice), slice);
  for (const file of [raw, rollup]) {
    file.write('delete from journal_done where journal < ?').run(journal.id);
    file.write('insert or ignore into journal_done values (?)').run(journal.id);
  }
}

function commitDay(parts: FlushParts, journal: Journal, { day, raw, rollup, packed }: StagedDay): void {
  raw.commit();
  journal.flushedDays.add(day);
  for (const one of packed) if (one.minute >= parts.recent.completeFrom) parts.recent.put(one);
  parts.staleDays.add(day);
  parts.dayChanged(day);
  rollup.commit();
}

const isDone = (file: SeriesFile, journal: number): boolean =>
  file.write('select 1 from journal_done where journal = ?').get(journal) !== undefined;

export function rollupsOf(block: BlockSamples): BlockRollups {
  const rollups: BlockRollups = new Map();
  const scratch = new Float64Array(block.count);
  eachTarget(block, (low, from, to) => void rollups.set(low, rollUp(block, from, to, scratch)));
  return rollups;
}

async function stripsOfDay(
  { index }: FlushParts,
  journal: Journal,
  day: number,
  slice: TimeSlice,
): Promise<StripMinutes> {
  const minutes: StripMinutes = new Map();
  for (const record of journal.records) {
    for (const [minute, rows] of stripOf(record, index.prefixOf)) {
      if (Math.floor(minute / MINUTES_A_DAY) !== day) continue;
      for (const [prefix, row] of rows) mergeStripRow(stripRowAt(minutes, minute, prefix), row);
    }
    if (slice.due()) await slice.pause();
  }
  return minutes;
}

async function writeStrips(
  { log }: FlushParts,
  rollup: SeriesFile,
  minutes: StripMinutes,
  slice: TimeSlice,
): Promise<void> {
  const read = rollup.write('select data from strip where minute = ? and prefix = ?');
  const put = rollup.write('insert or replace into strip values (?, ?, ?)');
  for (const [minute, rows] of minutes) {
    for (const [prefix, row] of rows) {
      const data = read.get(minute, prefix)?.data as Uint8Array | undefined;
      try {
        if (data) mergeStripRow(row, decodeStripRow(data));
      } catch (error) {
        log.error({ err: error, minute, prefix }, 'a stored minute of a prefix is damaged and made anew');
      }
      put.run(minute, prefix, encodeStripRow(row));
      if (slice.due()) await slice.pause();
    }
  }
}
