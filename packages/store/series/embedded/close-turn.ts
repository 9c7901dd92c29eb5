/** A turn of closing: once a second a tenth of one, so that a day is closed with a tenth of a core. */
import { createTimeSlice, type TimeSlice } from './time-slice.ts';

const TURN_MS = 100;

export interface Turn {
  slice: TimeSlice;
  over(): boolean;
}

export function createTurn(): Turn {
  const endMs = performance.now() + TURN_MS;
  return { slice: createTimeSlice(), over: () => performance.now() >= endMs };
}

/** A part of what is stored of a day. */
export interface DayPart {
  /** A turn's work; true once the part is closed. */
  close(day: number, turn: Turn): Promise<boolean>;
  /** Takes back what was begun and is not whole. */
  abandon(): void;
}
