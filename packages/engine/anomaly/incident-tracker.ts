/**
 * From alarms to incidents, one a cause. An alarm waits at most ten seconds, and only while others that
 * share something with it are on the way to one; then what `correlateAlarms` finds is opened: a prefix, a
 * tag, a router, an agent, or the target alone. What comes later and belongs to an open cause joins it. A
 * cause that turns out wider within half a minute rises: its incident takes the wider name, and others that
 * were part of it end as merged. It ends when all its alarms have been over for half a minute, dated back
 * to when they were; while it flaps, it stays open. Pure: `nowMs` is told, samples' times are the alarms'.
 */
import { type Incident, type IncidentEvidence, MAX_INCIDENT_TARGETS } from '@maille/wire/rest/incidents';
import { type Cause, correlateAlarms, type Member } from './correlate-alarms.ts';
import { createFlapHistory, type FlapHistory } from './flap-history.ts';
import { type Child, type ChildFamily, childOf, summarize, worsen } from './incident-children.ts';
import type { Alarm } from './series-detector.ts';
import { type SeriesNow, surroundingsOf, type TargetPlace } from './surroundings.ts';
import { newIncident, type OpenedIncident, scopeRank, type Tracked, track } from './tracked-incident.ts';

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
const HOLD_MS = 30_000;
/** One that changes all the time is told of once a second. */
const TELL_MS = 1_000;
const FLAP_STATE_MS = 30_000;
const SUSPECT = 0.5;
/** Nothing was sampled for so long, beyond what interval and timeout explain: nobody knows any more. */
const STALE_MS = 120_000;
const STALE_EVERY_MS = 10_000;
const ROUTE_MS = 600_000;
/** The rate at which series raise alarms of their own, in such a moment. */
const OWN_RATE = 1e-4;

const keyOf = (agentNumber: number, targetId: number) => `${targetId} ${agentNumber}`;
const staleAfterMs = ({ intervalMs, timeoutMs }: TargetPlace) => 2 * intervalMs + timeoutMs + STALE_MS;

