import type { Machine } from '@maille/wire/rest/machines';
import type { Target } from '@maille/wire/rest/targets';

/** Whether a target's selection of agents names this one. */
export function isProbedBy(
  { agents }: Pick<Target, 'agents'>,
  machine: Pick<Machine, 'id' | 'tags'>,
): boolean {
  switch (agents.by) {
    case 'all':
      return true;
    case 'ids':
      return agents.ids.includes(machine.id);
    case 'tags':
      return agents.tags.some((tag) => machine.tags.includes(tag));
    case 'mesh':
      return agents.machineId !== machine.id;
  }
}
