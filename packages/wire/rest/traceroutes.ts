/** Routes: the way from an agent to a target as routers see it, now and before. */
import Type, { type Static } from 'typebox';
import { TimeMs } from '../schema.ts';
import { MAX_FLOWS, MAX_HOPS, TracePlan, traceEnds, traceMethods } from '../traceroute.ts';
import { NumericId, NumericIdParams } from './page.ts';
import { defineRoute } from './route.ts';

export const MAX_ROUTERS_AT_HOP = 16;

export const RouteRouter = Type.Object({
  address: Type.String({ maxLength: 64 }),
  /** Of its latest answer. Null: kept from before a restart, not measured since. */
  rttNs: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
  /** How often a flow was newly led to it: what tells a balancer from a change. */
  draws: Type.Integer({ minimum: 1 }),
  /** The flows that met it last. */
  flows: Type.Array(Type.Integer({ minimum: 0, maximum: MAX_FLOWS - 1 }), { maxItems: MAX_FLOWS }),
});
export type RouteRouter = Static<typeof RouteRouter>;

/** Who answered at one distance: several where paths are parallel, nobody where routers are silent. */
export const RouteHop = Type.Object({
  routers: Type.Array(RouteRouter, { maxItems: MAX_ROUTERS_AT_HOP }),
});
export type RouteHop = Static<typeof RouteHop>;

/** The route from one agent to one target over a time in which it did not change. */
export const TargetRoute = Type.Object({
  targetId: NumericId,
  agentNumber: Type.Integer({ minimum: 1 }),
  /** What was traced: a name's address may change, and then its route begins anew. */
  address: Type.String({ maxLength: 64 }),
  method: Type.Enum([...traceMethods]),
  /** The first that was seen; another than before; or traced to another address, or otherwise. */
  began: Type.Enum(['first', 'change', 'anew']),
  /** When the first round that saw it began, by the agent's clock, as all times of a route. */
  sinceMs: TimeMs,
  /** When the last one did. */
  lastSeenMs: TimeMs,
  /** When the first round began that saw another; null: it is the route now. */
  untilMs: Type.Union([TimeMs, Type.Null()]),
  /** Distance 1 first. The target itself stands in the last one where it was reached. */
  hops: Type.Array(RouteHop, { maxItems: MAX_HOPS }),
  end: Type.Enum([...traceEnds]),
  /** Of `unreachable`: the ICMP code. */
  code: Type.Union([Type.Integer({ minimum: 0, maximum: 255 }), Type.Null()]),
});
export type TargetRoute = Static<typeof TargetRoute>;

export const RouteChange = Type.Object({
  agentNumber: Type.Integer({ minimum: 1 }),
  targetId: NumericId,
  /** When the first round began that saw the new route. */
  atMs: TimeMs,
  /** When the round began that made it certain. */
  foundAtMs: TimeMs,
  /** The first distance that differs. */
  distance: Type.Integer({ minimum: 1 }),
  before: TargetRoute,
  after: TargetRoute,
});
export type RouteChange = Static<typeof RouteChange>;

/** A route in a list: without its hops. */
export const RouteSummary = Type.Object({
  ...Type.Omit(TargetRoute, ['hops']).properties,
  host: Type.String({ maxLength: 253 }),
  prefix: Type.String({ maxLength: 64 }),
  /** It speaks for its prefix, chosen by itself. */
  forPrefix: Type.Boolean(),
  /** Distance of the target, or of the last router that answered. */
  length: Type.Integer({ minimum: 0, maximum: MAX_HOPS }),
  /** Changes among what is kept, at most as many as are counted. */
  changes: Type.Integer({ minimum: 0 }),
});
export type RouteSummary = Static<typeof RouteSummary>;

const scope = 'targets';
export const MAX_ROUTES_LISTED = 20_000;
export const MAX_ROUTES_OF_TARGET = 500;

export const listRoutes = defineRoute({
  id: 'listRoutes',
  method: 'GET',
  path: '/routes',
  summary: 'Routes to all targets that are traced: now, or at a moment of the past',
  access: { who: 'viewer', scope },
  query: Type.Object(
    {
      prefix: Type.Optional(Type.String({ maxLength: 64 })),
      agentNumber: Type.Optional(Type.Integer({ minimum: 1 })),
      atMs: Type.Optional(TimeMs),
    },
    { additionalProperties: false },
  ),
  response: Type.Object({
    routes: Type.Array(RouteSummary, { maxItems: MAX_ROUTES_LISTED }),
    /** Targets that are to be traced. Those without a route wait for their first round. */
    traced: Type.Array(NumericId),
    /** Routes that are not remembered, as there are more than the bound. */
    forgotten: Type.Integer({ minimum: 0 }),
  }),
});

export const getTargetRoutes = defineRoute({
  id: 'getTargetRoutes',
  method: 'GET',
  path: '/targets/{id}/routes',
  summary: 'The routes to one target that were in use within a window, newest first; without one, the latest',
  access: { who: 'viewer', scope },
  params: NumericIdParams,
  query: Type.Object(
    {
      agentNumber: Type.Optional(Type.Integer({ minimum: 1 })),
      fromMs: Type.Optional(TimeMs),
      toMs: Type.Optional(TimeMs),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_ROUTES_OF_TARGET })),
    },
    { additionalProperties: false },
  ),
  response: Type.Object({
    routes: Type.Array(TargetRoute, { maxItems: MAX_ROUTES_OF_TARGET }),
    /** How it is traced; null: it is not. */
    plan: Type.Union([TracePlan, Type.Null()]),
    /** It speaks for its prefix, chosen by itself. */
    forPrefix: Type.Boolean(),
    /** Who speaks for its prefix where it is not traced itself. */
    representativeId: Type.Union([NumericId, Type.Null()]),
    /** Names of the routers, by address, as far as they are known by now. */
    names: Type.Record(Type.String(), Type.String({ maxLength: 253 })),
  }),
});

export const traceTargetNow = defineRoute({
  id: 'traceTargetNow',
  method: 'POST',
  path: '/targets/{id}/routes/now',
  summary: 'Trace the route to a target at once, by the agents that trace it or by one of them',
  access: { who: 'operator', scope },
  params: NumericIdParams,
  body: Type.Object(
    { agentNumber: Type.Optional(Type.Integer({ minimum: 1 })) },
    { additionalProperties: false },
  ),
  response: Type.Object({
    /** Who was asked: the round follows within seconds. */
    agentNumbers: Type.Array(Type.Integer({ minimum: 1 })),
    askedAtMs: TimeMs,
  }),
});
