/**
 * Which cell stands where. A /24 with more than a handful of targets is a tile of 16 × 16, each address at
 * its own place (.0 at the top left); IPv6 prefixes, names, and prefixes with few targets are as large as
 * they need be, in order of address. Tiles flow like words; everything here is numbers, no drawing.
 */
import { ipAddressToBigInt, parseIpAddress } from '@maille/base/ip-address';

export interface TileTarget {
  id: number;
  host: string;
  prefix: string;
  label: string;
}

/** A target as the grid needs it. */
export interface GridTarget extends TileTarget {
  intervalMs: number;
}

export interface Tile {
  prefix: string;
  columns: number;
  rows: number;
  /** Target ids row by row; 0: no target at this place. */
  cells: Uint32Array;
  targets: number;
}

/** Up to here a /24 is drawn compact: 250 empty places around 6 addresses show nothing. */
const COMPACT_UP_TO = 32;
export const FULL_COLUMNS = 16;

interface Sortable {
  target: TileTarget;
  address: bigint | undefined;
}

function byAddress(a: Sortable, b: Sortable): number {
  if (a.address !== undefined && b.address !== undefined)
    return a.address < b.address ? -1 : a.address > b.address ? 1 : a.target.id - b.target.id;
  return a.target.host < b.target.host ? -1 : a.target.host > b.target.host ? 1 : 0;
}

/** IPv4 before IPv6 before names; within them by address. */
export function comparePrefixes(a: string, b: string): number {
  const key = (prefix: string): [number, bigint] => {
    const address = parseIpAddress(prefix.split('/')[0] as string);
    return address ? [address.family, ipAddressToBigInt(address)] : [7, 0n];
  };
  const [familyA, valueA] = key(a);
  const [familyB, valueB] = key(b);
  if (familyA !== familyB) return familyA - familyB;
  return valueA < valueB ? -1 : valueA > valueB ? 1 : a < b ? -1 : a > b ? 1 : 0;
}

function makeTile(prefix: string, members: Sortable[]): Tile {
  members.sort(byAddress);
  const isIpv4 = /^\d+\.\d+\.\d+\.0\/24$/.test(prefix);
  if (isIpv4 && members.length > COMPACT_UP_TO) {
    const cells = new Uint32Array(256);
    for (const { target, address } of members) {
      if (address !== undefined) cells[Number(address & 0xffn)] = target.id;
    }
    return { prefix, columns: FULL_COLUMNS, rows: 16, cells, targets: members.length };
  }
  // As square as it can be, never wider than a /24.
  const columns = Math.min(FULL_COLUMNS, Math.max(4, Math.ceil(Math.sqrt(members.length))));
  const rows = Math.max(1, Math.ceil(members.length / columns));
  const cells = new Uint32Array(columns * rows);
  members.forEach(({ target }, i) => {
    cells[i] = target.id;
  });
  return { prefix, columns, rows, cells, targets: members.length };
}

export function makeTiles(targets: Iterable<TileTarget>): Tile[] {
  const groups = new Map<string, Sortable[]>();
  for (const target of targets) {
    let group = groups.get(target.prefix);
    if (!group) {
      group = [];
      groups.set(target.prefix, group);
    }
    const address = parseIpAddress(target.host);
    group.push({ target, address: address && ipAddressToBigInt(address) });
  }
  return [...groups.keys()].sort(comparePrefixes).map((prefix) => makeTile(prefix, groups.get(prefix)!));
}

