/**
 * Paints cells into pixels: squares where a cell is small, rings where there is room. Ten thousand cells
 * change every second; paths on a canvas cost a hundred times what writing their few pixels does, and
 * pixels need no GPU: as fast in a remote desktop as on a good screen. What each pixel of a ring shows
 * (which seconds, how far out) is worked out once a size.
 */
import { INNER, OUTER, RIM, TICKS, tickLengthOfLevel } from '../ring/ring-geometry.ts';
import { stepOfDeviation } from '../samples/deviation.ts';
import { isAnswered, isLost, LEVEL_NONE, LEVEL_NOT_SENT } from '../samples/sample-level.ts';
import type { TargetSummary } from '../samples/sample-window.ts';
import { type CellColors, type Coloring, FADE_STEPS, fadeStepOfAge, STALE_FADE_STEP } from './cell-colors.ts';

/** The pixels of the part of the grid that shows. */
export interface PixelField {
  pixels: Uint32Array;
  width: number;
  height: number;
}

export interface CellLook {
  level: number;
  /** The newest sample is old: the colour fades. */
  stale: boolean;
  /** Answers now, but lost some within the minute. */
  lostSome: boolean;
  /** Step of its deviation from what is usual, which then is its colour; 0: coloured by level. */
  step: number;
  /** It answers, its deviation is asked for, and what is usual is not known yet. */
  learning: boolean;
}

/** Steps of deviation stand beyond those of the ramp of levels. */
const DEVIATION_KEYS = 64;

/** A number that is the same as long as a square looks the same. */
export function lookKey(colors: CellColors, look: CellLook): number {
  const tone = look.step > 0 ? DEVIATION_KEYS + look.step : (colors.stepOfLevel[look.level] as number);
  return (
    tone * 16 +
    (look.learning ? 8 : 0) +
    (look.level === LEVEL_NONE ? 4 : 0) +
    (look.stale ? 2 : 0) +
    (look.lostSome ? 1 : 0) +
    1
  );
}

export function lookOf(
  summary: TargetSummary,
  staleAfterSeconds: number,
  coloring: Coloring,
  into: CellLook,
): void {
  const judged = coloring === 'usual' && isAnswered(summary.level);
  into.step = judged ? stepOfDeviation(summary.deviation) : 0;
  into.learning = judged && into.step === 0;
  into.level = summary.level;
  into.stale = summary.ageSeconds > staleAfterSeconds;
  into.lostSome = summary.lost > 0 && !isLost(summary.level);
}

/** Its own colour, fresh or faded. */
function toneOf(look: CellLook, fade: number, colors: CellColors): number {
  return (
    look.step > 0
      ? colors.ofDeviation[look.step * FADE_STEPS + fade]
      : colors.ofLevel[look.level * FADE_STEPS + fade]
  ) as number;
}

/** Clears a cell: nothing is there. */
export function paintNothing(field: PixelField, x: number, y: number, size: number, color: number): void {
  const x0 = Math.max(0, x);
  const x1 = Math.min(field.width, x + size);
  const y1 = Math.min(field.height, y + size);
  for (let row = Math.max(0, y); row < y1; row++) {
    field.pixels.fill(color, row * field.width + x0, row * field.width + x1);
  }
}

/**
 * A square with one side of gap. Shape says what colour says: no data is a grey frame, old data a frame
 * in its colour, not sent is hatched, lost has its corner cut off, a corner in the colour of loss means:
 * lost within the minute; a hole in the middle: coloured by RTT, what is usual is still being learned.
 */
