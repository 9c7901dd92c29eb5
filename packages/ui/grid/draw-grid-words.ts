/** Words on the grid: above a tile its name and how many are lost, under a large ring its name and RTT. */
import { isAnswered, isLost, LEVEL_NOT_SENT } from '../samples/sample-level.ts';
import type { TargetSummary } from '../samples/sample-window.ts';
import type { Palette } from '../theme/tokens.ts';
import { LABEL_PX, MIN_TILE_PX } from './tiles.ts';

export const WORDS_FROM_PX = 40;

/** Height of the line of words under a ring; none in small cells. */
export const wordLinePx = (cellPx: number) => (cellPx < WORDS_FROM_PX ? 0 : Math.round(7 + cellPx / 10));

interface WordStyle {
  palette: Palette;
  fontFamily: string;
  formatRtt(ns: number): string;
}

/** `at` is where the tile's cells begin, CSS pixels. */
export function drawTileLabel(
  context: CanvasRenderingContext2D,
  at: { x: number; y: number; width: number },
  label: string,
  lost: number,
  { palette, fontFamily }: WordStyle,
): void {
  const { x, y } = at;
  const width = Math.max(at.width, MIN_TILE_PX);
  context.clearRect(x, y - LABEL_PX, width + 2, LABEL_PX - 1);
  context.font = `11px ${fontFamily}`;
  let room = width;
  if (lost > 0) {
    context.fillStyle = palette.loss;
    context.textAlign = 'right';
    const mark = `✕ ${lost}`;
    context.fillText(mark, x + width, y - 6);
    room -= context.measureText(mark).width + 6;
  }
  context.fillStyle = palette.dimmed;
  context.textAlign = 'left';
  if (room > 24) context.fillText(label, x, y - 6, room);
}

/** One line under the ring: the name, and the RTT or what stands in its place. */
export function drawCellWords(
  context: CanvasRenderingContext2D,
  { x, y, size }: { x: number; y: number; size: number },
  name: string,
  summary: TargetSummary,
  { palette, fontFamily, formatRtt }: WordStyle,
): void {
  const line = wordLinePx(size);
  context.clearRect(x, y + size - line, size, line);
  const baseline = y + size - Math.round(line * 0.3);
  const font = `${Math.round(line * 0.74)}px ${fontFamily}`;
  const figure = isLost(summary.level)
    ? '✕'
    : isAnswered(summary.level)
      ? formatRtt(summary.rttNs)
      : summary.level === LEVEL_NOT_SENT
        ? '⊘'
        : '—';
  context.font = `600 ${font}`;
  context.textAlign = 'left';
  context.fillStyle = palette.text;
  context.fillText(name, x + 1, baseline, size * 0.5);
  const nameWidth = Math.min(size * 0.5, context.measureText(name).width);
  context.font = font;
  context.textAlign = 'right';
  context.fillStyle = isLost(summary.level) ? palette.loss : palette.dimmed;
  context.fillText(figure, x + size - 2, baseline, size - nameWidth - 5);
}
