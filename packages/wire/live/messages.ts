/**
 * Live: one WebSocket (/api/v1/live, subprotocol `maille-live.1`), topics. A subscription gets one
 * snapshot, then changes. JSON text frames, but for samples: those are binary frames,
 *   u32 subscription · u32 agentNumber (little-endian) · sample batch (link/samples.ts)
 * A reader that is too slow is not queued for without end: sample frames are skipped and counted
 * (`skipped`), and a topic that fell behind gets a new snapshot.
 */
import Type, { type Static } from 'typebox';
import { ExperimentSecond } from '../experiment.ts';
import { Experiment } from '../rest/experiments.ts';
import { Incident } from '../rest/incidents.ts';
import { Machine, SeenPeer } from '../rest/machines.ts';
import { AuditEntry, Overview } from '../rest/operations.ts';
import { NumericId } from '../rest/page.ts';
import { ProblemBody } from '../rest/problem.ts';
import type { Access } from '../rest/route.ts';
import { Target } from '../rest/targets.ts';
import { getTargetRoutes, listRoutes, RouteSummary, TargetRoute } from '../rest/traceroutes.ts';
import { PartyId } from '../schema.ts';

export const LIVE_PATH = '/api/v1/live';
export const LIVE_SUBPROTOCOL = 'maille-live.1';
export const MAX_LIVE_REQUEST_BYTES = 16_384;
export const MAX_LIVE_SUBSCRIPTIONS = 64;

/**
 * `machines`, `peers`, `targets`, `overview`, `audit`: lists.
 * `incidents`: those that are open, and the last hour's; then each as it opens, changes and ends.
 * `routes`: the present route to each target that is traced, by each agent.
 * `target-routes`: the routes of the one target named by `targetId`, the latest of them, with their hops.
 * `experiments`: the latest load experiments, and those that run second by second.
 * `grid`: snapshot without data, then binary frames: the last minute of every target, then every batch as it comes.
 * `target`: the same for the one target named by `targetId`.
 */
export const topics = [
  'machines',
  'peers',
  'targets',
  'incidents',
  'routes',
  'target-routes',
  'experiments',
  'overview',
  'audit',
  'grid',
  'target',
] as const;
export type Topic = (typeof topics)[number];

export const topicAccess: Record<Topic, Access> = {
  machines: { who: 'viewer', scope: 'machines' },
  peers: { who: 'viewer', scope: 'machines' },
  targets: { who: 'viewer', scope: 'targets' },
  incidents: { who: 'viewer', scope: 'incidents' },
  routes: { who: 'viewer', scope: 'targets' },
  'target-routes': { who: 'viewer', scope: 'targets' },
  experiments: { who: 'operator', scope: 'targets' },
  overview: { who: 'viewer', scope: 'targets' },
  audit: { who: 'admin', scope: 'audit' },
  grid: { who: 'viewer', scope: 'targets' },
  target: { who: 'viewer', scope: 'targets' },
};

/** Those that are of one target, named by `targetId`. */
export const targetTopics: readonly Topic[] = ['target', 'target-routes'];

/** How many experiments are kept in view. */
export const MAX_EXPERIMENTS_LIVE = 50;
const ExperimentSeconds = Type.Object({ id: NumericId, seconds: Type.Array(ExperimentSecond) });

const Subscription = Type.Integer({ minimum: 1, maximum: 0xffff_ffff });

/** browser → server */
export const LiveRequest = Type.Union([
  Type.Object(
    {
      type: Type.Literal('subscribe'),
      subscription: Subscription,
      topic: Type.Enum([...topics]),
      targetId: Type.Optional(Type.Integer({ minimum: 1 })),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    { type: Type.Literal('unsubscribe'), subscription: Subscription },
    { additionalProperties: false },
  ),
]);
export type LiveRequest = Static<typeof LiveRequest>;

export const LiveSnapshot = Type.Union([
  Type.Object({ topic: Type.Literal('machines'), machines: Type.Array(Machine) }),
  Type.Object({ topic: Type.Literal('peers'), peers: Type.Array(SeenPeer) }),
  Type.Object({ topic: Type.Literal('targets'), revision: Type.Integer(), targets: Type.Array(Target) }),
  Type.Object({ topic: Type.Literal('incidents'), incidents: Type.Array(Incident) }),
  Type.Object({ topic: Type.Literal('routes'), ...listRoutes.response.properties }),
  Type.Object({ topic: Type.Literal('target-routes'), ...getTargetRoutes.response.properties }),
  Type.Object({
    topic: Type.Literal('experiments'),
    experiments: Type.Array(Experiment, { maxItems: MAX_EXPERIMENTS_LIVE }),
    /** Of those that run. */
    seconds: Type.Array(ExperimentSeconds),
  }),
  Type.Object({ topic: Type.Literal('overview'), overview: Overview }),
  Type.Object({ topic: Type.Literal('audit'), entries: Type.Array(AuditEntry) }),
  Type.Object({ topic: Type.Literal('grid') }),
  Type.Object({ topic: Type.Literal('target') }),
]);
export type LiveSnapshot = Static<typeof LiveSnapshot>;

export const LiveChange = Type.Union([
  Type.Object({ topic: Type.Literal('machines'), put: Type.Array(Machine), remove: Type.Array(PartyId) }),
  Type.Object({ topic: Type.Literal('peers'), put: Type.Array(SeenPeer), remove: Type.Array(PartyId) }),
  Type.Object({
    topic: Type.Literal('targets'),
    revision: Type.Integer(),
    put: Type.Array(Target),
    remove: Type.Array(Type.Integer()),
  }),
  Type.Object({ topic: Type.Literal('incidents'), put: Type.Array(Incident) }),
  Type.Object({
    topic: Type.Literal('routes'),
    put: Type.Array(RouteSummary),
    forgotten: listRoutes.response.properties.forgotten,
  }),
  /** A route is known by its agent and when it began. */
  Type.Object({
    topic: Type.Literal('target-routes'),
    put: Type.Array(TargetRoute),
    names: getTargetRoutes.response.properties.names,
  }),
  Type.Object({
    topic: Type.Literal('experiments'),
    put: Type.Array(Experiment),
    remove: Type.Array(NumericId),
    /** That are new. */
    seconds: Type.Array(ExperimentSeconds),
  }),
  Type.Object({ topic: Type.Literal('overview'), overview: Overview }),
  Type.Object({ topic: Type.Literal('audit'), entries: Type.Array(AuditEntry) }),
]);
export type LiveChange = Static<typeof LiveChange>;

/** server → browser, text frames */
export const LiveMessage = Type.Union([
  Type.Object({ type: Type.Literal('snapshot'), subscription: Subscription, snapshot: LiveSnapshot }),
  Type.Object({ type: Type.Literal('change'), subscription: Subscription, change: LiveChange }),
  Type.Object({ type: Type.Literal('skipped'), subscription: Subscription, samples: Type.Integer() }),
  Type.Object({
    type: Type.Literal('problem'),
    subscription: Type.Optional(Subscription),
    problem: ProblemBody,
  }),
  /** Every five seconds, so that a page knows its own clock's error and that the line lives. */
  Type.Object({ type: Type.Literal('time'), serverTimeMs: Type.Number() }),
]);
export type LiveMessage = Static<typeof LiveMessage>;
