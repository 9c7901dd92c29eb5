/** What a chart compares: one agent's view of a target, now or as it was some time before. */
import type { Series } from '@maille/wire/rest/targets';

export interface ChartLine {
  series: Series;
  /** Whose it is, and from when where that is not the chart's own time. */
  name: string;
  /** Which colour: the same for one agent now and before. */
  color: number;
  /** From before: its times have been moved here, and it is drawn dashed. */
  before: boolean;
}

/** A series from before, with its times moved by `byMs`, so that it lies under the present one. */
export function movedSeries(series: Series, byMs: number): Series {
  const moved = (times: readonly number[]) => times.map((ms) => ms + byMs);
  return {
    ...series,
    fromMs: series.fromMs + byMs,
    toMs: series.toMs + byMs,
    ...(series.raw && { raw: { ...series.raw, sentAtMs: moved(series.raw.sentAtMs) } }),
    ...(series.rollup && { rollup: { ...series.rollup, startMs: moved(series.rollup.startMs) } }),
  };
}
