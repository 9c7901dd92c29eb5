/** Routes: the way from an agent to a target as routers see it, now and before. */
import Type, { type Static } from 'typebox';
import { TimeMs } from '../schema.ts';
import { MAX_FLOWS, MAX_HOPS, traceEnds, traceMethods } from '../traceroute.ts';
import { NumericId } from './page.ts';

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
  /** When the first round that saw it began. */
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
