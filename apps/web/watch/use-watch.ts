/** What the pages of Watch share: what stands in the URL, where links lead, what agents are called. */

import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { readChoices, type WatchChoices, type WatchSearch, writeChoices } from './watch-choices.ts';
import { watchText } from './watch-text.ts';

export function useChoices(): [WatchChoices, (change: Partial<WatchChoices>) => void] {
  const search = useSearch({ strict: false }) as WatchSearch;
  const navigate = useNavigate();
  // The search object is made anew whenever any part of the address changes: the time, every few seconds.
  const key = JSON.stringify(search);
  const choices = useMemo(() => readChoices(JSON.parse(key) as WatchSearch), [key]);
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

/** Going closer keeps whose samples these are, what their colours tell and how they are probed. */
const kept = ({ agent, color, probe }: WatchSearch): WatchSearch => ({
  ...(agent !== undefined && { agent }),
  ...(color !== undefined && { color }),
  ...(probe !== undefined && { probe }),
});

export function useWatchLinks(): WatchLinks {
  const navigate = useNavigate();
  return useMemo(
    () => ({
      openTarget: (id) =>
        void navigate({ to: '/watch/target/$id', params: { id: String(id) }, search: kept as never }),
      openPrefix: (prefix) =>
        void navigate({ to: '/watch/prefix/$prefix', params: { prefix }, search: kept as never }),
    }),
    [navigate],
  );
}

/** The name of the machine that an agent runs on; with its number where several machines bear one name. */
/** The name of a machine that is known, told apart from others of its name; of another one the name it had. */
export function useMachineName(): (machineId: string, had: string) => string {
  const { data } = useLive('machines');
  const agentName = useAgentName();
  return useCallback(
    (machineId, had) => {
      const machine = data?.get(machineId);
      return machine ? agentName(machine.agentNumber) : had;
    },
    [data, agentName],
  );
}

export function useAgentName(): (agentNumber: number) => string {
  const { data } = useLive('machines');
  const text = useText(watchText);
  return useMemo(() => {
    const names = new Map<number, string>();
    const bearers = new Map<string, number>();
    for (const machine of data?.values() ?? []) {
      const name = machine.label || machine.facts.hostname;
      names.set(machine.agentNumber, name);
      bearers.set(name, (bearers.get(name) ?? 0) + 1);
    }
    return (agentNumber) => {
      const alone = text('agentNumber', { number: agentNumber });
      const name = names.get(agentNumber);
      if (name === undefined) return alone;
      return bearers.get(name) === 1 ? name : `${name} (${alone})`;
    };
  }, [data, text]);
}
