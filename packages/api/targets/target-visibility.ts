/** Who sees which targets: operators and admins all of them, viewers those of their teams and of no team. */
import type { Target } from '@maille/wire/rest/targets';
import type { KnownCaller } from '../auth/caller.ts';

export interface Visibility {
  /** Everything: nothing has to be filtered. */
  all: boolean;
  sees(target: Pick<Target, 'teamId'>): boolean;
}

export function visibilityOf(caller: Pick<KnownCaller, 'role' | 'teamIds'>): Visibility {
  if (caller.role !== 'viewer') return { all: true, sees: () => true };
  const teams = new Set(caller.teamIds);
  return { all: false, sees: ({ teamId }) => teamId === null || teams.has(teamId) };
}
