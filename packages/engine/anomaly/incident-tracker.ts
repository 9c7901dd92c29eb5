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
import { type Cause, correlateAlarms, type Member } from './correlate-alarms.ts';
import { createIncidentBook } from './incident-book.ts';
import {
  type Child,
  type ChildAlarm,
  type ChildFamily,
  childOf,
  isRouteAlone,
  worsen,
} from './incident-children.ts';
import { createIncidentEndings } from './incident-endings.ts';
import { createIncidentTeller } from './incident-teller.ts';
import { createRouteCauses } from './route-causes.ts';
import type { Alarm } from './series-detector.ts';
import { type SeriesNow, surroundingsOf, type TargetPlace } from './surroundings.ts';
import { type OpenedIncident, scopeRank, type Tracked, track } from './tracked-incident.ts';
import { vanishedNamed } from './vanished-router.ts';

export interface IncidentTrackerOptions {
  nextId(): number;
  placeOf(targetId: number): TargetPlace | undefined;
  /** Every series that is probed now. */
  series(): Iterable<SeriesNow>;
  /** Routers between an agent and a target, where they are known. */
  hopsOf?(agentNumber: number, targetId: number): readonly string[];
  agentName(agentNumber: number): string;
  /** When an agent last sent any sample at all, failed sends too. */
  agentHeardMs(agentNumber: number): number;
  /** How many targets share what is blamed. */
  ofTargets(scopeKey: string): number;
  /** Told once a tick for each that changed, with what changed of its evidence. */
  changed(opened: OpenedIncident, evidence: IncidentEvidence[]): void;
}

interface Waiting {
  child: Child;
  sinceWaitMs: number;
}

const WAIT_MS = 10_000;
const RISES_FOR_MS = 30_000;
const JOINS_FOR_MS = 60_000;
const SUSPECT = 0.5;
/** The rate at which series raise alarms of their own, in such a moment. */
const OWN_RATE = 1e-4;

const keyOf = (agentNumber: number, targetId: number) => `${targetId} ${agentNumber}`;

