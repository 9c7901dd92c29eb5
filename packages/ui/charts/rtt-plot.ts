/**
 * What uPlot draws of RTT: of one line "smoke" (min–max, p25–p75, p95 and the median), of several a median
 * and a thin p25–p75 each; lost echoes as marks along the bottom, as high as the loss.
 */
import uPlot from 'uplot';
import { formatColor, mixColors, parseColor } from '../theme/color.ts';
import type { Palette } from '../theme/tokens.ts';
import { type ChartColumns, chartColumns } from './chart-data.ts';
import type { ChartLine } from './chart-line.ts';

/** Where a line's figures lie among uPlot's series, for the words at the crosshair. */
export interface LinePlace {
  name: string;
  median: number;
  p25?: number;
  p75?: number;
  p95?: number;
  min?: number;
  max?: number;
}

export interface RttPlot {
  data: uPlot.AlignedData;
  series: uPlot.Series[];
  bands: uPlot.Band[];
  places: LinePlace[];
  columns: ChartColumns[];
}

export function lineColor(palette: Palette, index: number): string {
  return palette.series[index % palette.series.length] as string;
}

export const BEFORE_DASH = [6, 4];

const stroke = (color: string, width: number, before = false): uPlot.Series => ({
  stroke: color,
  width,
  spanGaps: false,
  points: { show: false },
  ...(before && { dash: BEFORE_DASH }),
});
const hidden: uPlot.Series = { width: 0, points: { show: false } };

/** A shade of a colour on the chart's ground: bands lie over each other without getting darker. */
function shade(palette: Palette, color: string, share: number): string {
  return formatColor(mixColors(parseColor(palette.surface), parseColor(color), share));
}

export function rttPlot(lines: readonly ChartLine[], palette: Palette, intervalSeconds: number): RttPlot {
  const columns = lines.map(({ series }) => chartColumns(series, intervalSeconds));
  const [only] = columns;
  if (lines.length === 0 || !only) return { data: [[]], series: [{}], bands: [], places: [], columns };
  if (lines.length === 1 && lines[0]?.series.resolution !== 'raw')
    return smoke(lines[0] as ChartLine, only, palette);

  const places: LinePlace[] = [];
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  const tables: uPlot.AlignedData[] = [];
  for (const [i, line] of lines.entries()) {
    const { times, rtt } = columns[i] as ChartColumns;
    const color = lines.length === 1 ? palette.accent : lineColor(palette, line.color);
    if (line.series.resolution === 'raw') {
      places.push({ name: line.name, median: series.length });
      series.push(stroke(color, 1.25, line.before));
      tables.push([times, rtt.p50Ns] as uPlot.AlignedData);
      continue;
    }
    const p25 = series.length;
    places.push({ name: line.name, p25, p75: p25 + 1, median: p25 + 2 });
    series.push(hidden, hidden, stroke(color, 1.75, line.before));
    // Bands of several lines lie over each other: see-through.
    const [r, g, b] = parseColor(color);
    bands.push({ series: [p25 + 1, p25], fill: `rgb(${r} ${g} ${b} / ${line.before ? 0.08 : 0.18})` });
    tables.push([times, rtt.p25Ns, rtt.p75Ns, rtt.p50Ns] as uPlot.AlignedData);
  }
  // Where lines were not measured at the same instant a hole would open: null (a hole) and undefined
  // (nothing here) are kept apart by the join.
  const data = uPlot.join(
    tables,
    tables.map((table) => table.map(() => 2 as const)),
  );
  return { data, series, bands, places, columns };
}

function smoke(line: ChartLine, only: ChartColumns, palette: Palette): RttPlot {
  const { times, rtt } = only;
  return {
    data: [times, rtt.minNs, rtt.maxNs, rtt.p25Ns, rtt.p75Ns, rtt.p95Ns, rtt.p50Ns],
    series: [
      {},
      hidden,
      hidden,
      hidden,
      hidden,
      { ...stroke(shade(palette, palette.accent, 0.75), 1), dash: [3, 3] },
      stroke(palette.accent, 1.75),
    ],
    bands: [
      { series: [2, 1], fill: shade(palette, palette.accent, 0.16) },
      { series: [4, 3], fill: shade(palette, palette.accent, 0.4) },
    ],
    places: [{ name: line.name, min: 1, max: 2, p25: 3, p75: 4, p95: 5, median: 6 }],
    columns: [only],
  };
}

/** Marks of loss at the bottom of the plot: height says how much, a mark is never thinner than 2 px. */
export function drawLossMarks(plot: uPlot, columns: readonly ChartColumns[], color: string): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  const most = Math.min(28 * ratio, bbox.height / 4);
  ctx.save();
  ctx.fillStyle = color;
  for (const { times, loss, stepSeconds } of columns) {
    for (let i = 0; i < times.length; i++) {
      const share = loss[i];
      if (!share) continue;
      const x = plot.valToPos(times[i] as number, 'x', true);
      if (x < bbox.left - 1 || x > bbox.left + bbox.width) continue;
      const width = Math.max(2 * ratio, plot.valToPos((times[i] as number) + stepSeconds, 'x', true) - x);
      const height = Math.max(4 * ratio, most * Math.sqrt(share));
      ctx.fillRect(x, bbox.top + bbox.height - height, width, height);
    }
  }
  ctx.restore();
}
