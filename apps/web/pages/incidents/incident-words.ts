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
  return useMemo(() => {
    /** What is lost behind a router is not the router: it may answer well. One that vanished has another beside it. */
    const cause = ({ scope, subject }: Pick<Incident, 'scope' | 'subject'>) =>
      `${text(scope === 'hop' && !subject.includes('→') ? 'behind' : scope)} ${subject}`;
    return {
      cause,
      name: ({ kind, scope, subject }: Pick<Incident, 'kind' | 'scope' | 'subject'>) =>
        text('named', { kind: text(kind), cause: cause({ scope, subject }) }),
      /** How bad, or who is on it; of what is over, how it ended. */
      state({ state, severity, ending, flapping, acknowledgedBy }: Incident) {
        if (state === 'ended') return text(ending ?? 'ended');
        if (acknowledgedBy !== null) return text('onIt', { name: acknowledgedBy });
        return flapping ? text('onAndOff', { state: text(severity) }) : text(severity);
      },
      /** A change of route is a moment. */
      lasted: ({ kind, sinceMs, endedAtMs }: Incident) =>
        endedAtMs === null ? text('open') : kind === 'route' ? '—' : format.duration(endedAtMs - sinceMs),
      confidence: (ratio: number) =>
        ratio > NEARLY_SURE ? `> ${format.percent(NEARLY_SURE)}` : format.percent(ratio),
      loss: (ratio: number | null) => (ratio === null ? '—' : format.percent(ratio)),
      rtt: (rttNs: number | null, baselineRttNs: number | null) =>
        rttNs === null
          ? '—'
          : baselineRttNs === null
            ? format.rtt(rttNs)
            : `${format.rtt(rttNs)} (${text('usual', { rtt: format.rtt(baselineRttNs) })})`,
      affectedInFull: ({ affected, affectedMost, ofTargets, state }: Incident) =>
        text(state === 'open' && affected < affectedMost ? 'affectedAndMost' : 'affectedOf', {
          affected: format.number(state === 'open' ? affected : affectedMost),
          most: format.number(affectedMost),
          total: format.number(ofTargets),
        }),
      affected: ({ affected, affectedMost, ofTargets, state }: Incident) =>
        text('affectedOf', {
          affected: format.number(state === 'open' ? affected : affectedMost),
          total: format.number(ofTargets),
        }),
    };
  }, [text, format]);
}
