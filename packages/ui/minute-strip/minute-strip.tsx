/**
 * The last hours of every prefix, or of every address of one, at a glance; a drag over them chooses the time
 * that the page shows, a double click moves every view to a minute.
 */
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useFormat, useText } from '../language/language.tsx';
import { DEVIATION_STEPS, stepOfDeviation } from '../samples/deviation.ts';
import { shareOfRtt } from '../samples/sample-level.ts';
import { colorRamp, formatColor, type Rgb } from '../theme/color.ts';
import { usePalette, useTokens } from '../theme/maille-theme.tsx';
import './minute-strip.css';
import {
  lossOf,
  MINUTE_MS,
  rowHeight,
  type StripData,
  type StripLayout,
  type StripRow,
  timeOfX,
  windowOfDrag,
  xOfTime,
} from './strip-layout.ts';
import { stripText } from './strip-text.ts';

export interface MinuteStripProps {
  data: StripData;
  fromMs: number;
  toMs: number;
  /** What the page shows now, outlined. */
  shown?: { fromMs: number; toMs: number } | undefined;
  /** What a row is. */
  of: 'prefix' | 'address';
  onSelect(fromMs: number, toMs: number): void;
  onStand(atMs: number): void;
  onOpen(key: string): void;
}

const LABEL_PX = 124;
const NARROW_LABEL_PX = 84;
const AXIS_PX = 18;

