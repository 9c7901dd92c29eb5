/**
 * The embedded series engine; docs/decisions/0003-embedded-series.md tells why it is as it is.
 * A batch is appended to a journal (one write), acknowledged, and within a minute or so moved into day
 * files by slices that never hold the thread. Reads answer over both, each sample from exactly one place.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import type { SampleBatch } from '@maille/wire/link/samples';
import type { AppendSource, SeriesStore } from '../series-store.ts';
import { withinTimes } from './batch-bounds.ts';
import { type ClosingTimes, createDayClosing } from './close-days.ts';
import { copySeries } from './copy-series.ts';
import { type FlushParts, flushJournal } from './flush-journal.ts';
import { lockFolder } from './folder-lock.ts';
import { rollUpHours } from './hour-rollups.ts';
import { createJournal, daysOfJournal, type Journal, type JournalWriter, readJournals } from './journal.ts';
import { readMinutes } from './minute-reads.ts';
import { createOpenSamples } from './open-samples.ts';
import { createReadGate } from './read-gate.ts';
import { readStatistics } from './read-statistics.ts';
import { readStatisticsByAgent } from './read-statistics-by-agent.ts';
import { createRecentBlocks } from './recent-blocks.ts';
import { loadRecent } from './recent-loading.ts';
import { createSeriesFiles, DAY_MS, HOUR_MS, MINUTE_MS, monthStartMs } from './series-files.ts';
import { openSeriesIndex } from './series-index.ts';
import { readTargetRollup } from './target-rollups.ts';
import { type ReadParts, readTargetRaw } from './target-samples.ts';
import { readStrip, readWindow } from './window-reads.ts';

export interface EmbeddedSeriesOptions {
  folder: string;
  clock: Clock;
  log: Log;
  /** Bound of the last hour in memory. */
  maxRecentBytes?: number;
  closing?: ClosingTimes;
}

const MAX_JOURNAL_BYTES = 32 * 1024 * 1024;
/** Journals that wait for the day files; beyond this, agents keep their samples. */
const MAX_WAITING_BYTES = 512 * 1024 * 1024;
const ROTATE_AFTER_MINUTE_MS = 3_000; // most of a minute's samples are in one journal then
const RETRY_MS = 10_000;
const RECENT_MINUTES = 61;
/** An hour of ten thousand targets on quiet paths; where noise makes it more, the oldest minutes are on disk alone. */
const MAX_RECENT_BYTES = 100_000_000;
const HOUR_GRACE_MS = 120_000;
const CLOSING: ClosingTimes = { afterMs: 2 * HOUR_MS, quietMs: 10 * MINUTE_MS };
const MAX_AHEAD_MS = DAY_MS;
const MAX_AGE_MS = 3_650 * DAY_MS;

