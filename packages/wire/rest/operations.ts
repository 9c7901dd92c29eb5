/** Overview, settings, audit, doctor, backup: what keeps Maille itself in order. */
import Type, { type Static } from 'typebox';
import { Finding } from '../link/messages.ts';
import { Line, PartyId, TimeMs } from '../schema.ts';
import { MAX_FLOWS } from '../traceroute.ts';
import { incidentKinds, incidentScopes } from './incidents.ts';
import { PageQuery } from './page.ts';
import { defineRoute } from './route.ts';

/** What is wrong, worst first. `kind` is translated by the page, `subject` is a machine's or a target's name. */
export const overviewKinds = [
  'incident',
  'machine-down',
  'machine-pending',
  'machine-cloned',
  'target-down',
  'target-refusing',
  'not-sent',
  'agent-finding',
  'samples-dropped',
  'sensor-absent',
  'disk-low',
  'certificate-expiring',
] as const;
export const MAX_NAMED = 500;
export const MAX_UNSENT_HOSTS = 5;
const Named = Type.Array(Type.Integer(), { maxItems: MAX_NAMED });
export const OverviewItem = Type.Object({
  kind: Type.Enum([...overviewKinds]),
  severity: Type.Enum(['severe', 'notable', 'info']),
  subject: Line(300),
  detail: Line(500),
  machineId: Type.Optional(PartyId),
  targetId: Type.Optional(Type.Integer()),
  /** Of a machine that cannot send to some targets: why, to how many, and the first of them. */
  notSent: Type.Optional(
    Type.Object({
      errno: Type.Integer(),
      targets: Type.Integer(),
      hosts: Type.Array(Line(253), { maxItems: MAX_UNSENT_HOSTS }),
    }),
  ),
  /** Of an open incident: targets that it tells of are not told one by one. */
  incident: Type.Optional(
    Type.Object({
      id: Type.Integer(),
      kind: Type.Enum([...incidentKinds]),
      scope: Type.Enum([...incidentScopes]),
      affected: Type.Integer(),
      ofTargets: Type.Integer(),
      acknowledgedBy: Type.Union([Line(100), Type.Null()]),
    }),
  ),
  sinceMs: Type.Optional(TimeMs),
  /** When what is told of comes: the end of a certificate. */
  untilMs: Type.Optional(TimeMs),
});
export type OverviewItem = Static<typeof OverviewItem>;
export const Overview = Type.Object({
  items: Type.Array(OverviewItem),
  machines: Type.Object({ approved: Type.Integer(), connected: Type.Integer(), pending: Type.Integer() }),
  peers: Type.Object({
    alive: Type.Integer(),
    suspect: Type.Integer(),
    down: Type.Integer(),
    left: Type.Integer(),
  }),
  targets: Type.Object({
    total: Type.Integer(),
    answering: Type.Integer(),
    /** Nothing comes back. */
    silent: Type.Integer(),
    /** A TCP port that says no. */
    refusing: Type.Integer(),
    /** Whoever probes them cannot send to them: neither an answer nor a loss. */
    notSent: Type.Integer(),
    noData: Type.Integer(),
    /** Of the silent ones, and of the refusing, those that an open incident tells of. */
    inIncidents: Type.Integer(),
    refusingInIncidents: Type.Integer(),
    /** Which ones they are, incidents or not: up to a bound, so all of them where there are as many as counted. */
    silentIds: Named,
    refusingIds: Named,
    notSentIds: Named,
    /** Why: the errno of each of `notSentIds`. */
    notSentErrnos: Named,
    noDataIds: Named,
  }),
  /** Over the last minute. */
  samplesPerSecond: Type.Number(),
  lossRatio: Type.Union([Type.Number(), Type.Null()]),
  medianRttNs: Type.Union([Type.Number(), Type.Null()]),
});
export type Overview = Static<typeof Overview>;
export const getOverview = defineRoute({
  id: 'getOverview',
  method: 'GET',
  path: '/overview',
  summary: 'What is wrong, and the pulse',
  access: { who: 'viewer', scope: 'targets' },
  response: Overview,
});

