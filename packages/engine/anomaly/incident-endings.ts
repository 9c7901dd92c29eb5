/**
 * When an incident is over: all its alarms have been for a while, or nobody samples its targets any more,
 * or it was a change of route that was told for long enough. What flaps stays open.
 */
import type { IncidentEvidence } from '@maille/wire/rest/incidents';
import { createFlapHistory, type FlapHistory } from './flap-history.ts';
import type { IncidentBook } from './incident-book.ts';
import type { Child, ChildFamily } from './incident-children.ts';
import { ROUND_SLACK_MS } from './route-causes.ts';
import type { SeriesNow, TargetPlace } from './surroundings.ts';
import type { Tracked } from './tracked-incident.ts';

export interface IncidentEndingsOptions {
  placeOf(targetId: number): TargetPlace | undefined;
  series(): Iterable<SeriesNow>;
  agentHeardMs(agentNumber: number): number;
  /** That it flaps, or not any more, is told at once. */
  tell(tracked: Tracked, nowMs: number): void;
  end(of: IncidentEvidence, family: ChildFamily, endedMs: number, how: Child['ended']): void;
}

const HOLD_MS = 30_000;
const FLAP_STATE_MS = 30_000;
/** Nothing was sampled for so long, beyond what interval and timeout explain: nobody knows any more. */
const STALE_MS = 120_000;
const STALE_EVERY_MS = 10_000;
/** Of five minutes between rounds, as is usual: three rounds, so that a way back is found while it is open. */
const ROUTE_MS = 900_000;

export const staleAfterMs = ({ intervalMs, timeoutMs }: TargetPlace) => 2 * intervalMs + timeoutMs + STALE_MS;
/** Others that lost the same router are found while one round of all goes on: no shorter. */
const routeMs = ({ difference }: Child) => Math.max(ROUTE_MS, (difference?.roundMs ?? 0) + ROUND_SLACK_MS);

export function createIncidentEndings(options: IncidentEndingsOptions) {
  const { placeOf, end, tell } = options;
  const flaps = new Map<string, FlapHistory>();
  let flapMs = 0;
  let staleMs = 0;
  const isFlapping = (scopeKey: string) => flaps.get(scopeKey)?.flapping ?? false;

  function settle(book: IncidentBook, tracked: Tracked, nowMs: number): void {
    const { children, incident, scopeKey } = tracked;
    let usualSinceMs = children.size > 0 ? 0 : tracked.joinedMs;
    for (const { evidence } of children.values()) {
      if (evidence.clearedAtMs === null) return;
      usualSinceMs = Math.max(usualSinceMs, evidence.clearedAtMs);
    }
    // From when it was as usual again, and not from when that was certain.
    if (nowMs - usualSinceMs < holdMs(tracked) || isFlapping(scopeKey)) return;
    const all = [...children.values()];
    const endedAtMs = Math.max(incident.sinceMs, usualSinceMs);
    const most = (how: Child['ended']) => 2 * all.filter(({ ended }) => ended === how).length > all.length;
    const ending = (['new-usual', 'no-data', 'over'] as const).find(most) ?? 'recovered';
    book.close(tracked, ending, endedAtMs);
  }

  function holdMs({ children }: Tracked): number {
    const [first] = children.values();
    return Math.max(HOLD_MS, 3 * (placeOf(first?.evidence.targetId ?? 0)?.intervalMs ?? 0));
  }

  function watchFlaps(book: IncidentBook, nowMs: number): void {
    const bad = new Set<string>();
    for (const { scopeKey, children } of book.all()) {
      if (!flaps.has(scopeKey)) flaps.set(scopeKey, createFlapHistory());
      for (const { evidence } of children.values())
        if (evidence.clearedAtMs === null) {
          bad.add(scopeKey);
          break;
        }
    }
    for (const [key, history] of flaps) {
      history.add(bad.has(key));
      if (history.calm) flaps.delete(key);
    }
    for (const tracked of book.all()) {
      const flapping = isFlapping(tracked.scopeKey);
      if (tracked.incident.flapping === flapping) continue;
      tracked.incident.flapping = flapping;
      tell(tracked, nowMs);
    }
  }

  /** What nobody samples any more has no end that anybody saw; a change of route is told, and over. */
  function endStale(book: IncidentBook, nowMs: number): void {
    const lastSent = new Map<string, number>();
    for (const { agentNumber, targetId, lastSentMs } of options.series())
      lastSent.set(`${targetId} ${agentNumber}`, lastSentMs);
    for (const tracked of book.all())
      for (const [key, child] of tracked.children) {
        const { evidence, families } = child;
        if (evidence.clearedAtMs !== null) continue;
        const { agentNumber, targetId, raisedAtMs } = evidence;
        const place = placeOf(targetId);
        const lastMs = families.has('sends') ? options.agentHeardMs(agentNumber) : (lastSent.get(key) ?? 0);
        const heardMs = Math.max(lastMs, tracked.joinedMs);
        const stale = !place || nowMs - heardMs > staleAfterMs(place);
        for (const family of [...families])
          if (stale) end(evidence, family, Math.min(nowMs, heardMs), 'no-data');
          else if (family === 'route' && nowMs - raisedAtMs > routeMs(child))
            end(evidence, family, nowMs, 'over');
      }
  }

  return {
    isFlapping,
    tick(book: IncidentBook, nowMs: number): void {
      if (nowMs - staleMs >= STALE_EVERY_MS && book.size > 0) {
        staleMs = nowMs;
        endStale(book, nowMs);
      }
      if (nowMs - flapMs >= FLAP_STATE_MS) {
        flapMs = nowMs;
        watchFlaps(book, nowMs);
      }
      for (const tracked of book.all()) settle(book, tracked, nowMs);
    },
  };
}
