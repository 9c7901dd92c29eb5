/**
 * The link: JSON-RPC 2.0 both ways over one WebSocket (path /link, subprotocol `maille-link.1`) from
 * agent to server; samples travel as binary frames. docs/protocol/link.md says it in prose.
 *
 * Opening: agent calls `hello`; the server's result proves the server; agent calls `prove`; the result
 * says where the agent stands. Nothing else is answered before. Both sign the same transcript, which
 * holds the TLS channel binding (RFC 9266 tls-exporter), so a proof cannot be carried to another
 * connection:
 *   "maille-link.1\n" + role ("agent" | "server") + "\n" + agentId + "\n" + serverId + "\n"
 *   + agentNonce + "\n" + serverNonce + "\n" + channelBinding(base64url)
 */
import Type, { type Static } from 'typebox';
import { ExperimentId, ExperimentNews, ExperimentPlan } from '../experiment.ts';
import { Peer } from '../presence/peer.ts';
import { ProbeMethod } from '../probe-method.ts';
import { Line, Nonce, PartyId, PublicKey, Signature, Tag, TimeMs } from '../schema.ts';
import { Trace } from '../trace.ts';
import { TracePlan, TraceRound } from '../traceroute.ts';

export const LINK_PATH = '/link';
export const LINK_SUBPROTOCOL = 'maille-link.1';
export const LINK_VERSION = 1;
export const MAX_LINK_FRAME_BYTES = 4 * 1024 * 1024;
/** Both sides ping; a link silent for this long is closed. */
export const LINK_SILENCE_MS = 15_000;

export const machineStates = ['pending', 'approved', 'rejected', 'reauthenticate'] as const;
/** `reauthenticate`: approved before; the administrator wants the agent to prove itself anew and be approved again. */
export const MachineState = Type.Enum([...machineStates]);
export type MachineState = Static<typeof MachineState>;

/** What an agent cannot do on its machine, and the one command that would bring it. */
export const Finding = Type.Object({
  id: Type.String({ pattern: '^[a-z][a-z0-9-]{1,63}$' }),
  severity: Type.Enum(['fine', 'missing', 'broken']),
  title: Line(200),
  remedy: Type.Optional(Line(500)),
});
export type Finding = Static<typeof Finding>;

/**
 * What an agent understands besides echoes and what it is told of them. A server asks it for nothing else: an
 * agent of before TCP ports would ping their hosts. One that names none is of before these were named.
 */
export const agentAbilities = ['tcp', 'routes', 'experiments'] as const;
export type AgentAbility = (typeof agentAbilities)[number];

/** What a machine says of itself when it connects. */
export const MachineFacts = Type.Object({
  hostname: Line(253),
  os: Line(200),
  kernel: Line(200),
  architecture: Line(32),
  virtualization: Line(32),
  cpus: Type.Integer({ minimum: 0, maximum: 65_536 }),
  memoryBytes: Type.Number({ minimum: 0 }),
  bootedAtMs: TimeMs,
  addresses: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 256 }),
  gateways: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 16 }),
  resolvers: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 16 }),
  version: Line(64),
  /** Of a newer agent there may be some that are not known here. */
  abilities: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }), { maxItems: 64 })),
  findings: Type.Array(Finding, { maxItems: 64 }),
});
export type MachineFacts = Static<typeof MachineFacts>;

export const HelloParams = Type.Object({
  version: Type.Integer({ minimum: 1, maximum: 1_000 }),
  agentId: PartyId,
  publicKey: PublicKey,
  nonce: Nonce,
});
export type HelloParams = Static<typeof HelloParams>;

export const HelloResult = Type.Object({
  version: Type.Integer(),
  serverId: PartyId,
  publicKey: PublicKey,
  nonce: Nonce,
  signature: Signature,
});
export type HelloResult = Static<typeof HelloResult>;

/** A setting of the server that presence needs: addresses to greet where multicast does not reach. */
const Seeds = Type.Array(Type.String({ maxLength: 300 }), { maxItems: 256 });

/** Said only to a server that has proved its key: what the machine is, and a secret, are nobody else's. */
export const ProveParams = Type.Object({
  signature: Signature,
  facts: MachineFacts,
  /** A join token: approves without a click. */
  token: Type.Optional(Type.String({ maxLength: 200 })),
});
export type ProveParams = Static<typeof ProveParams>;
export const ProveResult = Type.Object({
  state: MachineState,
  serverTimeMs: TimeMs,
  seeds: Seeds,
  /** Why the join token approved nothing; absent when there was none or it did. */
  tokenRefused: Type.Optional(Type.Enum(['unknown', 'expired', 'used-up'])),
});
export type ProveResult = Static<typeof ProveResult>;

/** A target as an agent needs it. */
export const ProbeTarget = Type.Object({
  id: Type.Integer({ minimum: 1, maximum: 0xffff_ffff }),
  /** An IP address (canonical text, zone allowed) or a host name that the agent resolves. */
  host: Type.String({ minLength: 1, maxLength: 253 }),
  /** A server of before there was another way does not say it: see `withProbe`. */
  probe: ProbeMethod,
  intervalMs: Type.Integer({ minimum: 1_000, maximum: 3_600_000 }),
  timeoutMs: Type.Integer({ minimum: 100, maximum: 30_000 }),
  tags: Type.Array(Tag, { maxItems: 32 }),
  /** Its route is to be traced, and how. */
  route: Type.Optional(TracePlan),
  /** Somebody follows this target through the logs: the agent's and sensor's lines about it carry the id. */
  trace: Type.Optional(Trace),
});
export type ProbeTarget = Static<typeof ProbeTarget>;

