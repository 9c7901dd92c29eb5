/** What each topic's snapshot and changes add up to. Pure: state and message in, new state out. */
import type { ExperimentSecond } from '@maille/wire/experiment';
import { type LiveChange, type LiveSnapshot, MAX_EXPERIMENTS_LIVE } from '@maille/wire/live/messages';
import type { Experiment } from '@maille/wire/rest/experiments';
import type { Incident } from '@maille/wire/rest/incidents';
import type { Machine, SeenPeer } from '@maille/wire/rest/machines';
import type { AuditEntry, Overview } from '@maille/wire/rest/operations';
import type { ResponseOf } from '@maille/wire/rest/route';
import type { Target } from '@maille/wire/rest/targets';
import {
  type getTargetRoutes,
  MAX_ROUTES_OF_TARGET,
  type RouteSummary,
  type TargetRoute,
} from '@maille/wire/rest/traceroutes';

/** Topics that are state; `grid` and `target` are streams of samples. */
export interface LiveStates {
  machines: ReadonlyMap<string, Machine>;
  peers: ReadonlyMap<string, SeenPeer>;
  targets: { revision: number; targets: ReadonlyMap<number, Target> };
  /** Those that are open, and those of the last hour. */
  incidents: ReadonlyMap<number, Incident>;
  /** By target and agent. */
  routes: {
    routes: ReadonlyMap<string, RouteSummary>;
    /** Targets that are to be traced. */
    traced: readonly number[];
    forgotten: number;
  };
  /** Of the one target that was asked for, newest first. */
  'target-routes': ResponseOf<typeof getTargetRoutes>;
  experiments: {
    experiments: ReadonlyMap<number, Experiment>;
    /** Of those that ran since the first snapshot. */
    seconds: ReadonlyMap<number, readonly ExperimentSecond[]>;
  };
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
    case 'routes':
      return {
        routes: new Map(snapshot.routes.map((route) => [routeKey(route), route])),
        traced: snapshot.traced,
        forgotten: snapshot.forgotten,
      };
    case 'target-routes': {
      const { topic: _, ...answer } = snapshot;
      return answer;
    }
    case 'experiments':
      return {
        experiments: byId<number, Experiment>(snapshot.experiments),
        seconds: new Map(snapshot.seconds.map(({ id, seconds }) => [id, seconds])),
      };
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
    case 'routes': {
      const { routes, traced } = state as LiveStates['routes'];
      const next = new Map(routes);
      for (const route of change.put) next.set(routeKey(route), route);
      return { routes: next, traced, forgotten: change.forgotten };
    }
    case 'target-routes':
      return changedRoutes(state as LiveStates['target-routes'], change.put, change.names);
    case 'experiments':
      return changedExperiments(state as LiveStates['experiments'], change);
    case 'audit': {
      const known = new Set(change.entries.map((entry) => entry.id));
      const kept = (state as LiveStates['audit']).filter((entry) => !known.has(entry.id));
      return [...change.entries, ...kept].sort((a, b) => b.id - a.id).slice(0, MAX_AUDIT_ENTRIES);
    }
  }
}

const routeKey = ({ targetId, agentNumber }: RouteSummary) => `${targetId} ${agentNumber}`;

function changedRoutes(
  state: LiveStates['target-routes'],
  put: readonly TargetRoute[],
  names: Readonly<Record<string, string>>,
): LiveStates['target-routes'] {
  const keyOf = ({ agentNumber, sinceMs }: TargetRoute) => `${agentNumber} ${sinceMs}`;
  const fresh = new Set(put.map(keyOf));
  const kept = state.routes.filter((route) => !fresh.has(keyOf(route)));
  const routes = [...put, ...kept].sort((a, b) => b.sinceMs - a.sinceMs).slice(0, MAX_ROUTES_OF_TARGET);
  return { ...state, routes, names: { ...state.names, ...names } };
}

function changedExperiments(
  { experiments, seconds }: LiveStates['experiments'],
  change: Extract<LiveChange, { topic: 'experiments' }>,
): LiveStates['experiments'] {
  const all = [...changed(experiments, change.put, change.remove).values()];
  const latest = all.sort((a, b) => b.id - a.id).slice(0, MAX_EXPERIMENTS_LIVE);
  const next = new Map(seconds);
  for (const { id, seconds: more } of change.seconds) {
    const before = next.get(id) ?? [];
    const last = before.at(-1)?.second ?? -1;
    next.set(id, [...before, ...more.filter(({ second }) => second > last)]);
  }
  for (const id of next.keys()) if (!latest.some((one) => one.id === id)) next.delete(id);
  return { experiments: byId<number, Experiment>(latest), seconds: next };
}
