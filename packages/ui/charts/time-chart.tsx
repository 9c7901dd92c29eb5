/**
 * One chart over the page's time, drawn by uPlot: RTT or loss. All charts of a page share one crosshair;
 * a drag chooses a window of time, a double click moves every view to a moment. What the crosshair meets
 * is written above the chart.
 */
import { ActionIcon, Tooltip } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { Icon } from '../icon/icon.tsx';
import type { Format } from '../language/format.ts';
import { useFormat, useText } from '../language/language.tsx';
import { usePalette, useTokens } from '../theme/maille-theme.tsx';
import type { Palette } from '../theme/tokens.ts';
import './charts.css';
import { lossBuckets } from './chart-data.ts';
import { ChartLegend } from './chart-legend.tsx';
import type { ChartLine } from './chart-line.ts';
import { type ChartMark, drawChanges, drawIncidents, drawMoment, marksAt, momentAt } from './chart-marks.ts';
import { chartText } from './chart-text.ts';
import { downloadCanvas } from './download.ts';
import { logRange, logSplits } from './log-splits.ts';
import { MarkButtons } from './mark-buttons.tsx';
import { BEFORE_DASH, drawLossMarks, lineColor, type RttPlot, rttPlot } from './rtt-plot.ts';
import { addTouch } from './touch-crosshair.ts';
import { wordsAt } from './words-at.ts';

export interface TimeChartProps {
  kind: 'rtt' | 'loss';
  /** What the file of an export is called. */
  name: string;
  lines: readonly ChartLine[];
  marks?: readonly ChartMark[];
  /** Where a replay stands. */
  momentMs?: number | undefined;
  fromMs: number;
  toMs: number;
  /** Time between two probes. */
  intervalMs: number;
  height: number;
  onSelect(fromMs: number, toMs: number): void;
  onStand(atMs: number): void;
}

const SYNC_KEY = 'maille';
const TIME_LABEL_PX = 80;

function timeAxis(palette: Palette, format: Format, font: string): uPlot.Axis {
  return {
    stroke: palette.dimmed,
    font,
    grid: { stroke: palette.border, width: 1 },
    ticks: { show: false },
    size: 26,
    gap: 6,
    // A time with its seconds, and room before the next.
    space: TIME_LABEL_PX,
    values: (_plot, splits, _axis, _space, step) =>
      splits.map((seconds) => {
        const ms = seconds * 1_000;
        const midnight = new Date(ms).getHours() === 0 && new Date(ms).getMinutes() === 0;
        if (step >= 86_400 || (midnight && step >= 3_600)) return format.day(ms);
        return step < 60 ? format.time(ms) : format.clock(ms);
      }),
  };
}

const noMarks: readonly ChartMark[] = [];

function plotOf({ kind, lines, intervalMs }: TimeChartProps, palette: Palette): RttPlot {
  if (kind === 'rtt') return rttPlot(lines, palette, intervalMs / 1_000);
  const buckets = lines.map(({ series }) => lossBuckets(series));
  const data =
    buckets.length === 0 ? ([[]] as uPlot.AlignedData) : uPlot.join(buckets.map((b) => [b.times, b.percent]));
  const single = buckets.length === 1;
  const bars = uPlot.paths.bars?.({ size: [0.9, 100], align: 1 });
  const series = lines.map((line): uPlot.Series => {
    const color = single ? palette.loss : lineColor(palette, line.color);
    return {
      stroke: color,
      width: single ? 0 : 1.25,
      points: { show: false },
      ...(line.before && { dash: BEFORE_DASH }),
      ...(single && { fill: color, ...(bars && { paths: bars }) }),
    };
  });
  return {
    data,
    series: [{}, ...series],
    bands: [],
    places: lines.map(({ name }, i) => ({ name, median: i + 1 })),
    columns: [],
  };
}