export function MinuteStrip(props: MinuteStripProps) {
  const { data, fromMs, toMs, shown, onSelect, onStand, onOpen } = props;
  const text = useText(stripText);
  const format = useFormat();
  const palette = usePalette();
  const { fontFamily } = useTokens();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [hover, setHover] = useState<{ x: number; y: number }>();
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const [cursor, setCursor] = useState<{ row: number; atMs: number; endMs: number }>();

  useEffect(() => {
    if (!box.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  const rows = data.rows.length;
  const rowPx = rowHeight(rows);
  const left = width < 600 ? NARROW_LABEL_PX : LABEL_PX;
  const height = AXIS_PX + rows * rowPx;
  const layout = useMemo<StripLayout>(
    () => ({ fromMs, toMs, left, width: Math.max(1, width - left), rowPx }),
    [fromMs, toMs, left, width, rowPx],
  );
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context || width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    element.width = Math.round(width * ratio);
    element.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    drawAxis(context, layout, palette.dimmed, palette.border, fontFamily, height, format.clock);
    const inked = (stops: readonly string[]) =>
      colorRamp(stops, DEVIATION_STEPS).map((color) => formatColor(color as Rgb));
    const ramp = inked(palette.rttRamp);
    const deviations = inked(palette.deviationRamp);
    const colorOf = (row: StripRow, column: number): string => {
      const deviation = row.deviation?.[column];
      if (typeof deviation === 'number') return deviations[stepOfDeviation(deviation) - 1] as string;
      return ramp[Math.round(shareOfRtt(row.p50Ns[column] ?? 1e5) * (DEVIATION_STEPS - 1))] as string;
    };
    // Names need room: of low rows, every second or third has one.
    const namedEvery = Math.ceil(11 / rowPx);
    data.rows.forEach((row, at) => {
      const y = AXIS_PX + at * rowPx;
      context.fillStyle = palette.dimmed;
      context.font = `${namedEvery > 1 ? 10 : Math.min(11, rowPx)}px ${fontFamily}`;
      context.textAlign = 'left';
      context.textBaseline = 'middle';
      if (at % namedEvery === 0) context.fillText(row.name, 0, y + rowPx / 2, left - 8);
      data.startMs.forEach((startMs, column) => {
        const loss = lossOf(row.sent[column], row.replies[column]);
        if (loss === undefined) return;
        const x = Math.round(xOfTime(layout, startMs));
        const w = Math.max(
          1,
          Math.round(xOfTime(layout, startMs + MINUTE_MS)) - x - (layout.width > 900 ? 0.5 : 0),
        );
        const h = rowPx - 1;
        context.fillStyle = colorOf(row, column);
        if (row.p50Ns[column] !== null) context.fillRect(x, y, w, h);
        // Loss grows from below: its height says how much, beside its colour.
        const lossPx = loss === 0 ? 0 : Math.max(h < 6 ? 1 : 2, Math.round(Math.sqrt(loss) * h));
        if (lossPx > 0) {
          context.fillStyle = palette.loss;
          context.fillRect(x, y + h - lossPx, w, lossPx);
        }
      });
    });
  }, [data, layout, width, height, rowPx, left, palette, fontFamily, format]);

  const at = (event: PointerEvent) => {
    const frame = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - frame.left, y: event.clientY - frame.top };
  };
  const rowAt = (y: number) => {
    const row = Math.floor((y - AXIS_PX) / rowPx);
    return row >= 0 && row < rows ? row : undefined;
  };

  function told(row: number, atMs: number): string {
    const one = data.rows[row];
    const column = data.startMs.indexOf(atMs);
    if (!one) return '';
    const sent = one.sent[column];
    const loss = lossOf(sent, one.replies[column]);
    const figures =
      loss === undefined
        ? text('noData')
        : `${format.rtt(one.p50Ns[column])} · ${text('loss', { loss: format.percent(loss), sent: sent ?? 0 })}`;
    return `${one.name} · ${format.clock(atMs)}\n${figures}`;
  }

  function pressed(event: KeyboardEvent) {
    const before = cursor ?? { row: 0, atMs: toMs - MINUTE_MS, endMs: toMs - MINUTE_MS };
    const bound = (ms: number) => Math.min(toMs - MINUTE_MS, Math.max(fromMs, ms));
    const step = event.key === 'ArrowLeft' ? -MINUTE_MS : event.key === 'ArrowRight' ? MINUTE_MS : 0;
    if (step !== 0) {
      const endMs = bound(before.endMs + step);
      setCursor({ ...before, endMs, atMs: event.shiftKey ? before.atMs : endMs });
    } else if (event.key === 'ArrowUp') setCursor({ ...before, row: Math.max(0, before.row - 1) });
    else if (event.key === 'ArrowDown') setCursor({ ...before, row: Math.min(rows - 1, before.row + 1) });
    else if (event.key === 'Enter')
      onSelect(Math.min(before.atMs, before.endMs), Math.max(before.atMs, before.endMs) + MINUTE_MS);
    else return;
    event.preventDefault();
  }

  const band = (from: number, to: number, kind: string) => {
    const x = xOfTime(layout, Math.max(fromMs, from));
    return (
      <div
        className="maille-strip-band"
        data-kind={kind}
        style={{ left: x, width: Math.max(2, xOfTime(layout, Math.min(toMs, to)) - x), top: AXIS_PX - 2 }}
      />
    );
  };
  const dragged = drag && windowOfDrag(layout, drag.from, drag.to);
  const hoverRow = hover && rowAt(hover.y);

  return (
    <div
      ref={box}
      className="maille-strip"
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows move the cursor within
      tabIndex={0}
      aria-label={`${text(props.of === 'prefix' ? 'title' : 'titleAddresses')}. ${text('keys')}`}
      style={{ height }}
      onKeyDown={pressed}
      onBlur={() => setCursor(undefined)}
      onPointerDown={(event) => {
        const { x } = at(event);
        if (event.button !== 0 || x < left) return;
        if (event.pointerType !== 'touch') event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: x, to: x });
      }}
      onPointerMove={(event) => {
        const place = at(event);
        setHover(place);
        setDrag((before) => before && { ...before, to: place.x });
      }}
      onPointerUp={(event) => {
        const { x, y } = at(event);
        const row = rowAt(y);
        if (drag) onSelect(dragged?.fromMs ?? 0, dragged?.toMs ?? 0);
        else if (x < left && row !== undefined) onOpen(data.rows[row]?.key ?? '');
        setDrag(undefined);
      }}
      onDoubleClick={(event) => {
        const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
        if (x >= left) onStand(timeOfX(layout, x));
      }}
      onPointerCancel={() => setDrag(undefined)}
      onPointerLeave={() => setHover(undefined)}
    >
      <canvas ref={canvas} style={{ width, height }} />
      {shown && shown.toMs > fromMs && shown.fromMs < toMs && band(shown.fromMs, shown.toMs, 'shown')}
      {dragged && band(dragged.fromMs, dragged.toMs, 'drag')}
      {cursor &&
        band(Math.min(cursor.atMs, cursor.endMs), Math.max(cursor.atMs, cursor.endMs) + MINUTE_MS, 'cursor')}
      {hover && hoverRow !== undefined && hover.x >= left && (
        <div className="maille-tip" style={{ left: Math.min(hover.x, width - 190), top: hover.y }}>
          {dragged
            ? `${format.clock(dragged.fromMs)} – ${format.clock(dragged.toMs)}`
            : told(hoverRow, timeOfX(layout, hover.x))}
        </div>
      )}
      <div className="maille-visually-hidden" aria-live="polite">
        {cursor && told(cursor.row, cursor.endMs)}
      </div>
    </div>
  );
}

function drawAxis(
  context: CanvasRenderingContext2D,
  layout: StripLayout,
  color: string,
  line: string,
  fontFamily: string,
  height: number,
  clock: (ms: number) => string,
) {
  const spanMs = layout.toMs - layout.fromMs;
  const steps = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440].map((minutes) => minutes * MINUTE_MS);
  const stepMs = steps.find((step) => (step / spanMs) * layout.width >= 70) ?? (steps.at(-1) as number);
  const zoneMs = new Date(layout.fromMs).getTimezoneOffset() * MINUTE_MS;
  context.font = `11px ${fontFamily}`;
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  for (
    let ms = Math.ceil((layout.fromMs - zoneMs) / stepMs) * stepMs + zoneMs;
    ms < layout.toMs;
    ms += stepMs
  ) {
    const x = Math.round(xOfTime(layout, ms)) + 0.5;
    context.strokeStyle = line;
    context.beginPath();
    context.moveTo(x, AXIS_PX - 4);
    context.lineTo(x, height);
    context.stroke();
    context.fillStyle = color;
    if (x > layout.left + 18 && x < layout.left + layout.width - 18) context.fillText(clock(ms), x, 11);
  }
}
