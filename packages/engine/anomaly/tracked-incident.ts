/** An incident while it is open: what is told of it, and the alarms that it is made of. */
import type { Incident } from '@maille/wire/rest/incidents';
import type { Child } from './incident-children.ts';
import type { TargetPlace } from './surroundings.ts';
import type { Vanished } from './vanished-router.ts';

export interface OpenedIncident {
  incident: Incident;
  scopeKey: string;
}

export interface Tracked extends OpenedIncident {
  children: Map<string, Child>;
  /** When alarms joined it last. */
  joinedMs: number;
  openedMs: number;
  /** How many series share what is blamed, as far as it was counted. */
  members: number;
  dirty: Set<Child>;
  /** When it was last told; undefined: never. */
  toldMs: number | undefined;
  /** Of changes of route: what they have lost. */
  vanished: Vanished | undefined;
}

export function track(incident: Incident, scopeKey: string, nowMs: number): Tracked {
  return {
    incident,
    scopeKey,
    children: new Map(),
    joinedMs: nowMs,
    openedMs: incident.detectedAtMs,
    members: 0,
    dirty: new Set(),
    toldMs: undefined,
    vanished: undefined,
  };
}

export function newIncident(
  id: number,
  scope: Incident['scope'],
  subject: string,
  flapping: boolean,
  nowMs: number,
): Incident {
  return {
    id,
    kind: 'route',
    scope,
    subject: subject.slice(0, 300),
    severity: 'notable',
    state: 'open',
    sinceMs: nowMs,
    detectedAtMs: nowMs,
    endedAtMs: null,
    ending: null,
    mergedInto: null,
    confidence: 0,
    flapping,
    lossRatio: null,
    rttNs: null,
    baselineRttNs: null,
    affected: 0,
    affectedMost: 0,
    ofTargets: 1,
    agentNumbers: [],
    acknowledgedBy: null,
    acknowledgedAtMs: null,
    note: '',
  };
}

/** An incident only ever rises. */
export const scopeRank = { target: 0, prefix: 1, tag: 2, hop: 3, agent: 4 } as const;

/** What is blamed, whoever sees it: of `hop 192.0.2.1 agent 3` the router. */
export const causeKeyOf = (scopeKey: string): string => scopeKey.replace(/ agent \d+$/, '');

/** Whether a series shares what is blamed. */
export function isCovered(
  scopeKey: string,
  agentNumber: number,
  place: TargetPlace | undefined,
  hops: readonly string[],
): boolean {
  const [scope, name = '', , agent] = scopeKey.split(' ');
  if (agent !== undefined && Number(agent) !== agentNumber) return false;
  switch (scope) {
    case 'agent':
      return Number(name) === agentNumber;
    case 'prefix':
      return place?.prefix === name;
    case 'tag':
      return place?.tags.includes(name) ?? false;
    default:
      return scope === 'hop' && hops.includes(name);
  }
}