export async function openEmbeddedSeries(options: EmbeddedSeriesOptions): Promise<SeriesStore> {
  const { folder, clock, log, maxRecentBytes = MAX_RECENT_BYTES, closing = CLOSING } = options;
  const journalFolder = join(folder, 'journal');
  mkdirSync(journalFolder, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(folder);
  try {
    return await openLocked();
  } catch (error) {
    unlock();
    throw error;
  }

  async function openLocked(): Promise<SeriesStore> {
    const files = createSeriesFiles(folder, clock, log);
    const index = openSeriesIndex(join(folder, 'index.sqlite'), log);
    const recent = createRecentBlocks(maxRecentBytes);
    const gate = createReadGate();
    const staleDays = new Set(files.periods('raw').filter((day) => day >= index.staleFromDay));
    const parts: FlushParts = {
      files,
      index,
      recent,
      gate,
      log,
      staleDays,
      dayChanged: (day) => closings.changed(day),
    };
    const closings = createDayClosing(parts, clock, closing);

    const waiting: Journal[] = readJournals(journalFolder, log);
    for (const journal of waiting) {
      for (const { source } of journal.records) index.add(source);
      for (const day of daysOfJournal(journal)) {
        const sql = 'select 1 from journal_done where journal = ?';
        if (files.use('raw', day, (file) => file.read(sql).get(journal.id))) journal.flushedDays.add(day);
      }
    }
    let lastJournal = Math.max(index.lastJournal, waiting.at(-1)?.id ?? 0);
    let current: JournalWriter | undefined;
    let currentMinute = 0;
    let stopped = false;
    let flushing = false;
    let leftOut = 0;
    let retryAtMs = Number.NEGATIVE_INFINITY;

    const allJournals = () => (current ? [...waiting, current] : waiting);
    const open = createOpenSamples(allJournals, index.prefixOf);
    const reading: ReadParts = { files, index, recent, open, staleDays, log };

    // Writers of the day files, one after the other.
    let lastWriter: Promise<unknown> = Promise.resolve();
    const asWriter = <T>(fn: () => Promise<T>): Promise<T> => {
      const turn = lastWriter.then(fn);
      lastWriter = turn.catch(() => {});
      return turn;
    };

    const minuteOf = () => Math.floor((clock.wallMs() - ROTATE_AFTER_MINUTE_MS) / MINUTE_MS);
    const rotate = () => {
      if (!current || current.records.length === 0) return;
      const journal = current;
      current = undefined;
      waiting.push(journal);
      void journal
        .sync()
        .catch((error) => log.warn({ err: error }, 'a journal could not be synced'))
        .finally(() => journal.close());
    };

    const flushWaiting = () =>
      asWriter(async () => {
        while (waiting[0]) {
          const journal = waiting[0];
          await flushJournal(parts, journal);
          waiting.shift();
          rmSync(journal.file, { force: true });
        }
      });
    const flushLater = () => {
      if (stopped || flushing || clock.monoMs() < retryAtMs) return;
      flushing = true;
      flushWaiting()
        .then(() => asWriter(() => rollUpHours(parts, clock.wallMs() - HOUR_GRACE_MS)))
        .then(() => asWriter(() => closings.work()))
        .catch((error) => {
          retryAtMs = clock.monoMs() + RETRY_MS;
          log.error({ err: error }, 'samples wait in their journals: the day files cannot be written');
        })
        .finally(() => {
          flushing = false;
        });
    };

    const tick = () => {
      void current?.sync().catch((error) => log.warn({ err: error }, 'a journal could not be synced'));
      if (minuteOf() !== currentMinute) {
        currentMinute = minuteOf();
        rotate();
        recent.evictBefore(Math.floor(clock.wallMs() / MINUTE_MS) - RECENT_MINUTES);
        if (leftOut > 0) {
          log.warn({ samples: leftOut }, 'left out samples whose send time cannot be, or is past retention');
          leftOut = 0;
        }
      }
      if (waiting.length > 0 || staleDays.size > 0 || closings.due()) flushLater();
    };

    const writableJournal = (): JournalWriter => {
      if (current && (current.broken || current.bytes >= MAX_JOURNAL_BYTES)) {
        rotate();
        current = undefined;
        flushLater();
      }
      let waitingBytes = 0;
      for (const { bytes } of waiting) waitingBytes += bytes;
      if (waitingBytes > MAX_WAITING_BYTES) {
        throw new Problem('unavailable', 'samples cannot be moved to the day files as fast as they come', {
          remedy: 'Look at the log and at the data folder’s disk.',
          retryAfterSeconds: 10,
        });
      }
      current ??= createJournal(journalFolder, ++lastJournal);
      return current;
    };

    const believable = (batch: SampleBatch): SampleBatch => {
      const nowMs = clock.wallMs();
      const oldestMs = Math.max(nowMs - MAX_AGE_MS, index.rawFloorDay * DAY_MS);
      const kept = withinTimes(batch, oldestMs, nowMs + MAX_AHEAD_MS);
      leftOut += batch.count - kept.count;
      return kept;
    };

    const cancelTick = clock.every(1_000, tick);
    const loading = loadRecent(parts, clock, RECENT_MINUTES, maxRecentBytes, () => stopped);

    return {
      append(source: AppendSource, batch: SampleBatch) {
        if (stopped) throw new Problem('unavailable', 'the series store is stopping');
        if (index.has(source)) return 'duplicate';
        writableJournal().append(source, believable(batch));
        index.add(source);
        return 'stored';
      },
      appended: (agentNumber, epoch) => index.ranges(agentNumber, epoch),
      placeTargets: (targets) => index.place(targets),
      readRaw: (targetId, fromMs, toMs, agentNumber) =>
        gate.read(() => readTargetRaw(reading, targetId, fromMs, toMs, agentNumber)),
      readRollup: (targetId, resolution, fromMs, toMs, agentNumber) =>
        gate.read(() => readTargetRollup(reading, targetId, resolution, fromMs, toMs, agentNumber)),
      readStatistics: (targetIds, fromMs, toMs, agentNumber) =>
        gate.read(() => readStatistics(reading, targetIds, fromMs, toMs, agentNumber)),
      readStatisticsByAgent: (targetIds, fromMs, toMs) =>
        gate.read(() => readStatisticsByAgent(reading, targetIds, fromMs, toMs)),
      readWindow: (fromMs, toMs) => gate.read(() => readWindow(reading, fromMs, toMs)),
      readStrip: (fromMs, toMs) => gate.read(() => readStrip(reading, fromMs, toMs)),
      readMinutes: (fromMs, toMs, targetIds) =>
        gate.read(() => readMinutes(reading, fromMs, toMs, targetIds)),
      retain: (rawDays, rollupDays) =>
        asWriter(async () => {
          const today = Math.floor(clock.wallMs() / DAY_MS);
          const rawFloor = Math.max(index.rawFloorDay, today - rawDays);
          const rollupFloor = Math.max(index.rollupFloorDay, Math.min(rawFloor, today - rollupDays));
          // Hours of the days that go are made while there are samples to make them of.
          if (files.periods('raw').some((day) => day < rawFloor && staleDays.has(day)))
            while (await rollUpHours(parts, rawFloor * DAY_MS));
          await gate.change(() => {
            index.rawFloorDay = rawFloor;
            index.rollupFloorDay = rollupFloor;
            index.save();
            for (const day of files.periods('raw')) {
              if (day >= rawFloor) continue;
              files.drop('raw', day);
              files.drop('closing', day);
              staleDays.delete(day);
            }
            for (const day of files.periods('rollup')) {
              if (day >= rollupFloor) continue;
              files.drop('rollup', day);
              files.drop('closing-rollup', day);
            }
            for (const month of files.periods('hours')) {
              if (monthStartMs(month + 1) <= rollupFloor * DAY_MS) files.drop('hours', month);
            }
            recent.evictBefore(rawFloor * (DAY_MS / MINUTE_MS));
          });
        }),
      copyTo: (target) =>
        asWriter(() => {
          rotate();
          return copySeries(folder, target, [...waiting]);
        }),
      async stop() {
        if (stopped) return;
        stopped = true;
        cancelTick();
        await loading;
        rotate();
        try {
          await flushWaiting();
          await asWriter(async () => {
            // So that the next start need not look into every day for hours that wait.
            index.staleFromDay = Math.min(...staleDays, (files.periods('raw').at(-1) ?? -1) + 1);
            index.save();
          });
        } catch (error) {
          log.error({ err: error }, 'samples stay in their journals until the next start');
        }
        await lastWriter;
        files.close();
        index.close();
        unlock();
      },
    };
  }
}
