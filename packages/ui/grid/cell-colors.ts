/**
 * Colours of cells and ticks as tables of packed pixels (little-endian RGBA), so that painting ten
 * thousand cells does no arithmetic on colours. Fading is mixing with the ground, not transparency.
 */

import { fadeOfAge } from '../ring/ring-geometry.ts';
import { DEVIATION_STEPS } from '../samples/deviation.ts';
import { isAnswered, isLost, LEVEL_NOT_SENT, shareOfLevel } from '../samples/sample-level.ts';
import { colorRamp, mixColors, parseColor, type Rgb } from '../theme/color.ts';
import type { Palette } from '../theme/tokens.ts';

export const FADE_STEPS = 15;
const RAMP_STEPS = 32;
/** What a colour tells: the distance from what is usual for the address, or the RTT itself. */
export const colorings = ['usual', 'rtt'] as const;
export type Coloring = (typeof colorings)[number];
/** A cell whose data are old keeps this much of its colour. */
export const STALE_FADE_STEP = FADE_STEPS - 1;

export interface CellColors {
  ground: number;
  /** Outline of a cell without data, hatching of a probe that was not sent. */
  empty: number;
  /** What the ring stands on. */
  track: number;
  loss: number;
  text: number;
  /** Packed colour of `level * FADE_STEPS + fadeStep`. */
  ofLevel: Uint32Array;
  /** The same for the ticks of rings. */
  tickOfLevel: Uint32Array;
  /** Packed colour of `step * FADE_STEPS + fadeStep`, steps of deviation from 1 on. */
  ofDeviation: Uint32Array;
  tickOfDeviation: Uint32Array;
  /** Step of the ramp that a level has: two levels of one step look the same. */
  stepOfLevel: Uint8Array;
}

export function packColor([r, g, b]: Rgb): number {
  return ((255 << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;
}

export const fadeStepOfAge = (ageSeconds: number) => Math.min(FADE_STEPS - 1, Math.floor(ageSeconds / 4));

export function createCellColors(palette: Palette): CellColors {
  const ground = parseColor(palette.surface);
  const empty = parseColor(palette.empty);
  const loss = parseColor(palette.loss);
  const ramp = colorRamp(palette.rttRamp, RAMP_STEPS);
  const tickRamp = colorRamp(palette.rttTickRamp, RAMP_STEPS);
  const ofLevel = new Uint32Array(256 * FADE_STEPS);
  const tickOfLevel = new Uint32Array(256 * FADE_STEPS);
  const stepOfLevel = new Uint8Array(256);
  for (let level = 0; level < 256; level++) {
    const step = Math.round((shareOfLevel[level] as number) * (RAMP_STEPS - 1));
    stepOfLevel[level] = isLost(level) ? RAMP_STEPS : isAnswered(level) ? step : RAMP_STEPS + 1;
    const color = isLost(level) ? loss : isAnswered(level) ? (ramp[step] as Rgb) : empty;
    const tickColor = isAnswered(level) ? (tickRamp[step] as Rgb) : color;
    for (let fade = 0; fade < FADE_STEPS; fade++) {
      const share = level === LEVEL_NOT_SENT ? 1 : fadeOfAge(fade * 4);
      ofLevel[level * FADE_STEPS + fade] = packColor(mixColors(ground, color, share));
      tickOfLevel[level * FADE_STEPS + fade] = packColor(mixColors(ground, tickColor, share));
    }
  }
  const deviations = (stops: readonly string[]) => {
    const colors = colorRamp(stops, DEVIATION_STEPS);
    return Uint32Array.from({ length: (DEVIATION_STEPS + 1) * FADE_STEPS }, (_, i) => {
      const color = colors[Math.max(0, Math.floor(i / FADE_STEPS) - 1)] as Rgb;
      return packColor(mixColors(ground, color, fadeOfAge((i % FADE_STEPS) * 4)));
    });
  };
  return {
    ground: packColor(ground),
    empty: packColor(empty),
    track: packColor(mixColors(ground, empty, 0.22)),
    loss: packColor(loss),
    text: packColor(parseColor(palette.text)),
    ofLevel,
    tickOfLevel,
    ofDeviation: deviations(palette.deviationRamp),
    tickOfDeviation: deviations(palette.deviationTickRamp),
    stepOfLevel,
  };
}
