/**
 * What is told of an open incident: summed up anew from its alarms, with what of its evidence has changed.
 * How much is lost comes from the last probes of all that it is about: while it is young, of all that share
 * what is blamed, since those that have raised an alarm by then are those that happened to be hit hardest.
 */
import type { IncidentEvidence } from '@maille/wire/rest/incidents';
import { sinceOf, summarize } from './incident-children.ts';
import { staleAfterMs } from './incident-endings.ts';
import { isSilence, lossLately, OVER, type PooledLoss, poolLoss } from './pooled-loss.ts';
import type { Outcomes } from './recent-outcomes.ts';
import type { SeriesNow, TargetPlace } from './surroundings.ts';
import { isCovered, type OpenedIncident, type Tracked } from './tracked-incident.ts';

export interface IncidentTellerOptions {
  placeOf(targetId: number): TargetPlace | undefined;
  hopsOf?(agentNumber: number, targetId: number): readonly string[];
  series(): Iterable<SeriesNow>;
  outcomesOf?(agentNumber: number, targetId: number, sinceMs: number, nowMs: number): Outcomes | undefined;
  /** How many targets share what is blamed. */
  ofTargets(scopeKey: string): number;
  changed(opened: OpenedIncident, evidence: IncidentEvidence[]): void;
}

type Place = Pick<SeriesNow, 'agentNumber' | 'targetId'>;

/** One that changes all the time is told of once a second. */
const TELL_MS = 1_000;
/** How much is lost is looked at so often, and told when it is another by so much. */
const LOOK_MS = 5_000;
const OTHER_LOSS = 0.05;
const YOUNG_MS = 30_000;

export function createIncidentTeller(options: IncidentTellerOptions) {
  const { placeOf, hopsOf = () => [], series, outcomesOf, ofTargets, changed } = options;
  let tickMs = 0;
  let lookMs = 0;

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

  /** Of those, the last probes that were sent since then. */
  function outcomesSince(of: Iterable<Place>, sinceMs: number, nowMs: number): Outcomes[] {
    const all: Outcomes[] = [];
    for (const { agentNumber, targetId } of of) {
      const outcomes = outcomesOf?.(agentNumber, targetId, sinceMs, nowMs);
      if (outcomes) all.push(outcomes);
    }
    return all;
  }

  function* sharers({ scopeKey }: Tracked): Generator<Place> {
    for (const one of series()) {
      const { agentNumber, targetId } = one;
      if (isCovered(scopeKey, agentNumber, placeOf(targetId), hopsOf(agentNumber, targetId))) yield one;
    }
  }

  function lossOf(tracked: Tracked, nowMs: number): PooledLoss | undefined {
    const { incident, openedMs, children } = tracked;
    const all = [...children.values()].map(({ evidence }) => evidence);
    const active = all.filter(({ clearedAtMs }) => clearedAtMs === null);
    if (!outcomesOf || active.length === 0) return undefined;
    const sinceMs = sinceOf(all);
    const theirs = outcomesSince(active, sinceMs, nowMs);
    // It is about to be over: what was lost until then is what it was.
    if (lossLately(theirs) < OVER * (incident.lossRatio ?? 0)) return undefined;
    const isYoung = incident.scope !== 'target' && nowMs - openedMs <= YOUNG_MS;
    return poolLoss(isYoung ? outcomesSince(sharers(tracked), sinceMs, nowMs) : theirs);
  }

  function tell(tracked: Tracked, nowMs: number, pooled = lossOf(tracked, nowMs)): void {
    const { incident, scopeKey, dirty, children } = tracked;
    const observers = new Set([...children.values()].map(({ evidence }) => evidence.agentNumber)).size;
    const seen = observersOf(tracked, observers);
    const { affected, ...summary } = summarize(children.values(), seen, incident, pooled);
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

  function look(tracked: Tracked, nowMs: number): void {
    const { kind, lossRatio, affected } = tracked.incident;
    if (affected === 0 || (kind !== 'silent' && kind !== 'loss')) return;
    const pooled = lossOf(tracked, nowMs);
    if (!pooled) return;
    const isOther = Math.abs(pooled.lossRatio - (lossRatio ?? 0)) >= OTHER_LOSS;
    if (isOther || isSilence(pooled, kind === 'silent') !== (kind === 'silent')) tell(tracked, nowMs, pooled);
  }

  return {
    tell: (tracked: Tracked, nowMs: number) => tell(tracked, nowMs),
    /** Tells those that have news. */
    tick(open: Iterable<Tracked>, nowMs: number): void {
      tickMs = nowMs;
      const looks = nowMs - lookMs >= LOOK_MS;
      if (looks) lookMs = nowMs;
      for (const tracked of open) {
        const { toldMs, dirty } = tracked;
        if (toldMs === undefined || (dirty.size > 0 && nowMs - toldMs >= TELL_MS)) tell(tracked, nowMs);
        else if (looks && nowMs - toldMs >= TELL_MS) look(tracked, nowMs);
      }
    },
  };
}