export function paintSquare(
  field: PixelField,
  x: number,
  y: number,
  size: number,
  look: CellLook,
  colors: CellColors,
): void {
  const gap = Math.max(1, Math.round(size / 9));
  const side = size - gap;
  const notch = Math.max(2, Math.round(side * 0.45));
  const { level, stale, lostSome, learning } = look;
  const hollow = level === LEVEL_NONE;
  const hatched = level === LEVEL_NOT_SENT;
  const lost = isLost(level);
  const fill = toneOf(look, 0, colors);
  const faded = toneOf(look, STALE_FADE_STEP, colors);
  const holeFrom = Math.floor(side * 0.4);
  const holeTo = side - holeFrom;
  const frame = hollow ? colors.empty : fill;
  const corner = lost ? colors.ground : colors.loss;
  const cut = lost || lostSome;
  const { pixels, width, height } = field;
  const thick = Math.max(1, Math.round(size / 12));
  for (let dy = 0; dy < size; dy++) {
    const row = y + dy;
    if (row < 0 || row >= height) continue;
    for (let dx = 0; dx < size; dx++) {
      const column = x + dx;
      if (column < 0 || column >= width) continue;
      let color = colors.ground;
      if (dx < side && dy < side) {
        if (hollow || stale) {
          const edge = dx < thick || dy < thick || dx >= side - thick || dy >= side - thick;
          if (edge) color = frame;
          else if (!hollow) color = mixPacked(colors.ground, faded, 128);
        } else if (hatched) {
          if ((dx + dy) % 3 === 0) color = colors.empty;
        } else if (learning && dx >= holeFrom && dx < holeTo && dy >= holeFrom && dy < holeTo) {
          color = colors.ground;
        } else color = cut && side - 1 - dx + dy < notch ? corner : fill;
      }
      pixels[row * width + column] = color;
    }
  }
}

/** What the pixels of a ring of one size show. */
export interface RingStencil {
  size: number;
  /** First second under the pixel; 255: none. */
  first: Uint8Array;
  /** How many seconds lie under it: at 14 px a pixel spans two or three, and must show the worst. */
  span: Uint8Array;
  /** 0 to 255 along the tick; where it is 0 or 255 see `zone`. */
  along: Uint8Array;
  zone: Uint8Array;
  /** How much of the pixel the tick's width covers, 0 to 255. */
  cover: Uint8Array;
}

const ZONE_OUTSIDE = 0;
const ZONE_CENTRE = 1;
const ZONE_TICK = 2;
const ZONE_RIM = 3;
/** From this many pixels on, ticks stand apart from each other. */
const APART_FROM_PX = 72;

export function createRingStencil(size: number): RingStencil {
  const count = size * size;
  const stencil: RingStencil = {
    size,
    first: new Uint8Array(count).fill(255),
    span: new Uint8Array(count),
    along: new Uint8Array(count),
    zone: new Uint8Array(count),
    cover: new Uint8Array(count),
  };
  const radius = size / 2 - Math.max(0.5, size / 28);
  const middle = size / 2;
  for (let i = 0; i < count; i++) {
    const dx = (i % size) + 0.5 - middle;
    const dy = Math.floor(i / size) + 0.5 - middle;
    const distance = Math.hypot(dx, dy);
    const share = distance / radius;
    // Soft edges where circles begin and end.
    const soft = (edge: number) => Math.round(255 * Math.min(1, Math.max(0, edge - distance + 0.5)));
    if (share < INNER * 0.8) {
      stencil.zone[i] = ZONE_CENTRE;
      stencil.cover[i] = soft(radius * INNER * 0.74);
      continue;
    }
    if (distance > radius + 0.5) continue;
    const turn = (Math.atan2(dx, -dy) / (2 * Math.PI) + 1) % 1;
    const half = 0.5 / distance / (2 * Math.PI);
    const from = Math.floor((turn - half) * TICKS + 0.02);
    const to = Math.floor((turn + half) * TICKS - 0.02);
    const apart = size >= APART_FROM_PX;
    const first = apart ? Math.floor(turn * TICKS) : from;
    stencil.first[i] = ((first % TICKS) + TICKS) % TICKS;
    stencil.span[i] = apart ? 1 : Math.max(1, to - from + 1);
    stencil.zone[i] = share >= RIM - 0.5 / radius && share > OUTER ? ZONE_RIM : ZONE_TICK;
    stencil.along[i] = Math.round(255 * Math.min(1, Math.max(0, (share - INNER) / (OUTER - INNER))));
    let cover = soft(radius);
    if (share < INNER) cover = Math.min(cover, 255 - soft(radius * INNER));
    if (apart) {
      // Distance from the tick's middle, in pixels along the circle.
      const off =
        Math.abs(turn * TICKS - Math.floor(turn * TICKS) - 0.5) * ((2 * Math.PI) / TICKS) * distance;
      const tickHalf = (Math.PI / TICKS) * distance * 0.68;
      cover = Math.min(cover, Math.round(255 * Math.min(1, Math.max(0, tickHalf - off + 0.5))));
    }
    stencil.cover[i] = cover;
  }
  return stencil;
}