export interface PlacedTile {
  tile: Tile;
  /** Place of the cells (the label is above), CSS pixels. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  cellPx: number;
  width: number;
  height: number;
  placed: PlacedTile[];
}

export const LABEL_PX = 18;
export const GAP_PX = 12;
/** Room for a label. */
export const MIN_TILE_PX = 96;

/** Left to right, then the next row; a row is as high as its highest tile. */
export function flowTiles(tiles: readonly Tile[], widthPx: number, cellPx: number): Layout {
  const placed: PlacedTile[] = [];
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  for (const tile of tiles) {
    const width = tile.columns * cellPx;
    const height = tile.rows * cellPx;
    const advance = Math.max(width, MIN_TILE_PX);
    if (x > 0 && x + advance > widthPx) {
      x = 0;
      y += rowHeight + GAP_PX;
      rowHeight = 0;
    }
    placed.push({ tile, x, y: y + LABEL_PX, width, height });
    x += advance + GAP_PX;
    rowHeight = Math.max(rowHeight, height + LABEL_PX);
  }
  const right = placed.reduce((most, { x: left, width }) => Math.max(most, left + width), 0);
  return { cellPx, width: right, height: placed.length === 0 ? 0 : y + rowHeight, placed };
}

export interface CellPlace {
  tileIndex: number;
  cell: number;
}

export type Hit =
  | ({ kind: 'cell'; targetId: number } & CellPlace)
  | { kind: 'tile'; tileIndex: number }
  | undefined;

/** Tiles that show between two heights; `placed` is in rows from top to bottom. */
export function visibleTiles(layout: Layout, fromY: number, toY: number): [first: number, end: number] {
  const { placed } = layout;
  let first = 0;
  while (
    first < placed.length &&
    (placed[first] as PlacedTile).y + (placed[first] as PlacedTile).height < fromY
  )
    first++;
  let end = first;
  while (end < placed.length && (placed[end] as PlacedTile).y - LABEL_PX <= toY) end++;
  return [first, end];
}

export function hitTest(layout: Layout, x: number, y: number): Hit {
  for (let tileIndex = 0; tileIndex < layout.placed.length; tileIndex++) {
    const { tile, x: left, y: top, width, height } = layout.placed[tileIndex] as PlacedTile;
    if (y < top - LABEL_PX) return undefined; // rows only go down from here
    if (x < left || y >= top + height || x >= left + Math.max(width, MIN_TILE_PX)) continue;
    const column = Math.floor((x - left) / layout.cellPx);
    const row = Math.floor((y - top) / layout.cellPx);
    if (y < top || column >= tile.columns) return { kind: 'tile', tileIndex };
    const cell = row * tile.columns + column;
    const targetId = tile.cells[cell] ?? 0;
    return targetId > 0 ? { kind: 'cell', tileIndex, cell, targetId } : { kind: 'tile', tileIndex };
  }
  return undefined;
}

export function placeOfCell(layout: Layout, place: CellPlace): { x: number; y: number } | undefined {
  const placed = layout.placed[place.tileIndex];
  if (!placed) return undefined;
  return {
    x: placed.x + (place.cell % placed.tile.columns) * layout.cellPx,
    y: placed.y + Math.floor(place.cell / placed.tile.columns) * layout.cellPx,
  };
}

export type Direction = 'left' | 'right' | 'up' | 'down' | 'first' | 'last';

/** The next cell that holds a target: nearest in that direction, over the gaps between tiles too. */
export function moveCursor(
  layout: Layout,
  from: CellPlace | undefined,
  direction: Direction,
): CellPlace | undefined {
  const here = from && placeOfCell(layout, from);
  let best: CellPlace | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  layout.placed.forEach(({ tile, x, y }, tileIndex) => {
    for (let cell = 0; cell < tile.cells.length; cell++) {
      if (tile.cells[cell] === 0) continue;
      if (from && tileIndex === from.tileIndex && cell === from.cell) continue;
      if (!here || direction === 'first') {
        best ??= { tileIndex, cell };
        return;
      }
      if (direction === 'last') {
        best = { tileIndex, cell };
        continue;
      }
      const dx = x + (cell % tile.columns) * layout.cellPx - here.x;
      const dy = y + Math.floor(cell / tile.columns) * layout.cellPx - here.y;
      const along = direction === 'left' ? -dx : direction === 'right' ? dx : direction === 'up' ? -dy : dy;
      if (along <= 0) continue;
      const across = direction === 'left' || direction === 'right' ? dy : dx;
      // Far aside counts much more than far ahead: the cursor keeps its row or column.
      const distance = along + 8 * Math.abs(across);
      if (distance < bestDistance) {
        bestDistance = distance;
        best = { tileIndex, cell };
      }
    }
  });
  return best ?? from;
}
