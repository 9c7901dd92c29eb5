/**
 * From alarms to incidents, one a cause. An alarm waits at most ten seconds, and only while others that
 * share something with it are on the way to one; then what `correlateAlarms` finds is opened: a prefix, a
 * tag, a router, an agent, or the target alone. What comes later and belongs to an open cause joins it. A
 * cause that turns out wider within half a minute rises: its incident takes the wider name, and others that
 * were part of it end as merged. Changes of route find each other by what they lost (route-causes.ts). It
 * ends when all its alarms have been over for half a minute, dated back to when they were; while it flaps,
 * it stays open (incident-endings.ts). Pure: `nowMs` is told, samples' times are the alarms'.
 */
import type { Incident, IncidentEvidence } from '@maille/wire/rest/incidents';
import type { RouteDifference } from '../route/route-difference.ts';
import { createAlarmCauses, seriesKeyOf, type Waiting } from './alarm-causes.ts';
import { createIncidentBook } from './incident-book.ts';
import { type Child, type ChildAlarm, type ChildFamily, childOf, worsen } from './incident-children.ts';
import { createIncidentEndings } from './incident-endings.ts';
import { createIncidentTeller } from './incident-teller.ts';
import type { Outcomes } from './recent-outcomes.ts';
import { createRouteCauses } from './route-causes.ts';
import type { Alarm } from './series-detector.ts';
import type { SeriesNow, TargetPlace } from './surroundings.ts';
import { type OpenedIncident, type Tracked, track } from './tracked-incident.ts';
import { vanishedNamed } from './vanished-router.ts';

export interface IncidentTrackerOptions {
  nextId(): number;
  placeOf(targetId: number): TargetPlace | undefined;
  /** Every series that is probed now. */
  series(): Iterable<SeriesNow>;
  /** Routers between an agent and a target, where they are known. */
  hopsOf?(agentNumber: number, targetId: number): readonly string[];
  /** Whether only some of the flows meet that router: another stands beside it. */
  isParallel?(agentNumber: number, targetId: number, hop: string): boolean;
  /** What became of a series' last probes, of those sent since a moment; absent: nobody counts. */
  outcomesOf?(agentNumber: number, targetId: number, sinceMs: number, nowMs: number): Outcomes | undefined;
  agentName(agentNumber: number): string;
  /** When an agent last sent any sample at all, failed sends too. */
  agentHeardMs(agentNumber: number): number;
  /** How many targets share what is blamed. */
  ofTargets(scopeKey: string): number;
  /** Told once a tick for each that changed, with what changed of its evidence. */
  changed(opened: OpenedIncident, evidence: IncidentEvidence[]): void;
}

