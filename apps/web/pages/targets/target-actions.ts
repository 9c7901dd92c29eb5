/** Changes of targets, each with the way back. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import {
  changeTargets,
  deleteTargets,
  restoreTargets,
  type Target,
  type TargetChange,
} from '@maille/wire/rest/targets';
import { useMemo } from 'react';
import { useAction } from '../../app/action.tsx';
import { groupByBefore } from './group-by-before.ts';
import { targetsText } from './targets-text.ts';

const idsOf = (targets: readonly Target[]) => targets.map(({ id }) => id);

export function useTargetActions() {
  const text = useText(targetsText);
  const call = useCall();
  const act = useAction();
  return useMemo(
    () => ({
      remove(targets: readonly Target[]) {
        const ids = idsOf(targets);
        void act({
          doing: text('removing'),
          run: () => call(deleteTargets, { body: { ids } }),
          done: ({ deleted }) => text('removed', { count: deleted }),
          undo: () => call(restoreTargets, { body: { ids } }),
        });
      },
      change(targets: readonly Target[], change: TargetChange) {
        const back = groupByBefore(targets, change);
        return act({
          doing: text('changing'),
          run: () => call(changeTargets, { body: { ids: idsOf(targets), change } }),
          done: ({ changed }) => text('changed', { count: changed }),
          undo: async () => {
            for (const group of back) await call(changeTargets, { body: group });
          },
        });
      },
    }),
    [text, call, act],
  );
}
