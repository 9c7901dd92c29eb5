/** What a person chose to see, as it stands in the URL: any view can be sent to a colleague. */
import { type Coloring, colorings } from '@maille/ui/grid/cell-colors';
import { type TileOrder, tileOrders } from '@maille/ui/grid/tile-order';
import { nearestZoom } from '@maille/ui/grid/zoom';

/** Texts of the URL's search part; absent where they say what is so anyway. */
export interface WatchSearch {
  q?: string;
  agent?: string;
  order?: string;
  cell?: string;
  view?: string;
  color?: string;
  probe?: string;
  compare?: string;
  detail?: string;
}

/** With what a target's time is compared: the same length of time, this much before. */
export const comparisons = ['none', 'hour', 'day', 'week'] as const;
export type Comparison = (typeof comparisons)[number];

export interface WatchChoices {
  filter: string;
  agent: number | undefined;
  /** Undefined: nobody has chosen one. */
  order: TileOrder | undefined;
  cellPx: number | undefined;
  asTable: boolean;
  coloring: Coloring;
  /** Undefined: echoes, or whatever there is. */
  probe: string | undefined;
  comparison: Comparison;
  /** Each probe instead of the minutes' bands. */
  eachProbe: boolean;
}

export function readChoices(search: WatchSearch): WatchChoices {
  const agent = Number(search.agent);
  const cell = Number(search.cell);
  return {
    filter: search.q ?? '',
    agent: Number.isInteger(agent) && agent > 0 ? agent : undefined,
    order: tileOrders.find((order) => order === search.order),
    cellPx: cell > 0 ? nearestZoom(cell) : undefined,
    asTable: search.view === 'table',
    coloring: colorings.find((coloring) => coloring === search.color) ?? 'usual',
    probe: search.probe,
    comparison: comparisons.find((comparison) => comparison === search.compare) ?? 'none',
    eachProbe: search.detail === 'each',
  };
}

export function writeChoices(change: Partial<WatchChoices>): WatchSearch {
  const search: { [K in keyof WatchSearch]: string | undefined } = {};
  if (change.filter !== undefined) search.q = change.filter === '' ? undefined : change.filter;
  if ('agent' in change) search.agent = change.agent === undefined ? undefined : String(change.agent);
  if (change.order !== undefined) search.order = change.order;
  if (change.cellPx !== undefined) search.cell = String(change.cellPx);
  if (change.asTable !== undefined) search.view = change.asTable ? 'table' : undefined;
  if (change.coloring !== undefined) search.color = change.coloring === 'usual' ? undefined : change.coloring;
  if ('probe' in change) search.probe = change.probe;
  if (change.comparison !== undefined)
    search.compare = change.comparison === 'none' ? undefined : change.comparison;
  if (change.eachProbe !== undefined) search.detail = change.eachProbe ? 'each' : undefined;
  return search as WatchSearch;
}
