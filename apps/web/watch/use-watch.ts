/** What the pages of Watch share: what stands in the URL, where links lead, what agents are called. */

import { type TileOrder, tileOrders } from '@maille/ui/grid/tile-order';
import { nearestZoom } from '@maille/ui/grid/zoom';
import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { watchText } from './watch-text.ts';

/** Texts of the URL's search part; absent where they say what is so anyway. */
export interface WatchSearch {
  q?: string;
  agent?: string;
  order?: string;
  cell?: string;
  view?: string;
}

export interface WatchChoices {
  filter: string;
  agent: number | undefined;
  order: TileOrder;
  cellPx: number | undefined;
  asTable: boolean;
}

export function readChoices(search: WatchSearch): WatchChoices {
  const agent = Number(search.agent);
  const cell = Number(search.cell);
  return {
    filter: search.q ?? '',
    agent: Number.isInteger(agent) && agent > 0 ? agent : undefined,
    order: tileOrders.find((order) => order === search.order) ?? 'address',
    cellPx: cell > 0 ? nearestZoom(cell) : undefined,
    asTable: search.view === 'table',
  };
}

export function writeChoices(change: Partial<WatchChoices>): WatchSearch {
  const search: { [K in keyof WatchSearch]: string | undefined } = {};
  if (change.filter !== undefined) search.q = change.filter === '' ? undefined : change.filter;
  if ('agent' in change) search.agent = change.agent === undefined ? undefined : String(change.agent);
  if (change.order !== undefined) search.order = change.order === 'address' ? undefined : change.order;
  if (change.cellPx !== undefined) search.cell = String(change.cellPx);
  if (change.asTable !== undefined) search.view = change.asTable ? 'table' : undefined;
  return search as WatchSearch;
}

export function useChoices(): [WatchChoices, (change: Partial<WatchChoices>) => void] {
  const search = useSearch({ strict: false }) as WatchSearch;
  const navigate = useNavigate();
  const { q, agent, order, cell, view } = search;
  const choices = useMemo(
    () =>
      readChoices({
        ...(q !== undefined && { q }),
        ...(agent !== undefined && { agent }),
        ...(order !== undefined && { order }),
        ...(cell !== undefined && { cell }),
        ...(view !== undefined && { view }),
      }),
    [q, agent, order, cell, view],
  );
  const change = useCallback(
    (next: Partial<WatchChoices>) => {
      void navigate({
        to: '.',
        search: ((before: WatchSearch) => ({ ...before, ...writeChoices(next) })) as never,
        replace: true,
      });
    },
    [navigate],
  );
  return [choices, change];
}

export interface WatchLinks {
  openTarget(id: number): void;
  openPrefix(prefix: string): void;
}

export function useWatchLinks(): WatchLinks {
  const navigate = useNavigate();
  return useMemo(
    () => ({
      openTarget: (id) => void navigate({ to: '/watch/target/$id', params: { id: String(id) } }),
      openPrefix: (prefix) => void navigate({ to: '/watch/prefix/$prefix', params: { prefix } }),
    }),
    [navigate],
  );
}

/** The name of the machine that an agent runs on. */
export function useAgentName(): (agentNumber: number) => string {
  const { data } = useLive('machines');
  const text = useText(watchText);
  return useMemo(() => {
    const names = new Map<number, string>();
    for (const machine of data?.values() ?? [])
      names.set(machine.agentNumber, machine.label || machine.facts.hostname);
    return (agentNumber) => names.get(agentNumber) ?? text('agentNumber', { number: agentNumber });
  }, [data, text]);
}
