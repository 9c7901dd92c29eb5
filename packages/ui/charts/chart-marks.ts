/** Changes on a chart: incidents and whatever else has a time. A bar along the top from when until when. */
import uPlot from 'uplot';
import type { Palette } from '../theme/tokens.ts';

export interface ChartMark {
  fromMs: number;
  /** Null: it has not ended. */
  toMs: number | null;
  severity: 'severe' | 'notable';
  words: string;
}

/** As near as this to where a mark begins counts as on it. */
const NEAR_PX = 6;

export function drawMarks(plot: uPlot, marks: readonly ChartMark[], palette: Palette): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  const right = bbox.left + bbox.width;
  ctx.save();
  for (const { fromMs, toMs, severity } of marks) {
    const from = plot.valToPos(fromMs / 1_000, 'x', true);
    const to = toMs === null ? right : plot.valToPos(toMs / 1_000, 'x', true);
    if (to < bbox.left || from > right) continue;
    const left = Math.max(bbox.left, from);
    const width = Math.max(2 * ratio, Math.min(right, to) - left);
    ctx.fillStyle = severity === 'severe' ? palette.severe : palette.notable;
    ctx.globalAlpha = 0.09;
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.globalAlpha = 1;
    // A severe one is thicker: not by its colour alone.
    ctx.fillRect(left, bbox.top, width, (severity === 'severe' ? 5 : 3) * ratio);
    if (from >= bbox.left) ctx.fillRect(from, bbox.top, ratio, bbox.height);
  }
  ctx.restore();
}

/** Where a replay stands. */
export function drawMoment(plot: uPlot, atMs: number, palette: Palette): void {
  const { ctx, bbox } = plot;
  const x = plot.valToPos(atMs / 1_000, 'x', true);
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.save();
  ctx.fillStyle = palette.text;
  ctx.fillRect(x - uPlot.pxRatio / 2, bbox.top, uPlot.pxRatio * 1.5, bbox.height);
  ctx.restore();
}

/** The marks that a place of the chart lies on, CSS pixels from its left. */
export function marksAt(plot: uPlot, marks: readonly ChartMark[], leftPx: number): ChartMark[] {
  return marks.filter(({ fromMs, toMs }) => {
    const from = plot.valToPos(fromMs / 1_000, 'x');
    const to = toMs === null ? plot.over.clientWidth : plot.valToPos(toMs / 1_000, 'x');
    return leftPx >= from - NEAR_PX && leftPx <= Math.max(to, from + NEAR_PX);
  });
}

/** The moment of a double click: where a change began, if it is near, else the place itself. */
export function momentAt(plot: uPlot, marks: readonly ChartMark[], leftPx: number): number {
  const near = marks.find(({ fromMs }) => Math.abs(plot.valToPos(fromMs / 1_000, 'x') - leftPx) <= NEAR_PX);
  return near?.fromMs ?? plot.posToVal(leftPx, 'x') * 1_000;
}