function mixPacked(under: number, over: number, cover: number): number {
  if (cover >= 255) return over;
  if (cover <= 0) return under;
  const rest = 255 - cover;
  const r = ((under & 0xff) * rest + (over & 0xff) * cover) >> 8;
  const g = (((under >> 8) & 0xff) * rest + ((over >> 8) & 0xff) * cover) >> 8;
  const b = (((under >> 16) & 0xff) * rest + ((over >> 16) & 0xff) * cover) >> 8;
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

const tickLength255 = Uint8Array.from(tickLengthOfLevel, (length) => Math.round(length * 255));

/**
 * `minute` by second of the minute, `steps` its deviations (0: coloured by level); `nowTick` is the
 * present second's.
 */
export function paintRing(
  field: PixelField,
  x: number,
  y: number,
  stencil: RingStencil,
  minute: Uint8Array,
  steps: Uint8Array,
  nowTick: number,
  look: CellLook,
  colors: CellColors,
): void {
  const { size, first, span, along, zone, cover } = stencil;
  const { pixels, width, height } = field;
  const centre = toneOf(look, look.stale ? STALE_FADE_STEP : 0, colors);
  const softness = Math.max(8, Math.round(255 / (size * 0.25)));
  for (let dy = 0; dy < size; dy++) {
    const row = y + dy;
    if (row < 0 || row >= height) continue;
    for (let dx = 0; dx < size; dx++) {
      const column = x + dx;
      if (column < 0 || column >= width) continue;
      const i = dy * size + dx;
      const part = zone[i] as number;
      let color = colors.ground;
      if (part === ZONE_CENTRE) {
        if (look.level !== LEVEL_NONE) color = mixPacked(colors.ground, centre, cover[i] as number);
      } else if (part !== ZONE_OUTSIDE) {
        let worst = 0;
        let worstTick = 0;
        const start = first[i] as number;
        for (let s = 0; s < (span[i] as number); s++) {
          const tick = (start + s) % TICKS;
          if ((minute[tick] as number) >= worst) {
            worst = minute[tick] as number;
            worstTick = tick;
          }
        }
        const age = (nowTick - worstTick + TICKS) % TICKS;
        const step = steps[worstTick] as number;
        const fade = fadeStepOfAge(age);
        const ink = (
          step > 0
            ? colors.tickOfDeviation[step * FADE_STEPS + fade]
            : colors.tickOfLevel[worst * FADE_STEPS + fade]
        ) as number;
        if (part === ZONE_RIM) {
          color = isLost(worst) ? mixPacked(colors.ground, colors.loss, cover[i] as number) : colors.ground;
        } else {
          const track = mixPacked(colors.ground, colors.track, cover[i] as number);
          const length = tickLength255[worst] as number;
          const depth = ((length - (along[i] as number)) * 255) / softness + 128;
          color =
            isLost(worst) || length === 0
              ? isLost(worst)
                ? colors.ground
                : track
              : mixPacked(track, ink, Math.min(cover[i] as number, depth));
        }
      }
      pixels[row * width + column] = color;
    }
  }
}
