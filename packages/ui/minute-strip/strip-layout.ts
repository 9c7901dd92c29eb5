/** The minute strip's places: one row a prefix or an address, one column a minute. */
export interface StripRow {
  key: string;
  name: string;
  sent: readonly number[];
  replies: readonly number[];
  p50Ns: readonly (number | null)[];
  /** From what is usual, where that is what colours tell; null: not known. */
  deviation?: readonly (number | null)[] | undefined;
}

export interface StripData {
  startMs: readonly number[];
  rows: readonly StripRow[];
}

/** Few rows are high enough for a name each, many as high as lets them be told apart. */
export function rowHeight(rows: number): number {
  if (rows > 64) return 5;
  return rows > 24 ? 9 : rows > 8 ? 12 : 16;
}

export interface StripLayout {
  fromMs: number;
  toMs: number;
  /** Where the minutes begin and end, CSS pixels. */
  left: number;
  width: number;
  rowPx: number;
}

export const MINUTE_MS = 60_000;

export function xOfTime(layout: StripLayout, ms: number): number {
  return layout.left + ((ms - layout.fromMs) / (layout.toMs - layout.fromMs)) * layout.width;
}

/** The minute under a place; the ends for places beside the strip. */
export function timeOfX(layout: StripLayout, x: number): number {
  const share = Math.min(1, Math.max(0, (x - layout.left) / layout.width));
  const ms = layout.fromMs + share * (layout.toMs - layout.fromMs);
  return Math.min(layout.toMs - MINUTE_MS, Math.floor(ms / MINUTE_MS) * MINUTE_MS);
}

/** Whole minutes that a drag covers, whichever way it went. */
export function windowOfDrag(
  layout: StripLayout,
  fromX: number,
  toX: number,
): { fromMs: number; toMs: number } {
  const a = timeOfX(layout, fromX);
  const b = timeOfX(layout, toX);
  return { fromMs: Math.min(a, b), toMs: Math.max(a, b) + MINUTE_MS };
}

/** Loss of a minute, 0 to 1; undefined: nothing was sent. */
export function lossOf(sent: number | undefined, replies: number | undefined): number | undefined {
  if (!sent) return undefined;
  return Math.min(1, Math.max(0, 1 - (replies ?? 0) / sent));
}
