/**
 * Which cause an alarm that waits belongs to: one that is open and covers it, else one that is found among
 * all alarms of the moment. A cause that turns out wider within half a minute rises, and takes in what else
 * was opened of it. Asked once a second while alarms wait.
 */
import { type Cause, correlateAlarms } from './correlate-alarms.ts';
import type { IncidentBook } from './incident-book.ts';
import { type Child, isRouteAlone } from './incident-children.ts';
import type { Member } from './member-cells.ts';
import { type SeriesNow, surroundingsOf, type TargetPlace } from './surroundings.ts';
import { causeKeyOf, scopeRank, type Tracked } from './tracked-incident.ts';

export interface AlarmCausesOptions {
  book: IncidentBook;
  waiting: Map<string, Waiting>;
  placeOf(targetId: number): TargetPlace | undefined;
  series(): Iterable<SeriesNow>;
  /** Routers between an agent and a target, where they are known. */
  hopsOf?(agentNumber: number, targetId: number): readonly string[];
  /** Whether only some of the flows meet that router: another stands beside it. */
  isParallel?(agentNumber: number, targetId: number, hop: string): boolean;
  agentName(agentNumber: number): string;
}

export interface Waiting {
  child: Child;
  sinceWaitMs: number;
}

const WAIT_MS = 10_000;
const RISES_FOR_MS = 30_000;
const JOINS_FOR_MS = 60_000;
const SUSPECT = 0.5;
/** The rate at which series raise alarms of their own, in such a moment. */
const OWN_RATE = 1e-4;
/** Of all that a cause covers, as many as it takes to be blamed. */
const STANDS_SHARE = 0.05;

export const seriesKeyOf = (agentNumber: number, targetId: number): string => `${targetId} ${agentNumber}`;

