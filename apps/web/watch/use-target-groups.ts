/** What a target belongs to, for tiles in the order of tag, team or agent. */

import type { TileOrder } from '@maille/ui/grid/tile-order';
import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import type { Target } from '@maille/wire/rest/targets';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTeamsQuery } from '../pages/targets/teams-query.ts';
import { useAgentName } from './use-watch.ts';
import { watchText } from './watch-text.ts';

export function useTargetGroups(targets: ReadonlyMap<number, Target>, order: TileOrder) {
  const text = useText(watchText);
  const machines = useLive('machines').data;
  const agentName = useAgentName();
  const teamsQuery = useTeamsQuery();
  const { data } = useQuery({ ...teamsQuery, enabled: order === 'team' });
  return useMemo(() => {
    if (order === 'tag') return (id: number) => [...(targets.get(id)?.tags ?? [])].sort()[0] ?? '';
    if (order === 'team') {
      const names = new Map(data?.teams.map((team) => [team.id, team.name]));
      return (id: number) => names.get(targets.get(id)?.teamId ?? 0) ?? '';
    }
    if (order !== 'agent') return undefined;
    const nameOf = (machineId: string) => {
      const machine = machines?.get(machineId);
      return machine ? agentName(machine.agentNumber) : machineId.slice(0, 8);
    };
    return (id: number) => {
      const agents = targets.get(id)?.agents;
      if (agents?.by === 'ids') return agents.ids.map(nameOf).sort().join(', ');
      if (agents?.by === 'tags') return [...agents.tags].sort().join(', ');
      return agents ? text('everyAgent') : '';
    };
  }, [targets, order, data, machines, agentName, text]);
}
