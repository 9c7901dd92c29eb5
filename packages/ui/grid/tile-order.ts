/** Order of the tiles: by address, or what is worst first. */
import { isLost, LEVEL_NONE } from '../samples/sample-level.ts';
import type { SampleWindow, TargetSummary } from '../samples/sample-window.ts';
import type { Tile } from './tiles.ts';

export const tileOrders = ['address', 'severity'] as const;
export type TileOrder = (typeof tileOrders)[number];

/** How bad a tile is: share of its targets lost now, then of echoes lost within the minute, then slow ones. */
export function tileSeverity(tile: Tile, window: SampleWindow, agent: number | undefined): number {
  const summary: TargetSummary = { level: 0, rttNs: 0, ageSeconds: 0, sent: 0, lost: 0 };
  let lostNow = 0;
  let lossShare = 0;
  let level = 0;
  for (const id of tile.cells) {
    if (id === 0) continue;
    window.summarize(window.indexOf(id), summary, agent);
    if (summary.level === LEVEL_NONE) continue;
    if (isLost(summary.level)) lostNow++;
    else level += summary.level / 256;
    if (summary.sent > 0) lossShare += summary.lost / summary.sent;
  }
  return (lostNow * 100 + lossShare * 10 + level / 10) / Math.max(1, tile.targets);
}

/** `tiles` are in order of address already; equals keep that order. */
export function orderTiles(
  tiles: readonly Tile[],
  order: TileOrder,
  window: SampleWindow,
  agent: number | undefined,
): readonly Tile[] {
  if (order === 'address') return tiles;
  return tiles
    .map((tile) => ({ tile, severity: tileSeverity(tile, window, agent) }))
    .sort((a, b) => b.severity - a.severity)
    .map(({ tile }) => tile);
}
