import { flowTiles, type Tile } from './tiles.ts';

/** Steps of the grid's zoom: the side of a cell in CSS pixels. */
export const zoomSteps = [4, 6, 8, 10, 14, 20, 24, 28, 34, 40, 56, 80] as const;
export const DEFAULT_CELL_PX = 6;

/** The next step larger (1) or smaller (-1); the ends stay. */
export function zoomStep(cellPx: number, direction: 1 | -1): number {
  if (direction > 0) return zoomSteps.find((step) => step > cellPx) ?? cellPx;
  return zoomSteps.findLast((step) => step < cellPx) ?? cellPx;
}

export function nearestZoom(cellPx: number): number {
  let best: number = zoomSteps[0];
  for (const step of zoomSteps) {
    if (Math.abs(Math.log(step / cellPx)) < Math.abs(Math.log(best / cellPx))) best = step;
  }
  return best;
}

/** A few addresses need no rings as large as plates. */
const LARGEST_FIT_PX = 56;

/** The largest cells at which all tiles show at once; the default where even that does not fit. */
export function fitCellPx(tiles: readonly Tile[], widthPx: number, heightPx: number): number {
  const fitting = zoomSteps.filter((step) => {
    if (step < DEFAULT_CELL_PX || step > LARGEST_FIT_PX) return false;
    const { width, height } = flowTiles(tiles, widthPx, step);
    return width <= widthPx && height <= heightPx;
  });
  return fitting.at(-1) ?? DEFAULT_CELL_PX;
}
