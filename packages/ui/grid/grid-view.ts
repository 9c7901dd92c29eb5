/**
 * Keeps the grid's canvases true: one of pixels (cells), one of words (labels, and figures where cells are
 * large), one of lines (around the cells of incidents). It draws only what shows, only what changed, at most ten times a second, and never longer
 * than a few milliseconds a frame: what is left waits for the next one.
 */
import { isLost, LEVEL_NONE } from '../samples/sample-level.ts';
import { WINDOW_SECONDS } from '../samples/sample-plane.ts';
import { emptySummary, type SampleWindow } from '../samples/sample-window.ts';
import type { Palette } from '../theme/tokens.ts';
import type { CellColors, Coloring } from './cell-colors.ts';
import {
  type CellLook,
  createRingStencil,
  lookKey,
  lookOf,
  type PixelField,
  paintNothing,
  paintRing,
  paintSquare,
  type RingStencil,
} from './cell-painter.ts';
import { drawCellWords, drawTileLabel, WORDS_FROM_PX, wordLinePx } from './draw-grid-words.ts';
import { drawIncidents, type GridIncident } from './draw-incidents.ts';
import { type Layout, type PlacedTile, visibleTiles } from './tiles.ts';

/** From this size of a cell on there is a ring; words in it from WORDS_FROM_PX on. */
export const RING_FROM_PX = 14;
export interface GridScene {
  layout: Layout;
  window: SampleWindow;
  /** Undefined: the worst of all agents. */
  agent: number | undefined;
  palette: Palette;
  colors: CellColors;
  coloring: Coloring;
  fontFamily: string;
  /** Words under a ring in a cell of at least WORDS_FROM_PX: what names it (the last octet). */
  cellName(targetId: number): string;
  /** How long a target's newest sample counts as fresh. */
  staleAfterSeconds(targetId: number): number;
  formatRtt(ns: number): string;
  tileLabel(prefix: string): string;
}

export interface Viewport {
  left: number;
  top: number;
  width: number;
  height: number;
  pixelRatio: number;
}

export interface GridView {
  setScene(scene: GridScene): void;
  setViewport(viewport: Viewport): void;
  /** Only the lines around cells are drawn anew. */
  setIncidents(incidents: readonly GridIncident[]): void;
  /** Something in the sample window changed. */
  samplesChanged(): void;
  stop(): void;
}

const LIVE_PERIOD_MS = 100;
const FRAME_BUDGET_MS = 7;

