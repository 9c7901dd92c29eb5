/** Somebody says that they are on it, or no longer. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { acknowledgeIncident, type Incident } from '@maille/wire/rest/incidents';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useAction } from '../../app/action.tsx';
import { incidentsText } from './incidents-text.ts';

export function useIncidentActions() {
  const text = useText(incidentsText);
  const call = useCall();
  const act = useAction();
  const queries = useQueryClient();
  return useMemo(() => {
    const say = async (id: number, acknowledged: boolean, note: string) => {
      const changed = await call(acknowledgeIncident, { params: { id }, body: { acknowledged, note } });
      // Those that ended long ago are not on the live line.
      await queries.invalidateQueries({ queryKey: ['incident', id] });
      await queries.invalidateQueries({ queryKey: ['incidents'] });
      return changed;
    };
    return {
      acknowledge: ({ id, note: before }: Incident, note: string) =>
        act({
          doing: text('acknowledging'),
          run: () => say(id, true, note),
          done: () => text('acknowledgedDone'),
          undo: () => say(id, false, before),
        }),
      takeBack: ({ id, note }: Incident) =>
        void act({
          doing: text('acknowledging'),
          run: () => say(id, false, note),
          done: () => text('takenBack'),
          undo: () => say(id, true, note),
        }),
    };
  }, [text, call, act, queries]);
}