export function createIncidentTracker(options: IncidentTrackerOptions) {
  const { placeOf, agentName } = options;
  const waiting = new Map<string, Waiting>();
  const teller = createIncidentTeller(options);
  const endings = createIncidentEndings({ ...options, tell: teller.tell, end: endOf });
  const book = createIncidentBook({
    nextId: options.nextId,
    isFlapping: endings.isFlapping,
    closed: teller.tell,
  });
  const causes = createAlarmCauses({ ...options, book, waiting });
  const routeCauses = createRouteCauses({ book, causeOf: causes.causeOf, end: endOf });

  function newChild(alarm: ChildAlarm, family: ChildFamily, nowMs: number): Child {
    const host = placeOf(alarm.targetId)?.host ?? String(alarm.targetId);
    return { evidence: childOf(alarm, host, nowMs), families: new Set([family]), ended: 'recovered' };
  }

  function raise(alarm: Omit<Alarm, 'series'>, nowMs: number): void {
    const { agentNumber, targetId, family } = alarm;
    wait(seriesKeyOf(agentNumber, targetId), newChild(alarm, family, nowMs), nowMs);
  }

  /** Where its series is known to be in trouble, it belongs to that. */
  function wait(key: string, child: Child, nowMs: number): void {
    const tracked = book.ofSeries(key);
    const held = tracked?.children.get(key) ?? waiting.get(key)?.child;
    if (!held) {
      waiting.set(key, { child, sinceWaitMs: nowMs });
      return;
    }
    for (const family of child.families) held.families.add(family);
    held.difference ??= child.difference;
    worsen(held.evidence, child.evidence);
    tracked?.dirty.add(held);
  }

  function raiseRoute({ difference, ...alarm }: RouteAlarm, nowMs: number): void {
    const key = seriesKeyOf(alarm.agentNumber, alarm.targetId);
    const child: Child = { ...newChild(alarm, 'route', nowMs), difference };
    if (waiting.has(key) || !routeCauses.take(key, child, nowMs)) wait(key, child, nowMs);
  }

  function end(
    agentNumber: number,
    targetId: number,
    family: ChildFamily,
    endedMs: number,
    how: Child['ended'],
  ): void {
    const key = seriesKeyOf(agentNumber, targetId);
    const early = waiting.get(key)?.child;
    if (early?.families.delete(family) && early.families.size === 0) waiting.delete(key);
    const tracked = book.ofSeries(key);
    const child = tracked?.children.get(key);
    if (!tracked || !child?.families.delete(family) || child.families.size > 0) return;
    child.ended = how;
    child.evidence.clearedAtMs = Math.max(child.evidence.sinceMs, endedMs);
    tracked.dirty.add(child);
  }

  function endOf(of: IncidentEvidence, family: ChildFamily, endedMs: number, how: Child['ended']): void {
    end(of.agentNumber, of.targetId, family, endedMs, how);
  }

  function join(tracked: Tracked, key: string, child: Child, nowMs: number): void {
    waiting.delete(key);
    book.join(tracked, key, child, nowMs);
  }

  return {
    raise,
    raiseRoute,
    end,
    tick(nowMs: number): void {
      if (waiting.size > 0) causes.correlate(nowMs);
      endings.tick(book, nowMs);
      teller.tick(book.all(), nowMs);
    },

    /** The agent itself cannot send: everything that it probes belongs to that. */
    blameAgent(agentNumber: number, alarms: Iterable<Alarm>, nowMs: number): void {
      const scopeKey = `agent ${agentNumber}`;
      let tracked = book.ofCause(scopeKey);
      for (const { series: _series, ...alarm } of alarms) {
        const key = seriesKeyOf(agentNumber, alarm.targetId);
        const mine = book.ofSeries(key);
        if (mine && mine !== tracked) continue;
        tracked ??= book.create('agent', scopeKey, agentName(agentNumber), nowMs);
        join(tracked, key, newChild(alarm, 'sends', nowMs), nowMs);
      }
    },
    pardonAgent(agentNumber: number, endedMs: number): void {
      for (const { children } of book.all())
        for (const { evidence } of children.values())
          if (evidence.agentNumber === agentNumber) endOf(evidence, 'sends', endedMs, 'recovered');
    },

    /** An incident that was open before a restart. */
    resume(
      { incident, scopeKey }: OpenedIncident,
      evidence: Iterable<IncidentEvidence>,
      nowMs: number,
    ): void {
      const tracked = track({ ...incident }, scopeKey, nowMs);
      if (scopeKey.startsWith('router ')) tracked.vanished = vanishedNamed(incident.subject);
      const children = new Map<string, Child>();
      for (const one of evidence) {
        const family = one.kind === 'silent' ? 'loss' : one.kind;
        const families = new Set<ChildFamily>(one.clearedAtMs === null ? [family] : []);
        const child: Child = { evidence: { ...one }, families, ended: 'recovered' };
        children.set(seriesKeyOf(one.agentNumber, one.targetId), child);
      }
      book.resume(tracked, children);
      tracked.toldMs = nowMs;
    },

    /** What a person said of it, so that the next change does not undo it. */
    note(incident: Incident): void {
      const tracked = book.get(incident.id);
      if (!tracked) return;
      const { acknowledgedBy, acknowledgedAtMs, note } = incident;
      Object.assign(tracked.incident, { acknowledgedBy, acknowledgedAtMs, note });
    },

    open: (): Iterable<OpenedIncident> => book.all(),
  };
}

export type IncidentTracker = ReturnType<typeof createIncidentTracker>;

/** A change of route, told by whoever compares rounds. */
export interface RouteAlarm extends ChildAlarm {
  difference: RouteDifference;
}