export function createGridView(
  cells: HTMLCanvasElement,
  words: HTMLCanvasElement,
  lines: HTMLCanvasElement,
): GridView {
  const cellContext = cells.getContext('2d', { alpha: true })!;
  const wordContext = words.getContext('2d')!;
  const lineContext = lines.getContext('2d')!;
  let scene: GridScene | undefined;
  let viewport: Viewport = { left: 0, top: 0, width: 0, height: 0, pixelRatio: 1 };
  let image: ImageData | undefined;
  let field: PixelField = { pixels: new Uint32Array(0), width: 0, height: 0 };
  let stencil: RingStencil | undefined;
  let cellSize = 0;

  // One entry a cell of the layout, tile after tile.
  let tileStarts = new Uint32Array(0);
  let indexOfCell = new Int32Array(0);
  let dirty = new Uint8Array(0);
  let paintedKey = new Int32Array(0);
  let cellOfIndex = new Int32Array(0);
  let lostInTile = new Int32Array(0);
  let paintedLost = new Int32Array(0);

  let incidents: readonly GridIncident[] = [];
  let needsAll = true;
  /** Where a frame's time was up: the next one goes on there, so that no tile waits for ever. */
  let resumeAt = 0;
  let pending = false;
  let samplesDirty = true;
  let lastSamplesMs = 0;
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const summary = emptySummary();
  const look: CellLook = { level: 0, stale: false, lostSome: false, step: 0, learning: false };
  const minute = new Uint8Array(WINDOW_SECONDS);
  const steps = new Uint8Array(WINDOW_SECONDS);

  function ask() {
    if (frame === 0) frame = requestAnimationFrame(draw);
  }

  function indexCells({ layout, window }: GridScene) {
    tileStarts = new Uint32Array(layout.placed.length + 1);
    layout.placed.forEach(({ tile }, i) => {
      tileStarts[i + 1] = (tileStarts[i] as number) + tile.cells.length;
    });
    const count = tileStarts[layout.placed.length] as number;
    indexOfCell = new Int32Array(count).fill(-1);
    layout.placed.forEach(({ tile }, i) => {
      tile.cells.forEach((targetId, cell) => {
        if (targetId > 0) indexOfCell[(tileStarts[i] as number) + cell] = window.indexOf(targetId);
      });
    });
    cellOfIndex = new Int32Array(window.count).fill(-1);
    indexOfCell.forEach((index, at) => {
      if (index >= 0) cellOfIndex[index] = at;
    });
    dirty = new Uint8Array(count);
    paintedKey = new Int32Array(count);
    lostInTile = new Int32Array(layout.placed.length);
    paintedLost = new Int32Array(layout.placed.length).fill(-1);
  }

  function resize() {
    const { width, height, pixelRatio } = viewport;
    const w = Math.max(1, Math.round(width * pixelRatio));
    const h = Math.max(1, Math.round(height * pixelRatio));
    if (cells.width === w && cells.height === h && image) return;
    for (const canvas of [cells, words, lines]) {
      canvas.width = w;
      canvas.height = h;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    image = cellContext.createImageData(w, h);
    field = { pixels: new Uint32Array(image.data.buffer), width: w, height: h };
  }

  const toDevice = (css: number) => Math.round(css * viewport.pixelRatio);
  const tileLeft = (placed: PlacedTile) => toDevice(placed.x) - toDevice(viewport.left);
  const tileTop = (placed: PlacedTile) => toDevice(placed.y) - toDevice(viewport.top);

  function paintCell(current: GridScene, placed: PlacedTile, at: number, cell: number): boolean {
    const index = indexOfCell[at] as number;
    const { window, colors, agent, layout } = current;
    window.summarize(index, summary, agent);
    const targetId = placed.tile.cells[cell] as number;
    lookOf(summary, current.staleAfterSeconds(targetId), current.coloring, look);
    const column = cell % placed.tile.columns;
    const row = Math.floor(cell / placed.tile.columns);
    const x = tileLeft(placed) + column * cellSize;
    const y = tileTop(placed) + row * cellSize;
    if (!stencil) {
      const key = lookKey(colors, look);
      if (paintedKey[at] === key) return false;
      paintedKey[at] = key;
      paintSquare(field, x, y, cellSize, look, colors);
      return true;
    }
    window.minute(index, minute, agent);
    if (current.coloring === 'usual') window.deviations(index, steps, agent);
    else steps.fill(0);
    if (stencil.size < cellSize) paintNothing(field, x, y, cellSize, colors.ground);
    paintRing(
      field,
      x + ((cellSize - stencil.size) >> 1),
      y,
      stencil,
      minute,
      steps,
      window.nowSecond % WINDOW_SECONDS,
      look,
      colors,
    );
    if (layout.cellPx >= WORDS_FROM_PX)
      drawCellWords(
        wordContext,
        {
          x: placed.x - viewport.left + column * layout.cellPx,
          y: placed.y - viewport.top + row * layout.cellPx,
          size: layout.cellPx,
        },
        current.cellName(targetId),
        summary,
        current,
      );
    return true;
  }

  function beginAll(current: GridScene) {
    resize();
    const { pixelRatio, width, height } = viewport;
    cellSize = Math.max(2, Math.round(current.layout.cellPx * pixelRatio));
    const wantsRing = current.layout.cellPx >= RING_FROM_PX;
    if (!wantsRing) stencil = undefined;
    else {
      const size = cellSize - Math.round(wordLinePx(current.layout.cellPx) * pixelRatio);
      if (stencil?.size !== size) stencil = createRingStencil(size);
    }
    field.pixels.fill(0);
    cellContext.clearRect(0, 0, cells.width, cells.height);
    wordContext.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
    wordContext.clearRect(0, 0, width, height);
    dirty.fill(1);
    paintedKey.fill(0);
    paintedLost.fill(-1);
    drawLines(current);
  }

  function drawLines({ layout, palette }: GridScene) {
    const { pixelRatio, width, height } = viewport;
    lineContext.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
    lineContext.clearRect(0, 0, width, height);
    if (incidents.length === 0) return;
    const [first, end] = visibleTiles(layout, viewport.top, viewport.top + viewport.height);
    for (const placed of layout.placed.slice(first, end)) {
      const x = placed.x - viewport.left;
      const y = placed.y - viewport.top;
      drawIncidents(lineContext, placed, x, y, layout.cellPx, incidents, palette);
    }
  }

  function takeSamples(current: GridScene) {
    const changes = current.window.takeChanges();
    if (changes.all) dirty.fill(1);
    else {
      for (const index of changes.indexes) {
        const at = cellOfIndex[index] ?? -1;
        if (at >= 0) dirty[at] = 1;
      }
    }
  }

  /** Whose newest sample is a loss, tile by tile: what a label says. A loss is known only when its time is up. */
  function countLost(current: GridScene, tileIndex: number): number {
    let lost = 0;
    for (let at = tileStarts[tileIndex] as number; at < (tileStarts[tileIndex + 1] as number); at++) {
      const index = indexOfCell[at] as number;
      if (index < 0) continue;
      for (let age = 0; age < WINDOW_SECONDS; age++) {
        const level = current.window.levelAt(index, age, current.agent);
        if (level === LEVEL_NONE) continue;
        if (isLost(level)) lost++;
        break;
      }
    }
    return lost;
  }

  function draw() {
    frame = 0;
    const current = scene;
    if (!current || viewport.width === 0) return;
    const startMs = performance.now();
    if (needsAll) {
      beginAll(current);
      needsAll = false;
      samplesDirty = true;
      lastSamplesMs = 0;
    }
    if (samplesDirty && startMs - lastSamplesMs >= LIVE_PERIOD_MS) {
      samplesDirty = false;
      lastSamplesMs = startMs;
      takeSamples(current);
    }
    pending = false;
    const [first, end] = visibleTiles(current.layout, viewport.top, viewport.top + viewport.height);
    const count = end - first;
    const start = resumeAt >= first && resumeAt < end ? resumeAt - first : 0;
    resumeAt = 0;
    for (let i = 0; i < count; i++) {
      const tileIndex = first + ((start + i) % count);
      const placed = current.layout.placed[tileIndex] as PlacedTile;
      const firstCell = tileStarts[tileIndex] as number;
      let top = Number.POSITIVE_INFINITY;
      let bottom = -1;
      for (let cell = 0; cell < placed.tile.cells.length; cell++) {
        const at = firstCell + cell;
        if (dirty[at] === 0) continue;
        if ((indexOfCell[at] as number) < 0) {
          dirty[at] = 0;
          continue;
        }
        const row = Math.floor(cell / placed.tile.columns);
        const y = tileTop(placed) + row * cellSize;
        if (y + cellSize <= 0 || y >= field.height) continue; // stays dirty until it shows
        dirty[at] = 0;
        if (!paintCell(current, placed, at, cell)) continue;
        top = Math.min(top, row);
        bottom = Math.max(bottom, row);
        if ((cell & 15) === 15 && performance.now() - startMs > FRAME_BUDGET_MS) {
          pending = true;
          break;
        }
      }
      if (bottom >= 0)
        cellContext.putImageData(
          image as ImageData,
          0,
          0,
          tileLeft(placed),
          tileTop(placed) + top * cellSize,
          placed.tile.columns * cellSize,
          (bottom - top + 1) * cellSize,
        );
      lostInTile[tileIndex] = bottom >= 0 ? countLost(current, tileIndex) : (lostInTile[tileIndex] as number);
      if (paintedLost[tileIndex] !== lostInTile[tileIndex]) {
        paintedLost[tileIndex] = lostInTile[tileIndex] as number;
        const at = { x: placed.x - viewport.left, y: placed.y - viewport.top, width: placed.width };
        const label = current.tileLabel(placed.tile.prefix);
        drawTileLabel(wordContext, at, label, lostInTile[tileIndex] as number, current);
      }
      if (pending) {
        resumeAt = tileIndex;
        break;
      }
    }
    if (pending) ask();
    else if (samplesDirty) wait();
  }

  function wait() {
    if (timer !== undefined) return;
    const restMs = LIVE_PERIOD_MS - (performance.now() - lastSamplesMs);
    timer = setTimeout(
      () => {
        timer = undefined;
        ask();
      },
      Math.max(0, restMs),
    );
  }

  return {
    setScene(next) {
      if (scene?.layout !== next.layout || scene.window !== next.window) indexCells(next);
      scene = next;
      needsAll = true;
      ask();
    },
    setViewport(next) {
      viewport = next;
      needsAll = true;
      ask();
    },
    setIncidents(next) {
      incidents = next;
      if (scene && viewport.width > 0 && !needsAll) drawLines(scene);
    },
    samplesChanged() {
      samplesDirty = true;
      wait();
    },
    stop() {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      scene = undefined;
    },
  };
}
