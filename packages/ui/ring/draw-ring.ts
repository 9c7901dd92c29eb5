/** The large ring as vectors on a 2D canvas; small ones are painted as pixels (grid/cell-painter.ts). */
import { DEVIATION_STEPS } from '../samples/deviation.ts';
import { isLost, LEVEL_NONE, LEVEL_NOT_SENT, shareOfLevel, shareOfRtt } from '../samples/sample-level.ts';
import { colorRamp, formatColor, type Rgb } from '../theme/color.ts';
import type { Palette } from '../theme/tokens.ts';
import {
  fadeOfAge,
  INNER,
  OUTER,
  RIM,
  TICKS,
  tickLength,
  tickLengthOfLevel,
  tickStart,
} from './ring-geometry.ts';

export interface RingInk {
  palette: Palette;
  /** Colour of a level without fading. */
  ofLevel: readonly string[];
  /** Of a step of deviation, from 1 on. */
  ofDeviation: readonly string[];
}

export function createRingInk(palette: Palette): RingInk {
  const ramp = colorRamp(palette.rttTickRamp, 64);
  const ofLevel = Array.from({ length: 256 }, (_, level) =>
    isLost(level) ? palette.loss : formatColor(ramp[Math.round((shareOfLevel[level] as number) * 63)] as Rgb),
  );
  const deviations = colorRamp(palette.deviationTickRamp, DEVIATION_STEPS).map((color) => formatColor(color));
  return { palette, ofLevel, ofDeviation: [palette.empty, ...deviations] };
}

export interface RingState {
  /** Levels by second of the minute. */
  minute: Uint8Array;
  /** Steps of deviation of the same seconds; 0: coloured by level. */
  steps: Uint8Array;
  /** The newest second, of the epoch. */
  nowSecond: number;
  /** Seconds of the epoch with fraction, where the hand points; undefined: no hand (the past). */
  handAt: number | undefined;
  /** A tick under the pointer. */
  marked: number | undefined;
}

/** Context in CSS pixels, origin at the ring's corner. */
export function drawRing(
  context: CanvasRenderingContext2D,
  size: number,
  state: RingState,
  ink: RingInk,
): void {
  const { palette } = ink;
  const centre = size / 2;
  const radius = centre - Math.max(1, size / 60);
  const full = size >= 96;
  context.clearRect(0, 0, size, size);
  context.lineCap = 'butt';

  const circle = (share: number, color: string, width: number) => {
    context.beginPath();
    context.arc(centre, centre, radius * share, 0, 2 * Math.PI);
    context.strokeStyle = color;
    context.lineWidth = width;
    context.stroke();
  };
  circle(INNER - 0.02, palette.border, Math.max(1, size / 160));
  if (full) {
    // One circle a decade: 1, 10 and 100 ms.
    context.globalAlpha = 0.6;
    for (const ns of [1e6, 1e7, 1e8])
      circle(INNER + (OUTER - INNER) * tickLength(shareOfRtt(ns)), palette.border, 0.75);
    context.globalAlpha = 1;
  }
  circle((RIM + 1) / 2, palette.border, full ? 0.75 : 0.5);

  const now = state.nowSecond % TICKS;
  const middle = radius * (INNER + OUTER) * 0.5;
  const tickWidth = ((2 * Math.PI * middle) / TICKS) * 0.5;
  for (let second = 0; second < TICKS; second++) {
    const level = state.minute[second] as number;
    if (level === LEVEL_NONE) continue;
    const age = (now - second + TICKS) % TICKS;
    const angle = tickStart(second) + Math.PI / TICKS;
    const dx = Math.sin(angle);
    const dy = -Math.cos(angle);
    context.globalAlpha = fadeOfAge(age);
    const step = state.steps[second] as number;
    context.strokeStyle = (step > 0 ? ink.ofDeviation[step] : ink.ofLevel[level]) as string;
    if (isLost(level)) {
      context.beginPath();
      const half = (Math.PI / TICKS) * 0.8;
      context.arc(
        centre,
        centre,
        radius * ((RIM + 1) / 2),
        angle - half - Math.PI / 2,
        angle + half - Math.PI / 2,
      );
      context.lineWidth = radius * (1 - RIM) + (full ? 1 : 0.5);
      context.stroke();
    } else if (level === LEVEL_NOT_SENT) {
      context.beginPath();
      context.arc(
        centre + dx * radius * INNER,
        centre + dy * radius * INNER,
        tickWidth * 0.4,
        0,
        2 * Math.PI,
      );
      context.strokeStyle = palette.empty;
      context.lineWidth = 1;
      context.stroke();
    } else {
      const to = INNER + (OUTER - INNER) * (tickLengthOfLevel[level] as number);
      context.beginPath();
      context.lineWidth = state.marked === second ? tickWidth * 1.7 : tickWidth;
      context.moveTo(centre + dx * radius * INNER, centre + dy * radius * INNER);
      context.lineTo(centre + dx * radius * to, centre + dy * radius * to);
      context.stroke();
    }
  }
  context.globalAlpha = 1;
  if (state.handAt !== undefined && size >= 28)
    drawHand(context, centre, radius, state.handAt, palette, full);
}

function drawHand(
  context: CanvasRenderingContext2D,
  centre: number,
  radius: number,
  handAt: number,
  palette: Palette,
  full: boolean,
) {
  const angle = tickStart(handAt % TICKS);
  const dx = Math.sin(angle);
  const dy = -Math.cos(angle);
  context.strokeStyle = palette.text;
  context.lineWidth = full ? 1.5 : 1;
  context.lineCap = 'round';
  context.beginPath();
  context.moveTo(centre + dx * radius * (INNER - 0.02), centre + dy * radius * (INNER - 0.02));
  context.lineTo(centre + dx * radius, centre + dy * radius);
  context.stroke();
  context.fillStyle = palette.text;
  context.beginPath();
  context.arc(centre + dx * radius * 0.97, centre + dy * radius * 0.97, full ? 2.5 : 1.2, 0, 2 * Math.PI);
  context.fill();
}
