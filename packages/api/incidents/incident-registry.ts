/**
 * Incidents: the open ones and the last hour’s in memory, all of them in the database. What detection puts
 * here is told at once and written a moment later, in order; before the database is read for a list, what
 * waits is written. A restart finds the open ones as they were.
 */
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import type { Bus } from '@maille/store/bus/bus';
import type { Database } from '@maille/store/database/tables';
import { type Incident, type IncidentEvidence, MAX_INCIDENT_TARGETS } from '@maille/wire/rest/incidents';
import type { KnownCaller } from '../auth/caller.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { visibilityOf } from '../targets/target-visibility.ts';
import {
  createIncidentRows,
  type IncidentQuery,
  type KeptIncident,
  MAX_RECENT_ENDED,
} from './incident-rows.ts';
import { countSeen, narrowIncident } from './incident-visibility.ts';

type Viewer = Pick<KnownCaller, 'role' | 'teamIds'>;

export interface RecentIncident extends KeptIncident {
  /** By `targetId agentNumber`. */
  evidence: Map<string, IncidentEvidence>;
}

export interface IncidentRegistry {
  nextId(): number;
  /** Opens, changes or ends one; `evidence` is what changed of it. */
  put(kept: KeptIncident, evidence: readonly IncidentEvidence[]): void;
  /** Open ones and those of the last hour, newest first. */
  recent(): RecentIncident[];
  /** Of one that is recent. */
  evidenceOf(id: number): Iterable<IncidentEvidence>;
  /** Of what is recent: as this viewer may see it. */
  recentFor(caller: Viewer): Incident[];
  narrow(caller: Viewer, incident: Incident): Incident | undefined;
  list(caller: Viewer, query: Omit<IncidentQuery, 'teamIds'>): Promise<Incident[]>;
  get(
    caller: Viewer,
    id: number,
  ): Promise<{ incident: Incident; evidence: IncidentEvidence[]; evidenceLeftOut: number }>;
  acknowledge(
    id: number,
    by: string,
    change: { acknowledged: boolean; note?: string | undefined },
  ): Promise<Incident>;
  /** Drops those that ended longer ago. */
  sweep(keptDays: number): Promise<void>;
  stop(): Promise<void>;
}

export interface IncidentRegistryOptions {
  database: Database;
  bus: Bus;
  clock: Clock;
  log: Log;
  targets: Pick<TargetRegistry, 'get' | 'list'>;
  /** How many of the targets that an incident’s cause covers are among those. */
  countCovered(kept: KeptIncident, seenTargetIds: ReadonlySet<number>): number;
}

const RECENT_MS = 3_600_000;
const WRITE_MS = 1_000;
const DAY_MS = 86_400_000;

export const evidenceKey = ({
  targetId,
  agentNumber,
}: Pick<IncidentEvidence, 'targetId' | 'agentNumber'>): string => `${targetId} ${agentNumber}`;

