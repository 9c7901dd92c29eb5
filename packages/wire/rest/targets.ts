/** Targets: what is probed, by whom, how often; their series; the grid. */
import Type, { type Static } from 'typebox';
import { type Outcome, outcomes } from '../link/samples.ts';
import { ICMP, MAX_METHODS_AT_ONCE, ProbeMethod } from '../probe-method.ts';
import { Line, PartyId, Tag, TimeMs } from '../schema.ts';
import { MAX_TRACE_MS, MAX_TRACED_TARGETS, Trace } from '../trace.ts';
import { TracePlan } from '../traceroute.ts';
import { NumericId, NumericIdParams } from './page.ts';
import { defineRoute } from './route.ts';

/** Which agents probe a target. An empty list of ids or tags is refused: it would mean nobody. */
export const AgentSelection = Type.Union([
  Type.Object({ by: Type.Literal('all') }, { additionalProperties: false }),
  Type.Object(
    { by: Type.Literal('ids'), ids: Type.Array(PartyId, { minItems: 1, maxItems: 1_000 }) },
    { additionalProperties: false },
  ),
  Type.Object(
    { by: Type.Literal('tags'), tags: Type.Array(Tag, { minItems: 1, maxItems: 32 }) },
    { additionalProperties: false },
  ),
  /** All but the machine whose address it is: only the mesh makes such targets. */
  Type.Object({ by: Type.Literal('mesh'), machineId: PartyId }, { additionalProperties: false }),
]);
export type AgentSelection = Static<typeof AgentSelection>;

const targetSettings = {
  label: Line(100),
  tags: Type.Array(Tag, { maxItems: 32 }),
  /** A team's id; null: everybody's. */
  teamId: Type.Union([NumericId, Type.Null()]),
  agents: AgentSelection,
  intervalMs: Type.Integer({
    minimum: 1_000,
    maximum: 3_600_000,
    description: 'Time between two probes, milliseconds',
  }),
  timeoutMs: Type.Integer({
    minimum: 100,
    maximum: 30_000,
    description: 'A reply after this long counts as late, milliseconds',
  }),
  /** How its route is traced; null: as the setting for prefixes has it. */
  traceroute: Type.Union([TracePlan, Type.Null()]),
};

export const Target = Type.Object({
  id: NumericId,
  /** Canonical address, or a host name. */
  host: Type.String({ minLength: 1, maxLength: 253 }),
  probe: ProbeMethod,
  /** The tile it belongs to: its /24, its /64, or `names`. */
  prefix: Type.String({ maxLength: 64 }),
  ...targetSettings,
  createdAtMs: TimeMs,
  /** Who or what made it: a person, or `start` for those that Maille began with. */
  createdBy: Line(100),
  /** Present while its lines in the logs carry a trace id. Ends by itself, and with the server. */
  trace: Type.Optional(Trace),
});
export type Target = Static<typeof Target>;

export const TargetChange = Type.Partial(Type.Object(targetSettings), { additionalProperties: false });
export type TargetChange = Static<typeof TargetChange>;

export const refusalReasons = [
  'not-an-address',
  'range-reversed',
  'too-many',
  'bad-name',
  'unspecified',
  'multicast',
  'broadcast',
  'bad-length',
  'no-zone',
] as const;
export const RefusedEntry = Type.Object({
  /** Line of the pasted text, from 1. */
  line: Type.Integer({ minimum: 1 }),
  entry: Line(300),
  reason: Type.Enum([...refusalReasons]),
  message: Type.String(),
});
export type RefusedEntry = Static<typeof RefusedEntry>;

const scope = 'targets';

