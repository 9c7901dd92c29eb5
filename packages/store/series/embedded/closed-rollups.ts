/**
 * Rows of rollups as closed days keep them: an hour's minutes of 16 targets, like the samples of the same
 * hour; a day's hours of one target, so that a year of them is 365 short rows that lie next to each other.
 * Minutes are rounded as the samples beside them are; hours are few, and stay exact.
 * The outside is that of target-sections.ts, a section is that of rollup-columns.ts.
 */
import {
  createRollupColumnsReader,
  type RollupColumns,
  type RollupRow,
  type RttScale,
  writeRollupColumns,
} from './rollup-columns.ts';
import { createSectionsWriter, openSections } from './target-sections.ts';

export interface RollupPeriod {
  rows: number;
  scale: RttScale;
  what: string;
}

export const hourOfMinutes: RollupPeriod = { rows: 60, scale: 'steps', what: 'a stored hour of minutes' };
export const dayOfHours: RollupPeriod = { rows: 24, scale: 'units', what: 'a stored day of hours' };

const VERSION = 1;

/** By the low bits of the target's id; rows ascending. */
export function encodeClosedRollups(
  { rows: period, scale }: RollupPeriod,
  targets: ReadonlyMap<number, RollupRow[]>,
): Uint8Array {
  const sections = createSectionsWriter(VERSION, 512 * targets.size);
  for (const [low, rows] of [...targets].sort(([a], [b]) => a - b))
    sections.add(low, rows.length, (writer) => writeRollupColumns(writer, rows, period, scale));
  return sections.finish();
}

/** The columns last until the next visit. */
export type VisitRollups = (low: number, columns: RollupColumns) => void;

/** All targets of a row, or the one with these low bits. Throws a Problem when the row is damaged. */
export type ReadClosedRollups = (
  bytes: Uint8Array,
  part: 'all' | 'medians',
  onlyLow: number | undefined,
  visit: VisitRollups,
) => void;

export function createClosedRollupsReader({ rows, scale, what }: RollupPeriod): ReadClosedRollups {
  const reader = createRollupColumnsReader();
  return (bytes, part, onlyLow, visit) => {
    for (const { low, at } of openSections(bytes, VERSION, what, onlyLow))
      visit(low, reader.read(bytes, at, rows, scale, part));
  };
}