/** Settings of core (SEG-7). Each names the decision it enables. */
export const Settings = Type.Object({
  installationName: Line(100),
  /** The name in the page's title and in join commands, e.g. maille.example.org:4443. */
  publicUrl: Type.String({
    maxLength: 300,
    description: 'Where agents and people reach this server; empty: this host, port 4443',
  }),
  presenceSeeds: Type.Array(Type.String({ maxLength: 300 }), {
    maxItems: 256,
    description: 'Addresses that agents greet where multicast does not reach',
  }),
  rawRetentionDays: Type.Integer({
    minimum: 1,
    maximum: 3_650,
    description:
      'How long single samples are kept: exact on their day, then with times to 1 ms and RTTs within 0.1 %',
  }),
  rollupRetentionDays: Type.Integer({
    minimum: 1,
    maximum: 36_500,
    description: 'How long minute and hour figures are kept',
  }),
  sessionDays: Type.Integer({
    minimum: 1,
    maximum: 365,
    description: 'How long a sign-in lasts without use',
  }),
  mesh: Type.Boolean({ description: 'Every approved machine is a target of the others' }),
  ownPrefixes: Type.Array(Type.String({ maxLength: 64 }), {
    maxItems: 256,
    description: 'Public prefixes that are the operator’s own, besides all private ones',
  }),
  maxProbesPerSecond: Type.Integer({
    minimum: 1,
    maximum: 60_000,
    description: 'No agent is asked for more probes a second',
  }),
  maxPrefixProbesPerSecond: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    description: 'No prefix is sent more probes a second, by all agents together',
  }),
  maxSeries: Type.Integer({
    minimum: 100,
    maximum: 5_000_000,
    description: 'No more series: a target as one agent sees it is one',
  }),
  influxUrl: Type.String({
    maxLength: 500,
    description: 'Where every sample is pushed to in InfluxDB line protocol; empty: nowhere',
  }),
  traceroutePrefixes: Type.Boolean({ description: 'Trace the route to one address of each prefix' }),
  tracerouteIntervalMs: Type.Integer({
    minimum: 10_000,
    maximum: 86_400_000,
    description: 'Time between two rounds of such a trace, milliseconds',
  }),
  tracerouteFlows: Type.Integer({
    minimum: 1,
    maximum: MAX_FLOWS,
    description: 'Flows of such a round: more of them see more of parallel paths',
  }),
  resolveRouters: Type.Boolean({
    description: 'Look up the names of routers when somebody looks at a route',
  }),
});
export type Settings = Static<typeof Settings>;
export const defaultSettings: Settings = {
  installationName: 'Maille',
  publicUrl: '',
  presenceSeeds: [],
  rawRetentionDays: 30,
  rollupRetentionDays: 730,
  sessionDays: 14,
  mesh: false,
  ownPrefixes: [],
  maxProbesPerSecond: 20_000,
  maxPrefixProbesPerSecond: 10_000,
  maxSeries: 200_000,
  influxUrl: '',
  traceroutePrefixes: true,
  tracerouteIntervalMs: 300_000,
  tracerouteFlows: 4,
  resolveRouters: true,
};
export const getSettings = defineRoute({
  id: 'getSettings',
  method: 'GET',
  path: '/settings',
  summary: 'Settings',
  access: { who: 'operator', scope: 'settings' },
  response: Type.Object({
    settings: Settings,
    serverId: PartyId,
    certificateFingerprint: Type.String(),
    caCertificatePem: Type.String(),
  }),
});
export const changeSettings = defineRoute({
  id: 'changeSettings',
  method: 'PATCH',
  path: '/settings',
  summary: 'Change settings',
  access: { who: 'admin', scope: 'settings' },
  body: Type.Partial(Settings, { additionalProperties: false }),
  response: Settings,
});

export const AuditEntry = Type.Object({
  id: Type.Integer(),
  atMs: TimeMs,
  /** Person, token or machine, as text that stays true after they are gone. */
  actor: Line(200),
  actorKind: Type.Enum(['person', 'token', 'machine', 'system']),
  address: Type.String({ maxLength: 64 }),
  /** The route's id, or sign-in.failed and the like. */
  action: Line(100),
  subject: Line(300),
  outcome: Type.Enum(['done', 'refused', 'failed']),
  /** What changed, secrets left out, as JSON text. */
  detail: Type.String({ maxLength: 10_000 }),
});
export type AuditEntry = Static<typeof AuditEntry>;
export const listAudit = defineRoute({
  id: 'listAudit',
  method: 'GET',
  path: '/audit',
  summary: 'Who did what, newest first',
  access: { who: 'admin', scope: 'audit' },
  query: Type.Object({ ...PageQuery, search: Type.Optional(Line(100)) }, { additionalProperties: false }),
  response: Type.Object({ entries: Type.Array(AuditEntry), nextBefore: Type.Optional(Type.Integer()) }),
});

export const getDoctor = defineRoute({
  id: 'getDoctor',
  method: 'GET',
  path: '/doctor',
  summary: 'What is missing or broken on the server and its machines, with remedies',
  access: { who: 'operator', scope: 'machines' },
  response: Type.Object({
    server: Type.Array(Finding),
    machines: Type.Array(
      Type.Object({ machineId: PartyId, label: Line(253), findings: Type.Array(Finding) }),
    ),
  }),
});

/** Answers with application/x-tar, streamed; not JSON. */
export const createBackup = defineRoute({
  id: 'createBackup',
  method: 'POST',
  path: '/backup',
  summary: 'A consistent copy of database, series and keys, as a tar stream',
  access: { who: 'admin', scope: 'backup' },
  answers: ['application/x-tar'],
});
/** Takes application/x-tar, streamed. The server checks it whole, then restarts with it; what it had is kept beside it. */
export const restoreBackup = defineRoute({
  id: 'restoreBackup',
  method: 'PUT',
  path: '/backup',
  summary: 'Go back to a backup',
  access: { who: 'admin', scope: 'backup' },
  maxBodyBytes: 64 * 1024 * 1024 * 1024,
  response: Type.Object({ restarting: Type.Boolean(), keptAt: Type.String() }),
});
