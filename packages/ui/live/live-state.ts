/** What each topic's snapshot and changes add up to. Pure: state and message in, new state out. */
import type { LiveChange, LiveSnapshot } from '@maille/wire/live/messages';
import type { Incident } from '@maille/wire/rest/incidents';
import type { Machine, SeenPeer } from '@maille/wire/rest/machines';
import type { AuditEntry, Overview } from '@maille/wire/rest/operations';
import type { Target } from '@maille/wire/rest/targets';

/** Topics that are state; `grid` and `target` are streams of samples. */
export interface LiveStates {
  machines: ReadonlyMap<string, Machine>;
  peers: ReadonlyMap<string, SeenPeer>;
  targets: { revision: number; targets: ReadonlyMap<number, Target> };
  /** Those that are open, and those of the last hour. */
  incidents: ReadonlyMap<number, Incident>;
  overview: Overview;
  /** Newest first, as many as a page shows; older ones are asked for over REST. */
  audit: readonly AuditEntry[];
}
export type StateTopic = keyof LiveStates;

const MAX_AUDIT_ENTRIES = 1_000;

function byId<K, V extends { id: K }>(values: readonly V[]): Map<K, V> {
  return new Map(values.map((value) => [value.id, value]));
}

function changed<K, V extends { id: K }>(state: ReadonlyMap<K, V>, put: readonly V[], remove: readonly K[]) {
  const next = new Map(state);
  for (const id of remove) next.delete(id);
  for (const value of put) next.set(value.id, value);
  return next;
}

/** Undefined for the topics that have no state of their own. */
export function stateOfSnapshot(snapshot: LiveSnapshot): LiveStates[StateTopic] | undefined {
  switch (snapshot.topic) {
    case 'machines':
      return byId<string, Machine>(snapshot.machines);
    case 'peers':
      return byId<string, SeenPeer>(snapshot.peers);
    case 'targets':
      return { revision: snapshot.revision, targets: byId(snapshot.targets) };
    case 'incidents':
      return byId<number, Incident>(snapshot.incidents);
    case 'overview':
      return snapshot.overview;
    case 'audit':
      return snapshot.entries;
    default:
      return undefined;
  }
}

export function applyLiveChange(
  state: LiveStates[StateTopic] | undefined,
  change: LiveChange,
): LiveStates[StateTopic] | undefined {
  if (change.topic === 'overview') return change.overview;
  if (state === undefined) return undefined;
  switch (change.topic) {
    case 'machines':
      return changed(state as LiveStates['machines'], change.put, change.remove);
    case 'peers':
      return changed(state as LiveStates['peers'], change.put, change.remove);
    case 'targets': {
      const { targets } = state as LiveStates['targets'];
      return { revision: change.revision, targets: changed(targets, change.put, change.remove) };
    }
    case 'incidents':
      return changed(state as LiveStates['incidents'], change.put, []);
    case 'audit': {
      const known = new Set(change.entries.map((entry) => entry.id));
      const kept = (state as LiveStates['audit']).filter((entry) => !known.has(entry.id));
      return [...change.entries, ...kept].sort((a, b) => b.id - a.id).slice(0, MAX_AUDIT_ENTRIES);
    }
  }
}
