/** An incident in words: its name, how bad, how sure. */
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import type { Incident } from '@maille/wire/rest/incidents';
import { useMemo } from 'react';
import type { StateTone } from '../../parts/state-mark.tsx';
import { incidentsText } from './incidents-text.ts';

/** What cannot be told from certain by a person who reads it. */
const NEARLY_SURE = 0.999;

export function toneOf({ state, kind, severity }: Incident): StateTone {
  if (state === 'ended') return 'off';
  if (kind === 'silent' || kind === 'loss') return severity === 'severe' ? 'severe' : 'loss';
  return severity;
}

export function useIncidentWords() {
  const text = useText(incidentsText);
  const format = useFormat();
  return useMemo(
    () => ({
      name: ({ kind, scope, subject }: Pick<Incident, 'kind' | 'scope' | 'subject'>) =>
        text('named', { kind: text(kind), scope: text(scope), subject }),
      state: ({ state, severity, acknowledgedBy }: Incident) =>
        state === 'ended' ? text('ended') : text(acknowledgedBy === null ? severity : 'acknowledged'),
      confidence: (ratio: number) =>
        ratio > NEARLY_SURE ? `> ${format.percent(NEARLY_SURE)}` : format.percent(ratio),
      loss: (ratio: number | null) => (ratio === null ? '—' : format.percent(ratio)),
      rtt: (rttNs: number | null, baselineRttNs: number | null) =>
        rttNs === null
          ? '—'
          : baselineRttNs === null
            ? format.rtt(rttNs)
            : `${format.rtt(rttNs)} (${text('usual', { rtt: format.rtt(baselineRttNs) })})`,
      affected: ({ affected, affectedMost, ofTargets, state }: Incident) =>
        text('affectedOf', {
          affected: format.number(state === 'open' ? affected : affectedMost),
          total: format.number(ofTargets),
        }),
    }),
    [text, format],
  );
}