export function createIncidentTracker(options: IncidentTrackerOptions) {
  const { placeOf, agentName, hopsOf = () => [] } = options;
  const waiting = new Map<string, Waiting>();
  const teller = createIncidentTeller(options);
  const endings = createIncidentEndings({ ...options, tell: teller.tell, end: endOf });
  const book = createIncidentBook({
    nextId: options.nextId,
    isFlapping: endings.isFlapping,
    closed: teller.tell,
  });
  const routeCauses = createRouteCauses({ book, causeOf, end: endOf });

  function newChild(alarm: ChildAlarm, family: ChildFamily, nowMs: number): Child {
    const host = placeOf(alarm.targetId)?.host ?? String(alarm.targetId);
    return { evidence: childOf(alarm, host, nowMs), families: new Set([family]), ended: 'recovered' };
  }

  function raise(alarm: Omit<Alarm, 'series'>, nowMs: number): void {
    const { agentNumber, targetId, family } = alarm;
    wait(keyOf(agentNumber, targetId), newChild(alarm, family, nowMs), nowMs);
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
    if (tracked) {
      tracked.quietSinceMs = undefined;
      tracked.dirty.add(held);
    }
  }

  function raiseRoute({ difference, ...alarm }: RouteAlarm, nowMs: number): void {
    const key = keyOf(alarm.agentNumber, alarm.targetId);
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
    const key = keyOf(agentNumber, targetId);
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

  /** The open cause that covers a series, wider ones first. */
  function causeOf(agentNumber: number, targetId: number, nowMs: number): Tracked | undefined {
    const place = placeOf(targetId);
    const keys = [
      `agent ${agentNumber}`,
      ...hopsOf(agentNumber, targetId).map((hop) => `hop ${agentNumber} ${hop}`),
      ...(place?.tags ?? []).map((tag) => `tag ${tag}`),
      `prefix ${place?.prefix}`,
      `prefix ${place?.prefix} agent ${agentNumber}`,
      `target ${targetId}`,
    ];
    for (const key of keys) {
      const tracked = book.ofScope(key);
      if (!tracked) continue;
      const { affected, ofTargets } = tracked.incident;
      if (nowMs - tracked.joinedMs < JOINS_FOR_MS || affected * 2 >= ofTargets) return tracked;
    }
    return undefined;
  }

  /** All series that are probed; alarms are those that wait, and those of incidents that may still rise. */
  function membersNow(nowMs: number): Map<string, Member> {
    const members = new Map<string, Member>();
    for (const { agentNumber, targetId, lastSentMs, suspicion } of options.series()) {
      const place = placeOf(targetId);
      if (!place) continue;
      const key = keyOf(agentNumber, targetId);
      const tracked = book.ofSeries(key);
      const isOld = tracked !== undefined && nowMs - tracked.openedMs > RISES_FOR_MS;
      // What nobody probes any more, and what has a cause of its own already, is no member.
      if (isOld || nowMs - lastSentMs > 2 * place.intervalMs + place.timeoutMs + WAIT_MS) continue;
      const child = tracked?.children.get(key);
      // What lost a router is explained by that, and not by what else it may share with others.
      const stands = child?.evidence.clearedAtMs === null && !isRouteAlone(child);
      members.set(key, {
        agentNumber,
        targetId,
        prefix: place.prefix,
        tags: place.tags,
        hops: hopsOf(agentNumber, targetId),
        alarm: waiting.has(key) || stands,
        suspect: suspicion >= SUSPECT,
      });
    }
    return members;
  }

  /** For so long has the first of these waited. */
  function waitedMs(alarms: readonly Member[], nowMs: number): number {
    let sinceMs = nowMs;
    for (const { agentNumber, targetId } of alarms)
      sinceMs = Math.min(sinceMs, waiting.get(keyOf(agentNumber, targetId))?.sinceWaitMs ?? nowMs);
    return nowMs - sinceMs;
  }

  function correlate(nowMs: number): void {
    for (const [key, { child }] of waiting) {
      const { agentNumber, targetId } = child.evidence;
      const tracked = causeOf(agentNumber, targetId, nowMs);
      if (tracked) join(tracked, key, child, nowMs);
    }
    // Even if all found their place: what they joined may be part of something wider now.
    const members = membersNow(nowMs);
    const around = surroundingsOf(members.values());
    for (const cause of correlateAlarms(members.values(), OWN_RATE))
      if (waitedMs(cause.alarms, nowMs) > WAIT_MS / 2 || !around.isSpreading(cause)) openCause(cause, nowMs);
    for (const [key, { child, sinceWaitMs }] of [...waiting]) {
      const member = members.get(key);
      if (member && nowMs - sinceWaitMs < WAIT_MS && around.hasCompany(member)) continue;
      const { targetId, agentNumber, host } = child.evidence;
      const tracked =
        causeOf(agentNumber, targetId, nowMs) ?? book.create('target', `target ${targetId}`, host, nowMs);
      join(tracked, key, child, nowMs);
    }
  }

  function openCause({ scope, key: scopeKey, subject, alarms }: Cause<Member>, nowMs: number): void {
    const keys = alarms.map(({ agentNumber, targetId }) => keyOf(agentNumber, targetId));
    const inside = [...new Set(keys.flatMap((key) => book.ofSeries(key) ?? []))];
    inside.sort((a, b) => a.incident.id - b.incident.id);
    if (!keys.some((key) => waiting.has(key)) && inside.length < 2) return;
    const wider = inside.find(
      (one) => one.scopeKey !== scopeKey && scopeRank[one.incident.scope] >= scopeRank[scope],
    );
    if (wider) {
      for (const key of keys) {
        const waits = waiting.get(key);
        if (waits) join(wider, key, waits.child, nowMs);
      }
      return;
    }
    const name = scope === 'agent' ? agentName(Number(subject)) : subject;
    const oldest = inside[0];
    const tracked = oldest ?? book.create(scope, scopeKey, name, nowMs);
    book.rename(tracked, scope, scopeKey, name);
    for (const part of inside.slice(1)) book.merge(part, tracked, nowMs);
    for (const key of keys) {
      const waits = waiting.get(key);
      if (waits) join(tracked, key, waits.child, nowMs);
    }
  }

  return {
    raise,
    raiseRoute,
    end,
    tick(nowMs: number): void {
      if (waiting.size > 0) correlate(nowMs);
      endings.tick(book, nowMs);
      teller.tick(book.all(), nowMs);
    },

    /** The agent itself cannot send: everything that it probes belongs to that. */
    blameAgent(agentNumber: number, alarms: Iterable<Alarm>, nowMs: number): void {
      const scopeKey = `agent ${agentNumber}`;
      let tracked = book.ofScope(scopeKey);
      for (const { series: _series, ...alarm } of alarms) {
        const key = keyOf(agentNumber, alarm.targetId);
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
        children.set(keyOf(one.agentNumber, one.targetId), child);
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
