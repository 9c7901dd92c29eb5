/**
 * Changes on a chart. An incident is a bar along the top from when until when; a change of the route, which
 * has no length, a dashed line with a diamond. What they begin with is a button too: mark-buttons.tsx.
 */
import uPlot from 'uplot';
import type { Palette } from '../theme/tokens.ts';

export interface ChartMark {
  /** An incident, by how bad it is, or another route. */
  look: 'severe' | 'notable' | 'route';
  fromMs: number;
  /** Null: it has not ended. A change ends where it begins. */
  toMs: number | null;
  words: string;
}

/** As near as this to where a mark begins counts as on it. */
const NEAR_PX = 6;
const DIAMOND_PX = 5;
/** Its middle, from the top of the plot. */
export const DIAMOND_TOP_PX = 8;

/** Incidents: under what is measured. */
export function drawIncidents(plot: uPlot, marks: readonly ChartMark[], palette: Palette): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  const right = bbox.left + bbox.width;
  ctx.save();
  for (const { fromMs, toMs, look } of marks) {
    if (look === 'route') continue;
    const from = plot.valToPos(fromMs / 1_000, 'x', true);
    const to = toMs === null ? right : plot.valToPos(toMs / 1_000, 'x', true);
    if (to < bbox.left || from > right) continue;
    const left = Math.max(bbox.left, from);
    const width = Math.max(2 * ratio, Math.min(right, to) - left);
    ctx.fillStyle = look === 'severe' ? palette.severe : palette.notable;
    ctx.globalAlpha = 0.09;
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.globalAlpha = 1;
    // A severe one is thicker: not by its colour alone.
    ctx.fillRect(left, bbox.top, width, (look === 'severe' ? 5 : 3) * ratio);
    if (from >= bbox.left) ctx.fillRect(from, bbox.top, ratio, bbox.height);
  }
  ctx.restore();
}

/** Over it: they are thin. */
export function drawChanges(plot: uPlot, marks: readonly ChartMark[], palette: Palette): void {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const { fromMs, look } of marks) {
    if (look !== 'route') continue;
    const x = plot.valToPos(fromMs / 1_000, 'x', true);
    if (x >= bbox.left && x <= bbox.left + bbox.width) drawChange(plot, x, palette);
  }
  ctx.restore();
}

function drawChange({ ctx, bbox }: uPlot, x: number, palette: Palette): void {
  const ratio = uPlot.pxRatio;
  const [size, top] = [DIAMOND_PX * ratio, bbox.top + DIAMOND_TOP_PX * ratio];
  ctx.strokeStyle = palette.text;
  ctx.fillStyle = palette.text;
  ctx.lineWidth = ratio;
  ctx.setLineDash([2 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.moveTo(x, top - size);
  ctx.lineTo(x + size, top);
  ctx.lineTo(x, top + size);
  ctx.lineTo(x - size, top);
  ctx.fill();
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