export function createAlarmCauses(options: AlarmCausesOptions) {
  const { book, waiting, placeOf, agentName, hopsOf = () => [], isParallel } = options;

  function join(tracked: Tracked, key: string, child: Child, nowMs: number): void {
    waiting.delete(key);
    book.join(tracked, key, child, nowMs);
  }

  /** What it was made of is still there for the most part, or more has come of late. */
  function stands({ incident, joinedMs }: Tracked, nowMs: number): boolean {
    if (nowMs - joinedMs < JOINS_FOR_MS) return true;
    const { affected, affectedMost, ofTargets } = incident;
    return 2 * affected >= affectedMost && affected >= STANDS_SHARE * ofTargets;
  }

  /** The open cause that covers a series, wider ones first. */
  function causeOf(agentNumber: number, targetId: number, nowMs: number): Tracked | undefined {
    const place = placeOf(targetId);
    const keys = [
      `agent ${agentNumber}`,
      ...hopsOf(agentNumber, targetId).map((hop) => `hop ${hop}`),
      ...(place?.tags ?? []).map((tag) => `tag ${tag}`),
      `prefix ${place?.prefix}`,
      `target ${targetId}`,
    ];
    for (const key of keys) {
      const tracked = book.ofCause(key);
      if (tracked && stands(tracked, nowMs)) return tracked;
    }
    return undefined;
  }

  /** All series that are probed; alarms are those that wait, and those of incidents that may still rise. */
  function membersNow(nowMs: number): Map<string, Member> {
    const members = new Map<string, Member>();
    for (const { agentNumber, targetId, lastSentMs, suspicion, touched } of options.series()) {
      const place = placeOf(targetId);
      if (!place) continue;
      const key = seriesKeyOf(agentNumber, targetId);
      const tracked = book.ofSeries(key);
      const isOld = tracked !== undefined && nowMs - tracked.openedMs > RISES_FOR_MS;
      // What nobody probes any more, and what has a cause of its own already, is no member.
      if (isOld || nowMs - lastSentMs > 2 * place.intervalMs + place.timeoutMs + WAIT_MS) continue;
      const child = tracked?.children.get(key);
      // What lost a router is explained by that, and not by what else it may share with others.
      const isIn = child?.evidence.clearedAtMs === null && !isRouteAlone(child);
      const suspect = suspicion >= SUSPECT;
      members.set(key, {
        agentNumber,
        targetId,
        prefix: place.prefix,
        tags: place.tags,
        hops: hopsOf(agentNumber, targetId),
        alarm: waiting.has(key) || isIn,
        suspect,
        touched: touched ?? suspect,
      });
    }
    return members;
  }

  /** For so long has the first of these waited. */
  function waitedMs(alarms: readonly Member[], nowMs: number): number {
    let sinceMs = nowMs;
    for (const { agentNumber, targetId } of alarms)
      sinceMs = Math.min(sinceMs, waiting.get(seriesKeyOf(agentNumber, targetId))?.sinceWaitMs ?? nowMs);
    return nowMs - sinceMs;
  }

  /** Whether an incident takes the name of a cause that was found among its alarms: it never falls. */
  function rises(tracked: Tracked, { scope, key, members }: Cause<Member>): boolean {
    if (causeKeyOf(tracked.scopeKey) === causeKeyOf(key)) return true;
    const [rank, other] = [scopeRank[tracked.incident.scope], scopeRank[scope]];
    // What one agent sees, and then others too on a way that they share, is not the agent.
    if (members > tracked.members && other >= scopeRank.hop) return true;
    return rank < other || (rank === other && members >= tracked.members);
  }

  function openCause(cause: Cause<Member>, nowMs: number): void {
    const { scope, key: scopeKey, subject, alarms, members } = cause;
    const keys = alarms.map(({ agentNumber, targetId }) => seriesKeyOf(agentNumber, targetId));
    const inside = [...new Set(keys.flatMap((key) => book.ofSeries(key) ?? []))];
    inside.sort((a, b) => a.incident.id - b.incident.id);
    const isNew = keys.some((key) => waiting.has(key));
    if (!isNew && inside.length < 2 && inside[0]?.incident.scope === 'target') return;
    const name = scope === 'agent' ? agentName(Number(subject)) : subject;
    const wider = inside.find((one) => !rises(one, cause));
    const tracked = wider ?? inside[0] ?? book.create(scope, scopeKey, name, nowMs);
    // Where its routes say what is gone, nothing names it better.
    if (!wider && !tracked.vanished?.shared) {
      book.rename(tracked, scope, scopeKey, name);
      tracked.members = members;
    }
    for (const part of inside)
      if (part !== tracked && (part === wider || rises(part, cause))) book.merge(part, tracked, nowMs);
    for (const key of keys) {
      const waits = waiting.get(key);
      if (waits) join(tracked, key, waits.child, nowMs);
    }
  }

  return {
    causeOf,
    correlate(nowMs: number): void {
      for (const [key, { child }] of waiting) {
        const { agentNumber, targetId } = child.evidence;
        const tracked = causeOf(agentNumber, targetId, nowMs);
        if (tracked) join(tracked, key, child, nowMs);
      }
      // Even if all found their place: what they joined may be part of something wider now.
      const members = membersNow(nowMs);
      const around = surroundingsOf(members.values());
      const found = correlateAlarms(members.values(), OWN_RATE, {
        isParallel: ({ agentNumber, targetId }, hop) => isParallel?.(agentNumber, targetId, hop) ?? false,
      });
      /** What is known to share a cause, and waits only to see how wide that is. */
      const held = new Set<Member>();
      for (const cause of found) {
        const isReady = waitedMs(cause.alarms, nowMs) > WAIT_MS / 2 || !around.isSpreading(cause);
        if (isReady) openCause(cause, nowMs);
        else for (const alarm of cause.alarms) held.add(alarm);
      }
      for (const [key, { child, sinceWaitMs }] of [...waiting]) {
        const member = members.get(key);
        const isWaiting = member && (held.has(member) || around.hasCompany(member));
        if (isWaiting && nowMs - sinceWaitMs < WAIT_MS) continue;
        const { targetId, agentNumber, host } = child.evidence;
        const tracked =
          causeOf(agentNumber, targetId, nowMs) ?? book.create('target', `target ${targetId}`, host, nowMs);
        join(tracked, key, child, nowMs);
      }
    },
  };
}
