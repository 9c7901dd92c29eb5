/**
 * What uPlot draws of RTT: for one agent "smoke" (min–max, p25–p75 and the median), for several one median
 * each; lost echoes as marks along the bottom, as high as the loss.
 */
import type { Series } from '@maille/wire/rest/targets';
import uPlot from 'uplot';
import { formatColor, mixColors, parseColor } from '../theme/color.ts';
import type { Palette } from '../theme/tokens.ts';
import { type ChartColumns, chartColumns } from './chart-data.ts';

export interface RttPlot {
  data: uPlot.AlignedData;
  series: uPlot.Series[];
  bands: uPlot.Band[];
  columns: ChartColumns[];
  /** Which uPlot series belongs to which agent's columns, for the words at the crosshair. */
  agents: number[];
}

export function agentColor(palette: Palette, index: number): string {
  return palette.series[index % palette.series.length] as string;
}

const line = (color: string, width = 1.25): uPlot.Series => ({
  stroke: color,
  width,
  spanGaps: false,
  points: { show: false },
});

function shade(palette: Palette, share: number): string {
  return formatColor(mixColors(parseColor(palette.surface), parseColor(palette.accent), share));
}

export function rttPlot(all: readonly Series[], palette: Palette, intervalSeconds: number): RttPlot {
  const columns = all.map((series) => chartColumns(series, intervalSeconds));
  const agents = all.map((series) => series.agentNumber);
  const only = columns[0];
  if (columns.length === 1 && only && all[0]?.resolution !== 'raw') {
    const { times, rtt } = only;
    const hidden: uPlot.Series = { width: 0, points: { show: false } };
    return {
      data: [times, rtt.minNs, rtt.maxNs, rtt.p25Ns, rtt.p75Ns, rtt.p95Ns, rtt.p50Ns],
      series: [
        {},
        hidden,
        hidden,
        hidden,
        hidden,
        { ...line(shade(palette, 0.75), 1), dash: [3, 3] },
        line(palette.accent, 1.75),
      ],
      bands: [
        { series: [2, 1], fill: shade(palette, 0.16) },
        { series: [4, 3], fill: shade(palette, 0.4) },
      ],
      columns,
      agents,
    };
  }
  if (columns.length === 0) return { data: [[]], series: [{}], bands: [], columns, agents };
  // Where agents were not measured at the same instant a hole would open: null (a hole) and undefined
  // (nothing here) are kept apart by the join.
  const data = uPlot.join(
    columns.map(({ times, rtt }) => [times, rtt.p50Ns] as uPlot.AlignedData),
    columns.map(() => [1, 2]),
  );
  return {
    data,
    series: [
      {},
      ...columns.map((_, i) => line(columns.length === 1 ? palette.accent : agentColor(palette, i))),
    ],
    bands: [],
    columns,
    agents,
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