/** server → agent: notification `state`. */
export const StateParams = Type.Object({ state: MachineState });
export type StateParams = Static<typeof StateParams>;
/** server → agent: notification `seeds`: the setting has changed. */
export const SeedsParams = Type.Object({ seeds: Seeds });
/** server → agent: notification `targets.replace`: the whole list; sent at approval and whenever revisions do not meet. */
export const TargetsReplaceParams = Type.Object({
  revision: Type.Integer({ minimum: 0 }),
  targets: Type.Array(ProbeTarget, { maxItems: 100_000 }),
  /** A list too long for one frame comes in several of the same revision; it counts once the last is there. */
  more: Type.Optional(Type.Boolean()),
});
/** server → agent: notification `targets.change`: applies on `baseRevision` only. */
export const TargetsChangeParams = Type.Object({
  baseRevision: Type.Integer({ minimum: 0 }),
  revision: Type.Integer({ minimum: 0 }),
  put: Type.Array(ProbeTarget, { maxItems: 100_000 }),
  remove: Type.Array(Type.Integer({ minimum: 1 }), { maxItems: 100_000 }),
});
export type TargetsReplaceParams = Static<typeof TargetsReplaceParams>;
export type TargetsChangeParams = Static<typeof TargetsChangeParams>;
/** server → agent: notification `samples.ack`: these frames are stored for good; ranges are inclusive pairs. */
export const SamplesAckParams = Type.Object({
  epoch: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  ranges: Type.Array(Type.Tuple([Type.Integer({ minimum: 0 }), Type.Integer({ minimum: 0 })]), {
    maxItems: 4_096,
  }),
});
export type SamplesAckParams = Static<typeof SamplesAckParams>;
/** agent → server: request `targets.resync` (no params): asks for `targets.replace`. */

/** agent → server: notification `peers`: what this agent's presence sees. `replace` drops what was known from this agent. */
export const PeersParams = Type.Object({
  replace: Type.Boolean(),
  put: Type.Array(Peer, { maxItems: 4_096 }),
  remove: Type.Array(PartyId, { maxItems: 4_096 }),
});
export type PeersParams = Static<typeof PeersParams>;

/** agent → server: notification `status`, every few seconds: counters since the agent's start, gauges now. */
export const AgentStatus = Type.Object({
  sensor: Type.Enum(['running', 'starting', 'absent']),
  /** How echoes are sent: raw socket, unprivileged datagram socket, or not at all. */
  probing: Type.Enum(['raw', 'datagram', 'none']),
  targets: Type.Integer({ minimum: 0 }),
  spooledBytes: Type.Number({ minimum: 0 }),
  spooledSamples: Type.Number({ minimum: 0 }),
  /** Samples given up because the spool was full: oldest first. */
  droppedSamples: Type.Number({ minimum: 0 }),
  /** Replies that the kernel dropped before the sensor read them. */
  droppedPackets: Type.Number({ minimum: 0 }),
  /** Rounds of traceroute given up while the link was down: oldest first. */
  droppedRounds: Type.Optional(Type.Number({ minimum: 0 })),
  /** Echoes that had no verdict yet when a sensor died. */
  abandonedProbes: Type.Number({ minimum: 0 }),
  unresolved: Type.Array(Type.Object({ targetId: Type.Integer(), reason: Line(200) }), { maxItems: 1_000 }),
});
export type AgentStatus = Static<typeof AgentStatus>;

/**
 * agent → server: notification `routes`: rounds of traceroute, in the order of time. Not spooled like samples:
 * the next round says the same again, and the agent keeps the last few while the link is down.
 */
export const RoutesParams = Type.Object({ rounds: Type.Array(TraceRound, { minItems: 1, maxItems: 256 }) });
export type RoutesParams = Static<typeof RoutesParams>;
/** server → agent: notification `routes.now`: trace these at once; who has no plan for one passes it over. */
export const RoutesNowParams = Type.Object({
  targetIds: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: 256 }),
});
export type RoutesNowParams = Static<typeof RoutesNowParams>;

/**
 * server → agent: request `experiment.start`; the result is empty, or a Problem says why nothing began. From
 * then on the server says `experiment.keepalive` every `EXPERIMENT_KEEPALIVE_MS`: without it the sensor stops.
 */
export const ExperimentStartParams = Type.Object({ id: ExperimentId, plan: ExperimentPlan });
export type ExperimentStartParams = Static<typeof ExperimentStartParams>;
/** server → agent: notifications `experiment.keepalive` and `experiment.stop`. */
export const ExperimentIdParams = Type.Object({ id: ExperimentId });
export type ExperimentIdParams = Static<typeof ExperimentIdParams>;
/** agent → server: notification `experiment.result`. Not spooled: an experiment ends with the link. */
export const ExperimentResultParams = ExperimentNews;

/** agent → server: notification `facts`, params MachineFacts: they changed since the proof. */

export type LinkCloseReason = 'rejected' | 'wrong-proof' | 'replaced' | 'protocol' | 'silent' | 'stopping';
/** WebSocket close codes of the private range, one a reason. */
export const linkCloseCodes: Record<LinkCloseReason, number> = {
  rejected: 4401,
  'wrong-proof': 4403,
  replaced: 4409,
  protocol: 4400,
  silent: 4408,
  stopping: 1001,
};
