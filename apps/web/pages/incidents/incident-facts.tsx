/** What is known of an incident, name by name. */
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useNow } from '@maille/ui/time/time.tsx';
import type { Incident } from '@maille/wire/rest/incidents';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { FactsList } from '../../parts/facts-list.tsx';
import { useAgentName } from '../../watch/use-watch.ts';
import { useIncidentWords } from './incident-words.ts';
import { incidentsText } from './incidents-text.ts';

type Fact = readonly [name: string, value: ReactNode];

export function IncidentFacts({ incident }: { incident: Incident }) {
  const text = useText(incidentsText);
  const words = useIncidentWords();
  const format = useFormat();
  const agentName = useAgentName();
  const nowMs = useNow(10_000);
  const { sinceMs, detectedAtMs, endedAtMs, kind, lossRatio, rttNs, agentNumbers, note } = incident;
  const { acknowledgedBy, acknowledgedAtMs } = incident;
  const lasted =
    endedAtMs === null
      ? text('lastsNow', { duration: format.duration(Math.max(0, nowMs - sinceMs)) })
      : words.lasted(incident);
  const facts: (Fact | false)[] = [
    [text('subject'), <Subject key="subject" incident={incident} />],
    [text('affected'), words.affectedInFull(incident)],
    [text('since'), format.dateTime(sinceMs)],
    [
      text('detected'),
      text('detectedAfter', {
        time: format.time(detectedAtMs),
        duration: format.duration(Math.max(0, detectedAtMs - sinceMs)),
      }),
    ],
    kind !== 'route' && [text('until'), <Until key="until" incident={incident} />],
    kind !== 'route' && [text('lasted'), lasted],
    lossRatio !== null && [text('lossRatio'), words.loss(lossRatio)],
    rttNs !== null && [text('rttAtWorst'), words.rtt(rttNs, incident.baselineRttNs)],
    [text('confidence'), words.confidence(incident.confidence)],
    [text('agents'), agentNumbers.length === 0 ? '—' : format.list(agentNumbers.map(agentName))],
    acknowledgedBy !== null && [
      text('who'),
      text('by', { name: acknowledgedBy, time: format.dateTime(acknowledgedAtMs ?? sinceMs) }),
    ],
    note !== '' && [text('note'), note],
  ];
  return <FactsList facts={facts.filter((fact) => fact !== false)} />;
}

/** A prefix has a page of its own; the rest is words. */
function Subject({ incident: { scope, subject } }: { incident: Incident }) {
  const words = useIncidentWords();
  const cause = words.cause({ scope, subject });
  if (scope !== 'prefix') return cause;
  return (
    <Link to="/watch/prefix/$prefix" params={{ prefix: subject }} className="maille-link">
      {cause}
    </Link>
  );
}

function Until({ incident: { endedAtMs, ending, mergedInto } }: { incident: Incident }) {
  const text = useText(incidentsText);
  const format = useFormat();
  if (endedAtMs === null) return text('notYet');
  return (
    <>
      {format.dateTime(endedAtMs)}
      {ending && ' · '}
      {mergedInto === null ? (
        ending && text(ending)
      ) : (
        <Link to="/incidents/$id" params={{ id: String(mergedInto) }} className="maille-link">
          {text('mergedInto', { id: mergedInto })}
        </Link>
      )}
    </>
  );
}
