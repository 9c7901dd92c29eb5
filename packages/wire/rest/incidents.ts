/** Incidents: what is not as usual, one per cause; and the baselines that say what usual is. */
import Type, { type Static } from 'typebox';
import { Line, TimeMs } from '../schema.ts';
import { NumericId, NumericIdParams } from './page.ts';
import { defineRoute } from './route.ts';

/** What deviates. `silent`: nothing answers at all. */
export const incidentKinds = ['silent', 'loss', 'rtt', 'jitter', 'route'] as const;
/** What the affected addresses have in common, and so what is blamed. */
export const incidentScopes = ['target', 'prefix', 'tag', 'hop', 'agent'] as const;
/**
 * How it ended. `recovered`: as before. `new-usual`: what deviated has lasted so long that it is the
 * baseline now. `no-data`: nobody probes the addresses any more, so nobody knows. `merged`: it turned out
 * to be part of a wider one, `mergedInto`. `over`: a change of route, told and done.
 */
export const incidentEndings = ['recovered', 'new-usual', 'no-data', 'merged', 'over'] as const;
export const MAX_INCIDENT_TARGETS = 10_000;

const NullableNumber = Type.Union([Type.Number(), Type.Null()]);

export const Incident = Type.Object({
  id: NumericId,
  kind: Type.Enum([...incidentKinds]),
  scope: Type.Enum([...incidentScopes]),
  /**
   * The target's host, the prefix, the tag, the router's address or the machine's name. Of routes that have
   * all lost one router: `192.0.2.1 → 192.0.2.2`, it and what took its place where that is one; `→ 192.0.2.3`
   * where nothing was lost, and that one came in between.
   */
  subject: Line(300),
  severity: Type.Enum(['severe', 'notable']),
  state: Type.Enum(['open', 'ended']),
  /** When the first sample that deviates was sent, as far as that can be said; detection came later. */
  sinceMs: TimeMs,
  detectedAtMs: TimeMs,
  endedAtMs: Type.Union([TimeMs, Type.Null()]),
  ending: Type.Union([Type.Enum([...incidentEndings]), Type.Null()]),
  mergedInto: Type.Union([NumericId, Type.Null()]),
  /** 0 to 1: how unlikely it is that this is chance. */
  confidence: Type.Number({ minimum: 0, maximum: 1 }),
  /** It went and came back too often to be told each time. */
  flapping: Type.Boolean(),
  /**
   * Of the latest probes of all affected addresses together while most of them were affected. Null where the
   * kind says nothing of it.
   */
  lossRatio: NullableNumber,
  rttNs: NullableNumber,
  /** What was usual before. */
  baselineRttNs: NullableNumber,
  /** Addresses affected now, at the most so far, and how many share what is blamed. */
  affected: Type.Integer(),
  affectedMost: Type.Integer(),
  ofTargets: Type.Integer(),
  agentNumbers: Type.Array(Type.Integer(), { maxItems: 1_000 }),
  acknowledgedBy: Type.Union([Line(100), Type.Null()]),
  acknowledgedAtMs: Type.Union([TimeMs, Type.Null()]),
  note: Line(1_000),
});
export type Incident = Static<typeof Incident>;

/** One affected address, and what spoke against it. */
export const IncidentEvidence = Type.Object({
  targetId: NumericId,
  host: Line(253),
  agentNumber: Type.Integer(),
  kind: Type.Enum([...incidentKinds]),
  sinceMs: TimeMs,
  raisedAtMs: TimeMs,
  clearedAtMs: Type.Union([TimeMs, Type.Null()]),
  /** The test's score when it was raised, and the bound that it passed. */
  score: Type.Number(),
  threshold: Type.Number(),
  lossRatio: NullableNumber,
  rttNs: NullableNumber,
  baselineRttNs: NullableNumber,
});
export type IncidentEvidence = Static<typeof IncidentEvidence>;

const scope = 'incidents';

export const listIncidents = defineRoute({
  id: 'listIncidents',
  method: 'GET',
  path: '/incidents',
  summary:
    'Incidents that touch a window of time, newest first; those that became part of another only if asked for',
  access: { who: 'viewer', scope },
  query: Type.Object(
    {
      state: Type.Optional(Type.Enum(['open', 'ended'])),
      fromMs: Type.Optional(TimeMs),
      toMs: Type.Optional(TimeMs),
      targetId: Type.Optional(NumericId),
      /** Those that became part of that one. Without it, no incident that became part of another is listed. */
      mergedInto: Type.Optional(NumericId),
      /** Of the page before: its last id. */
      beforeId: Type.Optional(NumericId),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    },
    { additionalProperties: false },
  ),
  response: Type.Object({ incidents: Type.Array(Incident) }),
});
export const getIncident = defineRoute({
  id: 'getIncident',
  method: 'GET',
  path: '/incidents/{id}',
  summary: 'One incident with its evidence, worst first',
  access: { who: 'viewer', scope },
  params: NumericIdParams,
  response: Type.Object({
    incident: Incident,
    evidence: Type.Array(IncidentEvidence, { maxItems: MAX_INCIDENT_TARGETS }),
    /** Evidence beyond the bound. */
    evidenceLeftOut: Type.Integer(),
  }),
});
export const acknowledgeIncident = defineRoute({
  id: 'acknowledgeIncident',
  method: 'POST',
  path: '/incidents/{id}/acknowledge',
  summary: 'Say that somebody is on it, with a note; false takes it back',
  access: { who: 'operator', scope },
  params: NumericIdParams,
  body: Type.Object(
    { acknowledged: Type.Boolean(), note: Type.Optional(Line(1_000)) },
    { additionalProperties: false },
  ),
  response: Incident,
});

/** Columns of equal length, one row a target and agent that has a baseline. */
export const Baselines = Type.Object({
  atMs: TimeMs,
  targetIds: Type.Array(NumericId),
  agentNumbers: Type.Array(Type.Integer()),
  /** Median RTT that is usual, nanoseconds. */
  rttNs: Type.Array(Type.Number()),
  /** Usual spread: standard deviation of ln RTT, from the quartiles. */
  spread: Type.Array(Type.Number()),
  lossRatio: Type.Array(Type.Number()),
});
export type Baselines = Static<typeof Baselines>;
export const getBaselines = defineRoute({
  id: 'getBaselines',
  method: 'GET',
  path: '/grid/baselines',
  summary: 'What is usual for each target: now, or at a moment of the past',
  access: { who: 'viewer', scope: 'targets' },
  query: Type.Object({ atMs: Type.Optional(TimeMs) }, { additionalProperties: false }),
  response: Baselines,
});
