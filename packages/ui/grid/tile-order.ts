/** Order of the tiles: by address, by what is worst, or by what their targets have in common. */
import { isLost, LEVEL_NONE } from '../samples/sample-level.ts';
import { emptySummary, type SampleWindow } from '../samples/sample-window.ts';
import type { Tile } from './tiles.ts';

export const tileOrders = ['address', 'severity', 'tag', 'team', 'agent'] as const;
export type TileOrder = (typeof tileOrders)[number];
/** Orders that need to be told what a target belongs to. */
export const groupedOrders: readonly TileOrder[] = ['tag', 'team', 'agent'];

/**
 * How bad a tile is: share of its targets lost now, then of echoes lost within the minute, then how far
 * from usual its answers are, and of those that nothing is known of, how slow.
 */
export function tileSeverity(tile: Tile, window: SampleWindow, agent: number | undefined): number {
  const summary = emptySummary();
  let lostNow = 0;
  let lossShare = 0;
  let slow = 0;
  for (const id of tile.cells) {
    if (id === 0) continue;
    window.summarize(window.indexOf(id), summary, agent);
    if (summary.level === LEVEL_NONE) continue;
    if (isLost(summary.level)) lostNow++;
    else if (Number.isNaN(summary.deviation)) slow += summary.level / 256;
    else slow += Math.max(0, Math.min(100, 10 * summary.deviation));
    if (summary.sent > 0) lossShare += summary.lost / summary.sent;
  }
  return (lostNow * 100 + lossShare * 10 + slow / 10) / Math.max(1, tile.targets);
}

export interface TileGroup {
  /** What most of its targets belong to; empty: to nothing. */
  name: string;
  /** How many other groups it has targets of. */
  others: number;
}

export function groupOfTile(tile: Tile, groupOf: (targetId: number) => string): TileGroup {
  const counts = new Map<string, number>();
  for (const id of tile.cells) {
    if (id === 0) continue;
    const name = groupOf(id);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  let best: [name: string, count: number] = ['', 0];
  for (const entry of counts) if (entry[1] > best[1]) best = entry;
  return { name: best[0], others: Math.max(0, counts.size - 1) };
}

/** `tiles` are in order of address already; equals keep that order, and what belongs to nothing comes last. */
export function orderTiles(
  tiles: readonly Tile[],
  order: TileOrder,
  window: SampleWindow,
  agent: number | undefined,
  groupOf: (targetId: number) => string,
): readonly Tile[] {
  if (order === 'address') return tiles;
  if (order === 'severity')
    return tiles
      .map((tile) => ({ tile, severity: tileSeverity(tile, window, agent) }))
      .sort((a, b) => b.severity - a.severity)
      .map(({ tile }) => tile);
  const rank = (name: string) => (name === '' ? 1 : 0);
  return tiles
    .map((tile) => ({ tile, name: groupOfTile(tile, groupOf).name }))
    .sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name))
    .map(({ tile }) => tile);
}
