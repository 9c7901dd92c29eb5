/** What is told of an open incident: summed up anew from its alarms, with what of its evidence has changed. */
import type { IncidentEvidence } from '@maille/wire/rest/incidents';
import { summarize } from './incident-children.ts';
import { staleAfterMs } from './incident-endings.ts';
import type { SeriesNow, TargetPlace } from './surroundings.ts';
import type { OpenedIncident, Tracked } from './tracked-incident.ts';

export interface IncidentTellerOptions {
  placeOf(targetId: number): TargetPlace | undefined;
  series(): Iterable<SeriesNow>;
  /** How many targets share what is blamed. */
  ofTargets(scopeKey: string): number;
  changed(opened: OpenedIncident, evidence: IncidentEvidence[]): void;
}

/** One that changes all the time is told of once a second. */
const TELL_MS = 1_000;

export function createIncidentTeller({ placeOf, series, ofTargets, changed }: IncidentTellerOptions) {
  let tickMs = 0;

  /** Agents that probe the first of its targets: a quorum is asked of one target only, and of who is there. */
  function observersOf({ incident, children }: Tracked, seen: number): number {
    if (incident.scope !== 'target') return seen;
    const [first] = children.values();
    const targetId = first?.evidence.targetId ?? 0;
    const place = placeOf(targetId);
    if (!place) return seen;
    const sinceMs = tickMs - staleAfterMs(place);
    let observers = 0;
    for (const one of series()) if (one.targetId === targetId && one.lastSentMs >= sinceMs) observers++;
    return Math.max(observers, seen);
  }

  function tell(tracked: Tracked, nowMs: number): void {
    const { incident, scopeKey, dirty, children } = tracked;
    const observers = new Set([...children.values()].map(({ evidence }) => evidence.agentNumber)).size;
    const { affected, ...summary } = summarize(children.values(), observersOf(tracked, observers), incident);
    const now = incident.state === 'open' ? affected : 0;
    Object.assign(incident, summary, {
      affected: now,
      affectedMost: Math.max(incident.affectedMost, affected),
    });
    incident.ofTargets = Math.max(ofTargets(scopeKey), incident.affectedMost);
    const evidence = [...dirty].map((child) => ({ ...child.evidence }));
    dirty.clear();
    tracked.toldMs = nowMs;
    changed({ incident: { ...incident }, scopeKey }, evidence);
  }

  return {
    tell,
    /** Tells those that have news. */
    tick(open: Iterable<Tracked>, nowMs: number): void {
      tickMs = nowMs;
      for (const tracked of open) {
        const { toldMs, dirty } = tracked;
        if (toldMs === undefined || (dirty.size > 0 && nowMs - toldMs >= TELL_MS)) tell(tracked, nowMs);
      }
    },
  };
}
