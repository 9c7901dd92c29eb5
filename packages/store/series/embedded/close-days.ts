/**
 * Days that are over get their closed layout, a third of the bytes: first the samples, then their minutes
 * (close-day-file.ts), then the hours (close-hours.ts). What comes later still lies in minutes and hours
 * beside what is closed, and is merged into it when nothing more has come for a while.
 */
import type { Clock } from '@maille/base/clock';
import { createDayFileClosing } from './close-day-file.ts';
import { createHoursClosing } from './close-hours.ts';
import { closeMinutes } from './close-minutes.ts';
import { closeSamples } from './close-samples.ts';
import { createTurn } from './close-turn.ts';
import type { FlushParts } from './flush-journal.ts';
import { closingKindOf, DAY_MS } from './series-files.ts';

export interface ClosingTimes {
  /** After the day's end: what agents had in their spools has mostly come. */
  afterMs: number;
  /** Without a sample for the day. */
  quietMs: number;
}

export interface DayClosing {
  /** A journal brought samples of this day. */
  changed(day: number): void;
  /** Whether a turn would find something to do. */
  due(): boolean;
  /** One turn's work. Runs in the writers' queue. */
  work(): Promise<void>;
}

export function createDayClosing(parts: FlushParts, clock: Clock, times: ClosingTimes): DayClosing {
  const { files, log, index, staleDays } = parts;
  /** Days that are not known to be closed wholly, with the time of their last samples. */
  const pending = new Map<number, number>();
  const dayParts = [
    createDayFileClosing(parts, 'raw', closeSamples),
    createDayFileClosing(parts, 'rollup', closeMinutes),
    createHoursClosing(parts),
  ];
  let working: number | undefined;
  for (const kind of ['raw', 'rollup'] as const) {
    for (const day of files.periods(kind)) pending.set(day, clock.wallMs());
    for (const day of files.periods(closingKindOf[kind]))
      if (!files.periods(kind).includes(day)) files.drop(closingKindOf[kind], day);
  }

  const nextDay = (): number | undefined => {
    const now = clock.wallMs();
    let first: number | undefined;
    for (const [day, changedMs] of pending) {
      if (day < index.rollupFloorDay) pending.delete(day);
      else if (
        staleDays.has(day) ||
        now < (day + 1) * DAY_MS + times.afterMs ||
        now < changedMs + times.quietMs
      )
        continue;
      else if (first === undefined || day < first) first = day;
    }
    return first;
  };

  const abandon = () => {
    for (const part of dayParts) part.abandon();
    working = undefined;
  };

  return {
    changed(day) {
      pending.set(day, clock.wallMs());
    },
    due: () => nextDay() !== undefined,
    async work() {
      const day = nextDay();
      if (day === undefined) return;
      if (working !== day) abandon();
      working = day;
      const turn = createTurn();
      try {
        for (const part of dayParts) if (!(await part.close(day, turn))) return;
        pending.delete(day);
      } catch (error) {
        abandon();
        pending.set(day, clock.wallMs());
        log.error(
          { err: error, day: files.path('raw', day) },
          'a day could not be closed; it is tried again',
        );
      }
    },
  };
}
