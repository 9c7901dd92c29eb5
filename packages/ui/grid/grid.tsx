/**
 * The grid: every address a cell, every /24 a tile, the last second of ten thousand of them at a glance.
 * Wheel, pinch, + and − zoom; arrows move a cursor; Enter or a click opens. What a cell means is said in
 * words on hover, at the cursor (aloud), and in the table beside it.
 */
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useFormat, useText } from '../language/language.tsx';
import type { SampleSource } from '../samples/sample-source.ts';
import { emptySummary } from '../samples/sample-window.ts';
import { usePalette, useTokens } from '../theme/maille-theme.tsx';
import { type Coloring, createCellColors } from './cell-colors.ts';
import { deviationWords, figureWords, lossWords, shortName } from './cell-words.ts';
import { type GridIncident, incidentsOf } from './draw-incidents.ts';
import './grid.css';
import { gridText } from './grid-text.ts';
import { createGridView, type GridView } from './grid-view.ts';
import { HoverCard } from './hover-card.tsx';
import { groupedOrders, groupOfTile, orderTiles, type TileOrder } from './tile-order.ts';
import {
  type CellPlace,
  flowTiles,
  type GridTarget,
  type Hit,
  hitTest,
  LABEL_PX,
  type Layout,
  makeTiles,
  moveCursor,
  placeOfCell,
} from './tiles.ts';
import { useGridSummary } from './use-grid-summary.ts';
import { useZoomGestures } from './use-zoom-gestures.ts';
import { fitCellPx, zoomStep } from './zoom.ts';

export interface GridProps {
  targets: ReadonlyMap<number, GridTarget>;
  source: SampleSource;
  /** Undefined: the worst of all agents. */
  agent?: number | undefined;
  order: TileOrder;
  /** What a target belongs to, for an order by that; empty: nothing. */
  groupOf?: ((targetId: number) => string) | undefined;
  coloring: Coloring;
  incidents?: readonly GridIncident[] | undefined;
  /** Undefined: as large as lets everything show at once. */
  cellPx: number | undefined;
  onCellPx(cellPx: number): void;
  /** Tells the size that is shown, when it is the grid that chose it. */
  onFit?(cellPx: number): void;
  onOpenTarget(targetId: number): void;
  onOpenPrefix(prefix: string): void;
}

const REORDER_MS = 5_000;
const noGroup = () => '';
const noIncidents: readonly GridIncident[] = [];

const directions: Record<string, Parameters<typeof moveCursor>[2]> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  Home: 'first',
  End: 'last',
};

