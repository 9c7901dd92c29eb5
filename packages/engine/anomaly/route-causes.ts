/**
 * Changes of route, one incident a cause. Each target is traced at its own minute, so changes with one cause
 * are found over as long as a round of all takes, and no window of seconds can hold them together. What
 * they share is the router that they lost: a change joins the open incident that blames it, be that one of
 * changes or one of loss and RTT of about that time; the second target raises it from the target to the
 * router. A series has one incident at a time: a route that leads back through the router ends its part of
 * it, and one that loses yet another router leaves for that.
 */
import type { IncidentEvidence } from '@maille/wire/rest/incidents';
import type { RouteDifference } from '../route/route-difference.ts';
import type { IncidentBook } from './incident-book.ts';
import { type Child, type ChildFamily, isRouteAlone } from './incident-children.ts';
import { scopeRank, type Tracked } from './tracked-incident.ts';
import { isReturn, isShared, namesOf, subjectOf } from './vanished-router.ts';

/** What a round takes, and what the clocks of two agents may be apart. */
export const ROUND_SLACK_MS = 60_000;

export interface RouteCausesOptions {
  book: IncidentBook;
  /** An open cause that covers the series, whatever it is of. */
  causeOf(agentNumber: number, targetId: number, nowMs: number): Tracked | undefined;
  end(of: IncidentEvidence, family: ChildFamily, endedMs: number, how: Child['ended']): void;
}

export function createRouteCauses({ book, causeOf, end }: RouteCausesOptions) {
  const isOfThatTime = ({ incident }: Tracked, { evidence, difference }: Child) =>
    Math.abs(incident.sinceMs - evidence.sinceMs) <= (difference?.roundMs ?? 0) + ROUND_SLACK_MS;

  /** The open incident that blames what this one lost. */
  function find(child: Child, difference: RouteDifference): Tracked | undefined {
    for (const name of namesOf(difference)) {
      const tracked = book.ofRouter(name);
      if (tracked) return tracked;
      const hop = book.ofCause(`hop ${name}`);
      if (hop && isOfThatTime(hop, child)) return hop;
    }
    return undefined;
  }

  /**
   * From one target to the router that several have lost. Of what goes by a router, the routes now say which
   * one it is, where before it was known only that all ways led there: it takes that name.
   */
  function rise(tracked: Tracked): void {
    const { vanished, incident, scopeKey } = tracked;
    if (!vanished?.shared) return;
    const subject = subjectOf(vanished);
    const isRouter = scopeKey.startsWith('router ');
    if (incident.scope === 'hop' && !isRouter) {
      if (incident.subject !== subject) book.rename(tracked, 'hop', scopeKey, subject);
      return;
    }
    if (!isRouter && scopeRank[incident.scope] >= scopeRank.hop) return;
    if (isRouter && incident.subject === subject) return;
    const [name] = vanished.candidates.keys();
    book.rename(tracked, 'hop', `router ${name}`, subject);
  }

  /** What a change is to the incident that its series is in already: `elsewhere` if another cause. */
  function within(tracked: Tracked, key: string, child: Child, nowMs: number): 'done' | 'elsewhere' {
    const { evidence, difference } = child;
    const known = tracked.children.get(key);
    const { vanished } = tracked;
    if (vanished && difference && !isShared(vanished, difference)) {
      if (isReturn(vanished, difference)) {
        end(evidence, 'route', evidence.sinceMs, 'recovered');
        return 'done';
      }
      if (known && isRouteAlone(known)) {
        end(evidence, 'route', evidence.sinceMs, 'over');
        book.leave(key);
        return 'elsewhere';
      }
    }
    // What was wrong there long before is not why the route has changed.
    const ofLater = vanished === undefined && !isOfThatTime(tracked, child);
    book.join(tracked, key, ofLater ? { ...child, difference: undefined } : child, nowMs);
    return 'done';
  }

  return {
    /** False: it lost and gained nothing that it could share with others. */
    take(key: string, child: Child, nowMs: number): boolean {
      const { evidence, difference } = child;
      const { agentNumber, targetId, host } = evidence;
      const mine = book.ofSeries(key);
      if (mine && within(mine, key, child, nowMs) === 'done') {
        rise(mine);
        return true;
      }
      if (!difference || [...namesOf(difference)].length === 0) return false;
      const around = causeOf(agentNumber, targetId, nowMs);
      const tracked =
        find(child, difference) ??
        (around && isOfThatTime(around, child) ? around : undefined) ??
        book.create('target', `target ${targetId}`, host, nowMs);
      book.join(tracked, key, child, nowMs);
      rise(tracked);
      return true;
    },
  };
}
