/**
 * What one round of traceroute saw: a few flows to one target, each with its header fields held constant
 * on the whole way (Paris traceroute, Augustin et al. 2006), so that a load balancer sends all probes of a
 * flow along one path. Flows differ from each other, so that parallel paths show as such.
 */
import Type, { type Static } from 'typebox';
import { TimeMs } from './schema.ts';

export const traceMethods = ['icmp', 'udp', 'tcp'] as const;
export const MAX_HOPS = 30;
export const MAX_FLOWS = 8;
export const MIN_TRACE_EVERY_MS = 10_000;
export const MAX_TRACE_EVERY_MS = 86_400_000;

/** What an agent is asked to do for a target, again and again. */
export const TracePlan = Type.Object(
  {
    method: Type.Enum([...traceMethods]),
    /** Of `tcp`: the port to connect to. */
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    everyMs: Type.Integer({ minimum: MIN_TRACE_EVERY_MS, maximum: MAX_TRACE_EVERY_MS }),
    flows: Type.Integer({ minimum: 1, maximum: MAX_FLOWS }),
  },
  { additionalProperties: false },
);
export type TracePlan = Static<typeof TracePlan>;
/** Where a person chose no other. */
export const usualTracePlan = { method: 'icmp', everyMs: 300_000, flows: 4 } as const satisfies TracePlan;

export const TraceHop = Type.Object({
  /** Null: nobody answered at this distance; it may be anybody. */
  address: Type.Union([Type.String({ maxLength: 64 }), Type.Null()]),
  /** Null with the address. */
  rttNs: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
});
export type TraceHop = Static<typeof TraceHop>;

export const traceEnds = [
  'reached',
  'unreachable', // a router, or the target, said so: `code`
  'silent', // several hops in a row said nothing, the rest was not asked
  'too-far', // MAX_HOPS
] as const;
export const TraceFlow = Type.Object({
  /** From 0; the same number is the same flow in every round of the same agent's target. */
  flow: Type.Integer({ minimum: 0, maximum: MAX_FLOWS - 1 }),
  /** Hop 1 first. The last one is the target itself where it was reached. */
  hops: Type.Array(TraceHop, { maxItems: MAX_HOPS }),
  end: Type.Enum([...traceEnds]),
  /** ICMP destination-unreachable code. */
  code: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
});
export type TraceFlow = Static<typeof TraceFlow>;

export const TraceRound = Type.Object({
  targetId: Type.Integer({ minimum: 1, maximum: 0xffff_ffff }),
  /** The address that was traced: a name's may change. */
  address: Type.String({ maxLength: 64 }),
  /** When the round began, by the agent's clock. */
  atMs: TimeMs,
  method: Type.Enum([...traceMethods]),
  flows: Type.Array(TraceFlow, { minItems: 1, maxItems: MAX_FLOWS }),
});
export type TraceRound = Static<typeof TraceRound>;