/** Tiles in the order asked for; while the pointer is over them they stay where they are. */
function useOrderedTiles({ targets, source, agent, order, groupOf = noGroup }: GridProps, frozen: boolean) {
  const tiles = useMemo(() => makeTiles(targets.values()), [targets]);
  const [turn, setTurn] = useState(0);
  const held = useRef(frozen);
  held.current = frozen;
  useEffect(() => {
    if (order !== 'severity') return;
    const timer = setInterval(() => {
      if (!held.current) setTurn((before) => before + 1);
    }, REORDER_MS);
    return () => clearInterval(timer);
  }, [order]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` is when the order is taken anew
  return useMemo(
    () => orderTiles(tiles, order, source.window, agent, groupOf),
    [tiles, order, source, agent, groupOf, turn],
  );
}

export function Grid(props: GridProps) {
  const { targets, source, agent, order, coloring, onCellPx, onFit, onOpenTarget, onOpenPrefix } = props;
  const { groupOf = noGroup, incidents = noIncidents } = props;
  const text = useText(gridText);
  const format = useFormat();
  const palette = usePalette();
  const { fontFamily } = useTokens();
  const scroller = useRef<HTMLDivElement>(null);
  const cells = useRef<HTMLCanvasElement>(null);
  const words = useRef<HTMLCanvasElement>(null);
  const lines = useRef<HTMLCanvasElement>(null);
  const [view, setView] = useState<GridView>();
  const [{ width, height }, setRoom] = useState({ width: 0, height: 0 });
  const [hover, setHover] = useState<{ hit: Hit; x: number; y: number }>();
  const [cursor, setCursor] = useState<CellPlace>();
  const tiles = useOrderedTiles(props, hover !== undefined);
  const fit = useMemo(() => fitCellPx(tiles, width, height), [tiles, width, height]);
  const cellPx = props.cellPx ?? fit;
  useEffect(() => {
    if (width > 0) onFit?.(fit);
  }, [onFit, fit, width]);
  const layout = useMemo<Layout>(
    () => flowTiles(tiles, Math.max(120, width), cellPx),
    [tiles, width, cellPx],
  );
  const colors = useMemo(() => createCellColors(palette), [palette]);
  const summary = useGridSummary(targets, source, agent);
  const anchor = useZoomGestures(scroller, layout, cellPx, onCellPx);

  useEffect(() => {
    if (!cells.current || !words.current || !lines.current) return;
    const made = createGridView(cells.current, words.current, lines.current);
    setView(made);
    return () => made.stop();
  }, []);

  const groups = useMemo(() => {
    if (!groupedOrders.includes(order)) return undefined;
    return new Map(tiles.map((tile) => [tile.prefix, groupOfTile(tile, groupOf)]));
  }, [tiles, order, groupOf]);

  useEffect(() => {
    view?.setScene({
      layout,
      window: source.window,
      agent,
      palette,
      colors,
      coloring,
      fontFamily,
      cellName: (id) => shortName(targets.get(id)?.host ?? ''),
      staleAfterSeconds: (id) => Math.max(4, (3 * (targets.get(id)?.intervalMs ?? 1_000)) / 1_000),
      formatRtt: format.rttShort,
      tileLabel: (prefix) => {
        const name = prefix === 'names' ? text('names') : prefix;
        const group = groups?.get(prefix);
        if (!group || group.name === '') return name;
        return `${group.name}${group.others > 0 ? ` +${group.others}` : ''} · ${name}`;
      },
    });
  }, [view, layout, source, agent, palette, colors, coloring, groups, fontFamily, targets, format, text]);

  useEffect(() => view?.setIncidents(incidents), [view, incidents]);
  useEffect(() => (view ? source.subscribe(view.samplesChanged) : undefined), [view, source]);

  useEffect(() => {
    const element = scroller.current;
    if (!element || !view) return;
    const place = () => {
      const { scrollLeft, scrollTop, clientWidth, clientHeight } = element;
      setRoom((before) =>
        before.width === clientWidth && before.height === clientHeight
          ? before
          : { width: clientWidth, height: clientHeight },
      );
      view.setViewport({
        left: scrollLeft,
        top: scrollTop,
        width: clientWidth,
        height: clientHeight,
        pixelRatio: window.devicePixelRatio || 1,
      });
    };
    const observer = new ResizeObserver(place);
    observer.observe(element);
    element.addEventListener('scroll', place, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', place);
    };
  }, [view]);

  // After a zoom the cell under the pointer stays under it.
  useEffect(() => anchor.restore(layout), [anchor, layout]);

  const hitAt = (event: { clientX: number; clientY: number }): Hit => {
    const element = scroller.current;
    if (!element) return undefined;
    const box = element.getBoundingClientRect();
    return hitTest(
      layout,
      event.clientX - box.left + element.scrollLeft,
      event.clientY - box.top + element.scrollTop,
    );
  };

  function open(hit: Hit) {
    if (hit?.kind === 'cell') onOpenTarget(hit.targetId);
    else if (hit?.kind === 'tile') {
      const prefix = layout.placed[hit.tileIndex]?.tile.prefix;
      if (prefix !== undefined) onOpenPrefix(prefix);
    }
  }

  function moved(event: PointerEvent) {
    if (event.pointerType === 'touch') return;
    const box = event.currentTarget.getBoundingClientRect();
    setHover({ hit: hitAt(event), x: event.clientX - box.left, y: event.clientY - box.top });
  }

  const cursorTarget = cursor && (layout.placed[cursor.tileIndex]?.tile.cells[cursor.cell] || undefined);

  function pressed(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '+' || event.key === '=') onCellPx(zoomStep(cellPx, 1));
    else if (event.key === '-') onCellPx(zoomStep(cellPx, -1));
    else if (event.key === 'Enter' && cursorTarget !== undefined) onOpenTarget(cursorTarget);
    else if (directions[event.key]) {
      const next = moveCursor(layout, cursor, directions[event.key] as (typeof directions)[string] & string);
      setCursor(next);
      const place = next && placeOfCell(layout, next);
      const element = scroller.current;
      if (place && element) {
        if (place.y - LABEL_PX < element.scrollTop) element.scrollTop = place.y - LABEL_PX;
        if (place.y + cellPx > element.scrollTop + element.clientHeight)
          element.scrollTop = place.y + cellPx - element.clientHeight;
        if (place.x < element.scrollLeft) element.scrollLeft = place.x;
        if (place.x + cellPx > element.scrollLeft + element.clientWidth)
          element.scrollLeft = place.x + cellPx - element.clientWidth;
      }
    } else return;
    event.preventDefault();
  }

  function saidOf(targetId: number): string {
    const about = emptySummary();
    source.window.summarize(source.window.indexOf(targetId), about, agent);
    const target = targets.get(targetId);
    return [
      target?.host,
      target?.label,
      figureWords(about, text, format),
      coloring === 'usual' && deviationWords(about, text),
      lossWords(about, text),
      ...incidentsOf(incidents, targetId).map((incident) => incident.words),
    ]
      .filter(Boolean)
      .join(', ');
  }

  const outline = (place: CellPlace | undefined, kind: string) => {
    const at = place && placeOfCell(layout, place);
    return (
      at && (
        <div
          className="maille-grid-outline"
          data-kind={kind}
          style={{ left: at.x, top: at.y, width: cellPx, height: cellPx }}
        />
      )
    );
  };

  return (
    <div className="maille-grid-frame" onPointerLeave={() => setHover(undefined)}>
      <div
        ref={scroller}
        className="maille-grid"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows move the cursor within
        tabIndex={0}
        aria-label={`${text('grid')}. ${text('summary', summary)}. ${text('keys')}`}
        onPointerMove={moved}
        onClick={(event) => open(hitAt(event))}
        onKeyDown={pressed}
        onBlur={() => setCursor(undefined)}
        style={{ cursor: hover?.hit ? 'pointer' : 'default' }}
      >
        <div className="maille-grid-space" style={{ height: layout.height, minWidth: layout.width }}>
          <div className="maille-grid-sticky">
            <canvas ref={cells} />
            <canvas ref={words} />
            <canvas ref={lines} />
          </div>
          {hover?.hit?.kind === 'cell' && outline(hover.hit, 'hover')}
          {outline(cursor, 'cursor')}
        </div>
      </div>
      <div className="maille-visually-hidden" aria-live="polite">
        {cursorTarget !== undefined && saidOf(cursorTarget)}
      </div>
      {hover?.hit && <HoverCard {...{ hover, layout, targets, source, agent, coloring, incidents }} />}
    </div>
  );
}
