import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { useCallback } from 'react';
import { incidentsText } from './incidents-text.ts';

/** A machine's name by the number that its samples carry; one that is gone keeps its number. */
export function useAgentName(): (agentNumber: number) => string {
  const text = useText(incidentsText);
  const machines = useLive('machines').data;
  return useCallback(
    (number) => {
      for (const { agentNumber, label, facts } of machines?.values() ?? [])
        if (agentNumber === number) return label || facts.hostname;
      return text('agentNumber', { number });
    },
    [text, machines],
  );
}
