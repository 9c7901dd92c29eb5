/** Incidents on the grid: one line around the cells that each of them affects, thicker where it is severe. */
import type { Palette } from '../theme/tokens.ts';
import type { PlacedTile } from './tiles.ts';

/** An incident as the grid needs it. */
export interface GridIncident {
  id: number;
  severity: 'severe' | 'notable';
  targetIds: ReadonlySet<number>;
  /** What it is, in one line, for the hover. */
  words: string;
}

/** The incidents that a target is part of, the severe ones first. */
export function incidentsOf(incidents: readonly GridIncident[], targetId: number): GridIncident[] {
  return incidents
    .filter(({ targetIds }) => targetIds.has(targetId))
    .sort((a, b) => Number(b.severity === 'severe') - Number(a.severity === 'severe'));
}

/** Context in CSS pixels; `x` and `y` are where the tile's cells begin. */
export function drawIncidents(
  context: CanvasRenderingContext2D,
  placed: PlacedTile,
  x: number,
  y: number,
  cellPx: number,
  incidents: readonly GridIncident[],
  palette: Palette,
): void {
  const { columns, rows, cells } = placed.tile;
  for (const severity of ['notable', 'severe'] as const) {
    const ids = incidents.filter((incident) => incident.severity === severity);
    if (ids.length === 0) continue;
    const within = (column: number, row: number) => {
      if (column < 0 || row < 0 || column >= columns || row >= rows) return false;
      const id = cells[row * columns + column] as number;
      return id > 0 && ids.some(({ targetIds }) => targetIds.has(id));
    };
    context.beginPath();
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        if (!within(column, row)) continue;
        const left = x + column * cellPx - 0.5;
        const top = y + row * cellPx - 0.5;
        const edge = (x1: number, y1: number, x2: number, y2: number) => {
          context.moveTo(left + x1, top + y1);
          context.lineTo(left + x2, top + y2);
        };
        if (!within(column, row - 1)) edge(0, 0, cellPx, 0);
        if (!within(column, row + 1)) edge(0, cellPx, cellPx, cellPx);
        if (!within(column - 1, row)) edge(0, 0, 0, cellPx);
        if (!within(column + 1, row)) edge(cellPx, 0, cellPx, cellPx);
      }
    }
    context.lineCap = 'square';
    context.strokeStyle = severity === 'severe' ? palette.severe : palette.notable;
    context.lineWidth = severity === 'severe' ? 2 : 1;
    context.stroke();
  }
}
