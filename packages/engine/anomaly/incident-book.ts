/**
 * Incidents that are open: by their cause, by the router that they blame, and whose each series is. Alarms
 * join here, and causes rise, merge and close; when that is due is decided elsewhere.
 */
import { type Incident, MAX_INCIDENT_TARGETS } from '@maille/wire/rest/incidents';
import { type Child, worsen } from './incident-children.ts';
import { causeKeyOf, newIncident, type Tracked, track } from './tracked-incident.ts';
import { isShared, narrow, vanishedFrom } from './vanished-router.ts';

export interface IncidentBookOptions {
  nextId(): number;
  isFlapping(scopeKey: string): boolean;
  /** It is over. */
  closed(tracked: Tracked, endedAtMs: number): void;
}

export function createIncidentBook({ nextId, isFlapping, closed }: IncidentBookOptions) {
  const open = new Map<number, Tracked>();
  /** The newest of each cause, and of each router that vanished. */
  const byCause = new Map<string, Tracked>();
  const byRouter = new Map<string, Tracked>();
  /** Whose incident a series is in. */
  const incidentOf = new Map<string, Tracked>();

  function hold(tracked: Tracked): Tracked {
    open.set(tracked.incident.id, tracked);
    byCause.set(causeKeyOf(tracked.scopeKey), tracked);
    for (const name of tracked.vanished?.candidates.keys() ?? []) byRouter.set(name, tracked);
    return tracked;
  }

  /** What of its routes is gone: the first change says it, each further one narrows it. */
  function noteLost(tracked: Tracked, { difference, evidence }: Child): void {
    if (!difference) return;
    if (!tracked.vanished) {
      tracked.vanished = vanishedFrom(difference, evidence.targetId);
      for (const name of tracked.vanished?.candidates.keys() ?? []) byRouter.set(name, tracked);
    } else if (isShared(tracked.vanished, difference)) {
      const before = [...tracked.vanished.candidates.keys()];
      narrow(tracked.vanished, difference, evidence.targetId);
      for (const name of before) if (!tracked.vanished.candidates.has(name)) forgetRouter(tracked, name);
    }
  }

  function forgetCause(tracked: Tracked): void {
    const mine = causeKeyOf(tracked.scopeKey);
    if (byCause.get(mine) === tracked) byCause.delete(mine);
    if (!tracked.vanished) return;
    for (const [key, one] of byCause) if (one === tracked) byCause.delete(key);
  }

  function forgetRouter(tracked: Tracked, name: string): void {
    if (byRouter.get(name) === tracked) byRouter.delete(name);
  }

  function join(tracked: Tracked, key: string, child: Child, nowMs: number): void {
    tracked.joinedMs = nowMs;
    // What another agent sees too is not that of one.
    const { agentNumber } = child.evidence;
    if (/ agent \d+$/.test(tracked.scopeKey) && !tracked.scopeKey.endsWith(` agent ${agentNumber}`))
      tracked.scopeKey = causeKeyOf(tracked.scopeKey);
    incidentOf.set(key, tracked);
    noteLost(tracked, child);
    const known = tracked.children.get(key);
    if (known) {
      for (const family of child.families) known.families.add(family);
      known.difference ??= child.difference;
      worsen(known.evidence, child.evidence);
      tracked.dirty.add(known);
    } else if (tracked.children.size < MAX_INCIDENT_TARGETS) {
      tracked.children.set(key, child);
      tracked.dirty.add(child);
    }
  }

  /** The same incident, by the name of a wider cause. */
  function rename(tracked: Tracked, scope: Incident['scope'], scopeKey: string, subject: string): void {
    // What is told of a lost router is still found by what it was before: by no way does one find it any more.
    if (!scopeKey.startsWith('router ')) forgetCause(tracked);
    tracked.scopeKey = scopeKey;
    byCause.set(causeKeyOf(scopeKey), tracked);
    Object.assign(tracked.incident, { scope, subject: subject.slice(0, 300) });
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
    forgetCause(tracked);
    for (const name of tracked.vanished?.candidates.keys() ?? []) forgetRouter(tracked, name);
    // Not by its children: those beyond the bound belong to it too.
    for (const [key, one] of incidentOf) if (one === tracked) incidentOf.delete(key);
    closed(tracked, endedAtMs);
  }

  return {
    all: (): Iterable<Tracked> => open.values(),
    get size() {
      return open.size;
    },
    get: (id: number) => open.get(id),
    /** By what is blamed, whichever agents see it. */
    ofCause: (causeKey: string) => byCause.get(causeKey),
    ofRouter: (name: string) => byRouter.get(name),
    ofSeries: (key: string) => incidentOf.get(key),

    create(scope: Incident['scope'], scopeKey: string, subject: string, nowMs: number): Tracked {
      return hold(track(newIncident(nextId(), scope, subject, isFlapping(scopeKey), nowMs), scopeKey, nowMs));
    },
    /** One of before a restart, with what is known of its series. */
    resume(tracked: Tracked, children: Iterable<[string, Child]>): void {
      hold(tracked);
      for (const [key, child] of children) {
        tracked.children.set(key, child);
        if (!incidentOf.has(key)) incidentOf.set(key, tracked);
      }
    },
    join,
    /** A series that has another cause now. */
    leave: (key: string) => void incidentOf.delete(key),
    noteLost,
    rename,
    close,
    merge(part: Tracked, into: Tracked, nowMs: number): void {
      for (const [key, child] of part.children) {
        join(into, key, { ...child, evidence: { ...child.evidence } }, nowMs);
        child.evidence.clearedAtMs ??= nowMs;
        part.dirty.add(child);
      }
      close(part, 'merged', nowMs, into.incident.id);
    },
  };
}

export type IncidentBook = ReturnType<typeof createIncidentBook>;