export function TimeChart(props: TimeChartProps) {
  const { kind, lines, marks = noMarks, momentMs, fromMs, toMs, intervalMs, height } = props;
  const text = useText(chartText);
  const format = useFormat();
  const palette = usePalette();
  const { fontFamily } = useTokens();
  const frame = useRef<HTMLDivElement>(null);
  const words = useRef<HTMLDivElement>(null);
  const made = useRef<uPlot | undefined>(undefined);
  const [shown, setShown] = useState<uPlot>();
  const latest = useRef(props);
  latest.current = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the rest of the props is not drawn
  const plot = useMemo(() => plotOf(latest.current, palette), [kind, lines, intervalMs, palette]);
  const drawn = useRef(plot);
  drawn.current = plot;
  const looks = lines.map(({ color, before }) => `${color}${before ? 'b' : ''}`).join(' ');
  const shape = `${kind} ${plot.series.length} ${plot.bands.length} ${looks}`;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` is when another chart is needed; data follow below
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const font = `11px ${fontFamily}`;
    const isRtt = kind === 'rtt';
    const options: uPlot.Options = {
      width: Math.max(120, element.clientWidth),
      height,
      padding: [8, 28, 0, 0],
      legend: { show: false },
      series: drawn.current.series,
      bands: drawn.current.bands,
      scales: {
        x: { time: true, range: () => [latest.current.fromMs / 1_000, latest.current.toMs / 1_000] },
        y: isRtt
          ? { distr: 3, range: (_plot, min, max) => logRange(min, max) }
          : { range: (_plot, _min, max) => [0, Math.min(100, Math.max(5, Math.ceil((max ?? 0) * 1.15)))] },
      },
      axes: [
        timeAxis(palette, format, font),
        {
          stroke: palette.dimmed,
          font,
          grid: { stroke: palette.border, width: 1 },
          ticks: { show: false },
          size: 58,
          gap: 4,
          ...(isRtt && {
            splits: (_plot: uPlot, _axis: number, min: number, max: number) =>
              logSplits(min, max, Math.floor(height / 28)),
            filter: (_plot: uPlot, splits: number[]) => splits,
          }),
          values: (_plot, splits) =>
            splits.map((value) => (isRtt ? format.rttShort(value * 1e6) : `${format.number(value, 1)} %`)),
        },
      ],
      cursor: {
        // The crosshair is shared; a drag is the chart's own.
        sync: {
          key: SYNC_KEY,
          setSeries: false,
          filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' },
        },
        drag: { x: true, y: false, setScale: false },
        points: { size: 6 },
        y: false,
      },
      hooks: {
        drawClear: [(u) => drawIncidents(u, latest.current.marks ?? noMarks, palette)],
        draw: [
          (u) => {
            if (isRtt) drawLossMarks(u, drawn.current.columns, palette.loss);
            drawChanges(u, latest.current.marks ?? noMarks, palette);
            if (latest.current.momentMs !== undefined) drawMoment(u, latest.current.momentMs, palette);
          },
        ],
        setCursor: [
          (u) => {
            if (!words.current) return;
            const said = wordsAt(u, latest.current, drawn.current, format, text);
            const left = u.cursor.left ?? -1;
            const met = left < 0 ? [] : marksAt(u, latest.current.marks ?? noMarks, left);
            words.current.textContent = [said, ...met.map((mark) => mark.words)].filter(Boolean).join(' · ');
          },
        ],
        setSelect: [
          (u) => {
            if (u.select.width < 4) return;
            const from = u.posToVal(u.select.left, 'x') * 1_000;
            const to = u.posToVal(u.select.left + u.select.width, 'x') * 1_000;
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            latest.current.onSelect(from, to);
          },
        ],
      },
    };
    const chart = new uPlot(options, drawn.current.data, element);
    made.current = chart;
    setShown(chart);
    const endTouch = addTouch(chart);
    const doubled = (event: MouseEvent) => {
      // On a mark the first click has said where.
      if (event.target !== chart.over) return;
      const left = event.clientX - chart.over.getBoundingClientRect().left;
      latest.current.onStand(momentAt(chart, latest.current.marks ?? noMarks, left));
    };
    chart.over.addEventListener('dblclick', doubled);
    const observer = new ResizeObserver(() =>
      chart.setSize({ width: Math.max(120, element.clientWidth), height }),
    );
    observer.observe(element);
    return () => {
      endTouch();
      observer.disconnect();
      chart.destroy();
      made.current = undefined;
    };
  }, [shape, height, palette, fontFamily, format, text]);

  useEffect(() => {
    made.current?.setData(plot.data);
  }, [plot]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn over the lines
  useEffect(() => {
    made.current?.redraw(false, false);
  }, [marks, momentMs]);
  useEffect(() => {
    made.current?.setScale('x', { min: fromMs / 1_000, max: toMs / 1_000 });
  }, [fromMs, toMs]);

  const title = text(kind);
  const inView = marks.filter((mark) => mark.fromMs <= toMs && (mark.toMs ?? toMs) >= fromMs);
  return (
    <figure
      className="maille-chart"
      aria-label={`${title}. ${text('keys')}${inView.length > 0 ? ` ${text('markHint')}` : ''}`}
    >
      <figcaption>
        <strong>{title}</strong>
        <ChartLegend lines={lines} marks={inView} />
        <div ref={words} className="maille-chart-words" />
        <Tooltip label={text('exportPng')}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`${text('exportPng')}: ${title}`}
            onClick={() => {
              const chart = made.current;
              if (chart) downloadCanvas(chart.ctx.canvas, palette.surface, `${props.name}-${kind}.png`);
            }}
          >
            <Icon name="download" />
          </ActionIcon>
        </Tooltip>
      </figcaption>
      <div ref={frame} style={{ height }} />
      {shown && (
        <MarkButtons chart={shown} marks={inView} fromMs={fromMs} toMs={toMs} onStand={props.onStand} />
      )}
    </figure>
  );
}