export const listTargets = defineRoute({
  id: 'listTargets',
  method: 'GET',
  path: '/targets',
  summary: 'All targets',
  access: { who: 'viewer', scope },
  response: Type.Object({ revision: Type.Integer(), targets: Type.Array(Target) }),
});
export const getTarget = defineRoute({
  id: 'getTarget',
  method: 'GET',
  path: '/targets/{id}',
  summary: 'One target',
  access: { who: 'viewer', scope },
  params: NumericIdParams,
  response: Target,
});
export const MAX_TARGETS = 100_000;
export const MAX_FOREIGN_SHOWN = 100;
export const createTargets = defineRoute({
  id: 'createTargets',
  method: 'POST',
  path: '/targets',
  summary:
    'Add addresses, names, ranges and prefixes, separated by commas, spaces or lines; good entries are kept, bad ones listed',
  access: { who: 'operator', scope },
  body: Type.Object(
    {
      entries: Type.String({ minLength: 1, maxLength: 4_000_000 }),
      ...Type.Partial(Type.Object(targetSettings)).properties,
      /** Each host becomes one target a method. */
      probes: Type.Optional(
        Type.Array(ProbeMethod, {
          minItems: 1,
          maxItems: MAX_METHODS_AT_ONCE,
          uniqueItems: true,
          default: [ICMP],
          description: 'How to probe them: icmp, tcp:443, …',
        }),
      ),
      dryRun: Type.Optional(Type.Boolean()),
      /** Said by a person: what is not known to be their own may be probed all the same. Kept in the audit log. */
      confirmForeign: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
  maxBodyBytes: 8 * 1024 * 1024,
  response: Type.Object({
    created: Type.Integer(),
    /** Entries that were targets already: left as they are. */
    existing: Type.Integer(),
    refused: Type.Array(RefusedEntry),
    /** New hosts that are not known to be the operator's own, the first of them. */
    foreign: Type.Array(Type.String(), { maxItems: MAX_FOREIGN_SHOWN }),
    foreignCount: Type.Integer(),
    ids: Type.Array(NumericId),
  }),
});
export const changeTarget = defineRoute({
  id: 'changeTarget',
  method: 'PATCH',
  path: '/targets/{id}',
  summary: 'Change a target',
  access: { who: 'operator', scope },
  params: NumericIdParams,
  body: TargetChange,
  response: Target,
});
export const changeTargets = defineRoute({
  id: 'changeTargets',
  method: 'PATCH',
  path: '/targets',
  summary: 'Change many targets alike, all or none',
  access: { who: 'operator', scope },
  body: Type.Object(
    { ids: Type.Array(NumericId, { minItems: 1, maxItems: MAX_TARGETS }), change: TargetChange },
    { additionalProperties: false },
  ),
  response: Type.Object({ changed: Type.Integer() }),
});
export const deleteTargets = defineRoute({
  id: 'deleteTargets',
  method: 'POST',
  path: '/targets/delete',
  summary: 'Delete targets; they can be restored for a day, with their series',
  access: { who: 'operator', scope },
  body: Type.Object(
    { ids: Type.Array(NumericId, { minItems: 1, maxItems: MAX_TARGETS }) },
    { additionalProperties: false },
  ),
  response: Type.Object({ deleted: Type.Integer() }),
});
export const restoreTargets = defineRoute({
  id: 'restoreTargets',
  method: 'POST',
  path: '/targets/restore',
  summary: 'Undo a deletion',
  access: { who: 'operator', scope },
  body: Type.Object(
    { ids: Type.Array(NumericId, { minItems: 1, maxItems: MAX_TARGETS }) },
    { additionalProperties: false },
  ),
  response: Type.Object({ restored: Type.Integer() }),
});

export const traceTargets = defineRoute({
  id: 'traceTargets',
  method: 'POST',
  path: '/targets/trace',
  summary:
    'Follow targets through the logs of server, agents and sensors: their lines carry the trace id; 0 ms ends it',
  access: { who: 'operator', scope },
  body: Type.Object(
    {
      ids: Type.Array(NumericId, { minItems: 1, maxItems: MAX_TRACED_TARGETS }),
      forMs: Type.Integer({ minimum: 0, maximum: MAX_TRACE_MS }),
    },
    { additionalProperties: false },
  ),
  response: Type.Object({
    traces: Type.Array(Type.Object({ targetId: NumericId, host: Type.String(), trace: Trace })),
  }),
});

export const resolutions = ['raw', 'minute', 'hour'] as const;
const NullableNumbers = Type.Array(Type.Union([Type.Number(), Type.Null()]));
/**
 * Samples as they came, or as closed days keep them: times floored to the millisecond, RTTs within 0.1 %;
 * outcomes, codes, counts and order as they came.
 */
export const precisions = ['exact', 'rounded'] as const;
const PrecisionField = Type.Enum([...precisions], {
  description: 'rounded: times floored to 1 ms, RTTs within 0.1 %, as days are kept once they are over',
});
/** Columns of equal length, one row a sample (raw) or a minute or an hour. RTTs in nanoseconds; null: no reply, nothing to say. */
export const Series = Type.Object({
  resolution: Type.Enum([...resolutions]),
  fromMs: TimeMs,
  toMs: TimeMs,
  agentNumber: Type.Integer(),
  raw: Type.Optional(
    Type.Object({
      sentAtMs: Type.Array(Type.Number()),
      outcome: Type.Array(Type.Integer()),
      code: Type.Array(Type.Integer()),
      rttNs: NullableNumbers,
      precision: PrecisionField,
    }),
  ),
  rollup: Type.Optional(
    Type.Object({
      startMs: Type.Array(Type.Number()),
      sent: Type.Array(Type.Integer()),
      replies: Type.Array(Type.Integer()),
      /** A column an outcome that came at all. */
      outcomes: Type.Object(
        Object.fromEntries(
          outcomes.map((outcome) => [outcome, Type.Optional(Type.Array(Type.Integer()))]),
        ) as Record<Outcome, Type.TOptional<Type.TArray<Type.TInteger>>>,
      ),
      minNs: NullableNumbers,
      p25Ns: NullableNumbers,
      p50Ns: NullableNumbers,
      p75Ns: NullableNumbers,
      p95Ns: NullableNumbers,
      p99Ns: NullableNumbers,
      maxNs: NullableNumbers,
      jitterNs: NullableNumbers,
      /** Of the RTTs: hours are exact. */
      precision: PrecisionField,
    }),
  ),
});
export type Series = Static<typeof Series>;

export const getTargetSeries = defineRoute({
  id: 'getTargetSeries',
  method: 'GET',
  path: '/targets/{id}/series',
  summary: 'Samples or rollups of one target; without a resolution, the finest that gives at most 4,000 rows',
  heavy: 'always',
  access: { who: 'viewer', scope },
  params: NumericIdParams,
  query: Type.Object(
    {
      fromMs: TimeMs,
      toMs: TimeMs,
      /** Every agent that has data unless told. */
      agentNumber: Type.Optional(Type.Integer({ minimum: 1 })),
      resolution: Type.Optional(Type.Enum([...resolutions])),
    },
    { additionalProperties: false },
  ),
  response: Type.Object({ series: Type.Array(Series) }),
});

const NullableNumber = Type.Union([Type.Number(), Type.Null()]);
export const statisticsSources = ['samples', 'sketches'] as const;
/** The figures of a window. Null: nothing answered. Times in nanoseconds. */
export const Statistics = Type.Object({
  /** What they are of: whole hours around what was asked for, where they come from sketches. */
  fromMs: TimeMs,
  toMs: TimeMs,
  source: Type.Enum([...statisticsSources]),
  /** How far an RTT figure may be off, as a part of it: 0 is exact; null where that is not known. */
  relativeError: NullableNumber,
  sent: Type.Integer(),
  replies: Type.Integer(),
  /** Of what was sent; null when nothing was. */
  lossRatio: NullableNumber,
  /** Late replies and duplicates are not part of what was sent. */
  outcomes: Type.Object(
    Object.fromEntries(outcomes.map((outcome) => [outcome, Type.Integer()])) as Record<
      Outcome,
      ReturnType<typeof Type.Integer>
    >,
  ),
  minNs: NullableNumber,
  p25Ns: NullableNumber,
  p50Ns: NullableNumber,
  p75Ns: NullableNumber,
  p95Ns: NullableNumber,
  p99Ns: NullableNumber,
  maxNs: NullableNumber,
  jitterNs: NullableNumber,
});
export type Statistics = Static<typeof Statistics>;

const statisticsWindow = {
  fromMs: TimeMs,
  toMs: TimeMs,
  /** Every agent together unless told. */
  agentNumber: Type.Optional(Type.Integer({ minimum: 1 })),
};
export const getTargetStatistics = defineRoute({
  id: 'getTargetStatistics',
  method: 'GET',
  path: '/targets/{id}/statistics',
  summary: 'The figures of a whole window of one target: loss, outcomes, percentiles, jitter',
  heavy: 'always',
  access: { who: 'viewer', scope },
  params: NumericIdParams,
  query: Type.Object(statisticsWindow, { additionalProperties: false }),
  response: Statistics,
});
export const getPrefixStatistics = defineRoute({
  id: 'getPrefixStatistics',
  method: 'GET',
  path: '/grid/statistics',
  summary: 'The figures of a whole window over all targets of a prefix that are probed alike',
  heavy: 'always',
  access: { who: 'viewer', scope },
  query: Type.Object(
    {
      prefix: Line(64),
      /** icmp unless told. */
      probe: Type.Optional(ProbeMethod),
      ...statisticsWindow,
    },
    { additionalProperties: false },
  ),
  response: Statistics,
});

/** One minute of the grid: for each target and each of its seconds, what came back. The past, for the time bar. */
export const getGridMinute = defineRoute({
  id: 'getGridMinute',
  method: 'GET',
  path: '/grid',
  summary: 'The samples of all targets in the minute that ends at `atMs`',
  heavy: 'always',
  access: { who: 'viewer', scope },
  query: Type.Object({ atMs: TimeMs }, { additionalProperties: false }),
  response: Type.Object({
    fromMs: TimeMs,
    toMs: TimeMs,
    precision: PrecisionField,
    /** One encoded sample batch (link/samples.ts) an agent, base64. */
    batches: Type.Array(Type.Object({ agentNumber: Type.Integer(), batch: Type.String() })),
  }),
});
/** Minutes of targets, for fast replays and the history of a prefix. */
export const getGridMinutes = defineRoute({
  id: 'getGridMinutes',
  method: 'GET',
  path: '/grid/minutes',
  summary:
    'Sent, replies and median RTT of each target, minute by minute: an hour of all of them, or a day of a prefix',
  heavy: 'always',
  access: { who: 'viewer', scope },
  query: Type.Object(
    { fromMs: TimeMs, toMs: TimeMs, prefix: Type.Optional(Line(64)) },
    { additionalProperties: false },
  ),
  response: Type.Object({
    /** Packed rows (minute-rows.ts) an agent, base64. */
    agents: Type.Array(Type.Object({ agentNumber: Type.Integer(), rows: Type.String() })),
    /** Of the medians. */
    precision: PrecisionField,
  }),
});
export const getMinuteStrip = defineRoute({
  id: 'getMinuteStrip',
  method: 'GET',
  path: '/grid/strip',
  summary: 'Loss and median RTT of every prefix, minute by minute',
  heavy: 'always',
  access: { who: 'viewer', scope },
  query: Type.Object({ fromMs: TimeMs, toMs: TimeMs }, { additionalProperties: false }),
  response: Type.Object({
    startMs: Type.Array(Type.Number()),
    prefixes: Type.Array(
      Type.Object({
        prefix: Type.String(),
        sent: Type.Array(Type.Integer()),
        replies: Type.Array(Type.Integer()),
        p50Ns: NullableNumbers,
      }),
    ),
  }),
});