export function createIncidentTracker(options: IncidentTrackerOptions) {
  const { nextId, placeOf, agentName, hopsOf = () => [], changed } = options;
  const waiting = new Map<string, Waiting>();
  const open = new Map<number, Tracked>();
  /** The newest of each cause. */
  const byScope = new Map<string, Tracked>();
  /** Whose incident a series is in. */
  const incidentOf = new Map<string, Tracked>();
  const flaps = new Map<string, FlapHistory>();
  let tickMs = 0;
  let flapMs = 0;
  let staleMs = 0;

  function raise(alarm: Omit<Alarm, 'series'> | RouteAlarm, nowMs: number): void {
    const { agentNumber, targetId, family } = alarm;
    const key = keyOf(agentNumber, targetId);
    const evidence = childOf(alarm as Alarm, placeOf(targetId)?.host ?? String(targetId), nowMs);
    const tracked = incidentOf.get(key);
    const held = tracked?.children.get(key) ?? waiting.get(key)?.child;
    if (!held) {
      waiting.set(key, {
        child: { evidence, families: new Set([family]), ended: 'recovered' },
        sinceWaitMs: nowMs,
      });
      return;
    }
    held.families.add(family);
    worsen(held.evidence, evidence);
    if (tracked) {
      tracked.quietSinceMs = undefined;
      tracked.dirty.add(held);
    }
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
    const tracked = incidentOf.get(key);
    const child = tracked?.children.get(key);
    if (!tracked || !child?.families.delete(family) || child.families.size > 0) return;
    child.ended = how;
    child.evidence.clearedAtMs = Math.max(child.evidence.sinceMs, endedMs);
    tracked.dirty.add(child);
  }

  function create(scope: Incident['scope'], scopeKey: string, subject: string, nowMs: number): Tracked {
    const flapping = flaps.get(scopeKey)?.flapping ?? false;
    return hold(track(newIncident(nextId(), scope, subject, flapping, nowMs), scopeKey, nowMs));
  }

  function hold(tracked: Tracked): Tracked {
    open.set(tracked.incident.id, tracked);
    byScope.set(tracked.scopeKey, tracked);
    return tracked;
  }

  function join(tracked: Tracked, key: string, child: Child, nowMs: number): void {
    waiting.delete(key);
    tracked.joinedMs = nowMs;
    tracked.quietSinceMs = undefined;
    incidentOf.set(key, tracked);
    const known = tracked.children.get(key);
    if (known) {
      for (const family of child.families) known.families.add(family);
      worsen(known.evidence, child.evidence);
      tracked.dirty.add(known);
    } else if (tracked.children.size < MAX_INCIDENT_TARGETS) {
      tracked.children.set(key, child);
      tracked.dirty.add(child);
    }
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
      const tracked = byScope.get(key);
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
      const tracked = incidentOf.get(key);
      const isOld = tracked !== undefined && nowMs - tracked.openedMs > RISES_FOR_MS;
      // What nobody probes any more, and what has a cause of its own already, is no member.
      if (isOld || nowMs - lastSentMs > 2 * place.intervalMs + place.timeoutMs + WAIT_MS) continue;
      const stands = tracked?.children.get(key)?.evidence.clearedAtMs === null;
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
        causeOf(agentNumber, targetId, nowMs) ?? create('target', `target ${targetId}`, host, nowMs);
      join(tracked, key, child, nowMs);
    }
  }

  function openCause({ scope, key: scopeKey, subject, alarms }: Cause<Member>, nowMs: number): void {
    const keys = alarms.map(({ agentNumber, targetId }) => keyOf(agentNumber, targetId));
    const inside = [...new Set(keys.flatMap((key) => incidentOf.get(key) ?? []))];
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
    const tracked = oldest ?? create(scope, scopeKey, name, nowMs);
    rename(tracked, scopeKey);
    Object.assign(tracked.incident, { scope, subject: name.slice(0, 300) });
    for (const part of inside.slice(1)) merge(part, tracked, nowMs);
    for (const key of keys) {
      const waits = waiting.get(key);
      if (waits) join(tracked, key, waits.child, nowMs);
    }
  }

  function rename(tracked: Tracked, scopeKey: string): void {
    if (byScope.get(tracked.scopeKey) === tracked) byScope.delete(tracked.scopeKey);
    tracked.scopeKey = scopeKey;
    byScope.set(scopeKey, tracked);
  }

  function merge(part: Tracked, into: Tracked, nowMs: number): void {
    for (const [key, child] of part.children) {
      join(into, key, { ...child, evidence: { ...child.evidence } }, nowMs);
      child.evidence.clearedAtMs ??= nowMs;
      part.dirty.add(child);
    }
    close(part, 'merged', nowMs, into.incident.id);
  }

  function close(
    tracked: Tracked,
    ending: NonNullable<Incident['ending']>,
    endedAtMs: number,
    mergedInto: number | null = null,
  ): void {
    const { incident } = tracked;
    Object.assign(incident, { state: 'ended', ending, endedAtMs, mergedInto, affected: 0 });
    open.delete(incident.id);
    if (byScope.get(tracked.scopeKey) === tracked) byScope.delete(tracked.scopeKey);
    // Not by its children: those beyond the bound belong to it too.
    for (const [key, one] of incidentOf) if (one === tracked) incidentOf.delete(key);
    tell(tracked, endedAtMs);
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
    incident.ofTargets = Math.max(options.ofTargets(scopeKey), incident.affectedMost);
    const evidence = [...dirty].map((child) => ({ ...child.evidence }));
    dirty.clear();
    tracked.toldMs = nowMs;
    changed({ incident: { ...incident }, scopeKey }, evidence);
  }

  /** Agents that probe the first of its targets: a quorum is asked of one target only, and of who is there. */
  function observersOf({ incident, children }: Tracked, seen: number): number {
    if (incident.scope !== 'target') return seen;
    const [first] = children.values();
    const targetId = first?.evidence.targetId ?? 0;
    const place = placeOf(targetId);
    if (!place) return seen;
    const sinceMs = tickMs - staleAfterMs(place);
    let observers = 0;
    for (const one of options.series())
      if (one.targetId === targetId && one.lastSentMs >= sinceMs) observers++;
    return Math.max(observers, seen);
  }

  function settle(tracked: Tracked, nowMs: number): void {
    const { children, incident, scopeKey } = tracked;
    for (const { evidence } of children.values())
      if (evidence.clearedAtMs === null) {
        tracked.quietSinceMs = undefined;
        return;
      }
    tracked.quietSinceMs ??= nowMs;
    if (nowMs - tracked.quietSinceMs < holdMs(tracked) || flaps.get(scopeKey)?.flapping) return;
    const all = [...children.values()];
    const endedAtMs = Math.max(incident.sinceMs, ...all.map(({ evidence }) => evidence.clearedAtMs ?? 0));
    const most = (how: Child['ended']) => 2 * all.filter(({ ended }) => ended === how).length > all.length;
    const ending = (['new-usual', 'no-data', 'over'] as const).find(most) ?? 'recovered';
    close(tracked, ending, endedAtMs);
  }

  function holdMs({ children }: Tracked): number {
    const [first] = children.values();
    return Math.max(HOLD_MS, 3 * (placeOf(first?.evidence.targetId ?? 0)?.intervalMs ?? 0));
  }

  function watchFlaps(nowMs: number): void {
    const bad = new Set<string>();
    for (const { scopeKey, children } of open.values()) {
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
    for (const tracked of open.values()) {
      const flapping = flaps.get(tracked.scopeKey)?.flapping ?? false;
      if (tracked.incident.flapping === flapping) continue;
      tracked.incident.flapping = flapping;
      tell(tracked, nowMs);
    }
  }

  /** What nobody samples any more has no end that anybody saw; a change of route is told, and over. */
  function endStale(nowMs: number): void {
    const lastSent = new Map<string, number>();
    for (const { agentNumber, targetId, lastSentMs } of options.series())
      lastSent.set(keyOf(agentNumber, targetId), lastSentMs);
    for (const tracked of open.values())
      for (const [key, { evidence, families }] of tracked.children) {
        if (evidence.clearedAtMs !== null) continue;
        const { agentNumber, targetId, raisedAtMs } = evidence;
        const place = placeOf(targetId);
        const lastMs = families.has('sends') ? options.agentHeardMs(agentNumber) : (lastSent.get(key) ?? 0);
        const heardMs = Math.max(lastMs, tracked.joinedMs);
        const stale = !place || nowMs - heardMs > staleAfterMs(place);
        for (const family of [...families])
          if (stale) end(agentNumber, targetId, family, Math.min(nowMs, heardMs), 'no-data');
          else if (family === 'route' && nowMs - raisedAtMs > ROUTE_MS)
            end(agentNumber, targetId, family, nowMs, 'over');
      }
  }

  return {
    raise,
    end,
    tick(nowMs: number): void {
      tickMs = nowMs;
      if (waiting.size > 0) correlate(nowMs);
      if (nowMs - staleMs >= STALE_EVERY_MS && open.size > 0) {
        staleMs = nowMs;
        endStale(nowMs);
      }
      if (nowMs - flapMs >= FLAP_STATE_MS) {
        flapMs = nowMs;
        watchFlaps(nowMs);
      }
      for (const tracked of open.values()) settle(tracked, nowMs);
      for (const tracked of open.values()) {
        const { toldMs, dirty } = tracked;
        if (toldMs === undefined || (dirty.size > 0 && nowMs - toldMs >= TELL_MS)) tell(tracked, nowMs);
      }
    },

    /** The agent itself cannot send: everything that it probes belongs to that. */
    blameAgent(agentNumber: number, alarms: Iterable<Alarm>, nowMs: number): void {
      const scopeKey = `agent ${agentNumber}`;
      let tracked = byScope.get(scopeKey);
      for (const { series: _series, ...alarm } of alarms) {
        const key = keyOf(agentNumber, alarm.targetId);
        if (incidentOf.has(key) && incidentOf.get(key) !== tracked) continue;
        tracked ??= create('agent', scopeKey, agentName(agentNumber), nowMs);
        const host = placeOf(alarm.targetId)?.host ?? String(alarm.targetId);
        const child: Child = {
          evidence: childOf(alarm, host, nowMs),
          families: new Set<ChildFamily>(['sends']),
          ended: 'recovered',
        };
        join(tracked, key, child, nowMs);
      }
    },
    pardonAgent(agentNumber: number, endedMs: number): void {
      for (const { children } of open.values())
        for (const { evidence } of children.values())
          if (evidence.agentNumber === agentNumber)
            end(agentNumber, evidence.targetId, 'sends', endedMs, 'recovered');
    },

    /** An incident that was open before a restart. */
    resume(
      { incident, scopeKey }: OpenedIncident,
      evidence: Iterable<IncidentEvidence>,
      nowMs: number,
    ): void {
      const tracked = hold(track({ ...incident }, scopeKey, nowMs));
      for (const one of evidence) {
        const key = keyOf(one.agentNumber, one.targetId);
        const family = one.kind === 'silent' ? 'loss' : one.kind;
        const families = new Set<ChildFamily>(one.clearedAtMs === null ? [family] : []);
        tracked.children.set(key, { evidence: { ...one }, families, ended: 'recovered' });
        if (!incidentOf.has(key)) incidentOf.set(key, tracked);
      }
      tracked.toldMs = nowMs;
    },

    /** What a person said of it, so that the next change does not undo it. */
    note(incident: Incident): void {
      const tracked = open.get(incident.id);
      if (!tracked) return;
      const { acknowledgedBy, acknowledgedAtMs, note } = incident;
      Object.assign(tracked.incident, { acknowledgedBy, acknowledgedAtMs, note });
    },

    open: (): Iterable<OpenedIncident> => open.values(),
  };
}

export type IncidentTracker = ReturnType<typeof createIncidentTracker>;

/** A change of route, told by whoever compares rounds. */
export interface RouteAlarm {
  agentNumber: number;
  targetId: number;
  family: 'route';
  kind: 'route';
  sinceMs: number;
  score: number;
  threshold: number;
  lossRatio: null;
  rttNs: null;
  baselineRttNs: null;
}