export async function createIncidentRegistry(options: IncidentRegistryOptions): Promise<IncidentRegistry> {
  const { database, bus, clock, log, targets, countCovered } = options;
  const rows = createIncidentRows(database);
  const recent = new Map<number, RecentIncident>();
  for (const kept of await rows.readRecent(clock.wallMs() - RECENT_MS)) {
    const evidence = await rows.readEvidence(kept.incident.id);
    recent.set(kept.incident.id, {
      ...kept,
      evidence: new Map(evidence.map((one) => [evidenceKey(one), one])),
    });
  }
  let lastId = await rows.lastId();

  const changed = new Map<number, KeptIncident>();
  let changedEvidence: { incidentId: number; evidence: IncidentEvidence }[] = [];
  let writing: Promise<void> = Promise.resolve();

  /** Ends when all that was put before is in the database, or was tried. */
  function flush(): Promise<void> {
    writing = writing.then(async () => {
      if (changed.size === 0 && changedEvidence.length === 0) return;
      const incidents = [...changed.values()];
      const evidence = changedEvidence;
      changed.clear();
      changedEvidence = [];
      try {
        await rows.write(incidents, evidence);
      } catch (error) {
        // Kept for the next try, but for what has changed again since.
        for (const kept of incidents) if (!changed.has(kept.incident.id)) changed.set(kept.incident.id, kept);
        changedEvidence = [...evidence, ...changedEvidence].slice(-2 * MAX_INCIDENT_TARGETS);
        log.error({ err: error }, 'incidents could not be written: they wait in memory');
      }
    });
    return writing;
  }
  const cancel = clock.every(WRITE_MS, () => void flush());

  function forgetOld(): void {
    const beforeMs = clock.wallMs() - RECENT_MS;
    const ended = [...recent.values()].filter(({ incident }) => incident.state === 'ended');
    ended.sort((a, b) => (b.incident.endedAtMs ?? 0) - (a.incident.endedAtMs ?? 0));
    for (const [index, { incident }] of ended.entries())
      if (index >= MAX_RECENT_ENDED || (incident.endedAtMs ?? 0) < beforeMs) recent.delete(incident.id);
  }

  function seenTargets(caller: Viewer): Set<number> {
    const visibility = visibilityOf(caller);
    return new Set(
      targets
        .list()
        .targets.filter((one) => visibility.sees(one))
        .map(({ id }) => id),
    );
  }

  /** All targets are looked through for what is wider than one of them only, and once for many incidents. */
  function covered(kept: KeptIncident, seen: () => ReadonlySet<number>): number {
    return kept.incident.scope === 'target' ? 1 : countCovered(kept, seen());
  }

  function narrow(
    caller: Viewer,
    incident: Incident,
    seenIds = () => seenTargets(caller),
  ): Incident | undefined {
    const visibility = visibilityOf(caller);
    if (visibility.all) return incident;
    const held = recent.get(incident.id);
    if (!held) return undefined;
    const seen = countSeen(held.evidence.values(), targets.get, visibility);
    if (seen.affectedMost === 0) return undefined;
    return narrowIncident(incident, seen, covered(held, seenIds));
  }

  async function require(caller: Viewer, id: number): Promise<KeptIncident> {
    const kept = recent.get(id) ?? (await rows.read(id));
    const visibility = visibilityOf(caller);
    const isSeen =
      kept &&
      (visibility.all || ((await rows.countSeen([id], caller.teamIds)).get(id)?.affectedMost ?? 0) > 0);
    if (!isSeen) throw new Problem('not-found', `there is no incident ${id}`);
    return kept;
  }

  function put(kept: KeptIncident, evidence: readonly IncidentEvidence[]): void {
    const { id } = kept.incident;
    const held = recent.get(id);
    const all = held?.evidence ?? new Map<string, IncidentEvidence>();
    for (const one of evidence) {
      all.set(evidenceKey(one), one);
      changedEvidence.push({ incidentId: id, evidence: one });
    }
    recent.set(id, { ...kept, evidence: all });
    changed.set(id, kept);
    forgetOld();
    bus.publish('incidents', { put: [kept.incident] });
  }

  return {
    nextId: () => ++lastId,
    put,
    narrow: (caller, incident) => narrow(caller, incident),
    recent: () => [...recent.values()].sort((a, b) => b.incident.id - a.incident.id),
    evidenceOf: (id) => recent.get(id)?.evidence.values() ?? [],
    recentFor(caller) {
      forgetOld();
      let ids: Set<number> | undefined;
      const seenIds = () => (ids ??= seenTargets(caller));
      return [...recent.values()]
        .sort((a, b) => b.incident.id - a.incident.id)
        .flatMap(({ incident }) => narrow(caller, incident, seenIds) ?? []);
    },

    async list(caller, query) {
      await flush();
      const visibility = visibilityOf(caller);
      if (visibility.all) return rows.list(query);
      const found = await rows.list({ ...query, teamIds: caller.teamIds });
      const counts = await rows.countSeen(
        found.map(({ id }) => id),
        caller.teamIds,
      );
      return found.map((incident) =>
        narrowIncident(incident, counts.get(incident.id) ?? { affected: 0, affectedMost: 0 }, 0),
      );
    },

    async get(caller, id) {
      await flush();
      const kept = await require(caller, id);
      const visibility = visibilityOf(caller);
      const all = await rows.readEvidence(id);
      const seen = visibility.all
        ? all
        : all.filter(({ targetId }) => {
            const target = targets.get(targetId);
            return target !== undefined && visibility.sees(target);
          });
      const incident = visibility.all
        ? kept.incident
        : narrowIncident(
            kept.incident,
            countSeen(seen, targets.get, visibility),
            covered(kept, () => seenTargets(caller)),
          );
      return {
        incident,
        evidence: seen.slice(0, MAX_INCIDENT_TARGETS),
        evidenceLeftOut: Math.max(0, seen.length - MAX_INCIDENT_TARGETS),
      };
    },

    async acknowledge(id, by, { acknowledged, note }) {
      await flush();
      const kept = recent.get(id) ?? (await rows.read(id));
      if (!kept) throw new Problem('not-found', `there is no incident ${id}`);
      const incident: Incident = {
        ...kept.incident,
        acknowledgedBy: acknowledged ? by.slice(0, 100) : null,
        acknowledgedAtMs: acknowledged ? clock.wallMs() : null,
        note: note ?? kept.incident.note,
      };
      const next = { incident, scopeKey: kept.scopeKey };
      if (recent.has(id)) put(next, []);
      else {
        changed.set(id, next);
        bus.publish('incidents', { put: [incident] });
      }
      await flush();
      return incident;
    },

    async sweep(keptDays) {
      await flush();
      await rows.dropEndedBefore(clock.wallMs() - keptDays * DAY_MS);
    },

    async stop() {
      cancel();
      await flush();
    },
  };
}
