/** Machines, the tokens that let them join, and the peers that presence found. */
import Type, { type Static } from 'typebox';
import { AgentStatus, MachineFacts, MachineState } from '../link/messages.ts';
import { Peer } from '../presence/peer.ts';
import { Line, PartyId, Tag, TimeMs } from '../schema.ts';
import { NumericId, NumericIdParams } from './page.ts';
import { defineRoute } from './route.ts';

export const Machine = Type.Object({
  /** The agent's id. */
  id: PartyId,
  /** A short number for series and live frames; never reused. */
  agentNumber: Type.Integer({ minimum: 1, maximum: 65_535 }),
  label: Line(100),
  tags: Type.Array(Tag, { maxItems: 32 }),
  state: MachineState,
  connected: Type.Boolean(),
  /** When it connected, or when it was lost. */
  connectedChangedAtMs: TimeMs,
  firstSeenMs: TimeMs,
  lastSeenMs: TimeMs,
  approvedAtMs: Type.Optional(TimeMs),
  approvedBy: Type.Optional(Line(100)),
  remoteAddress: Type.Optional(Type.String({ maxLength: 64 })),
  /** Where the other machines of the mesh probe it; absent: chosen from its facts. */
  meshAddress: Type.Optional(Type.String({ maxLength: 64 })),
  facts: MachineFacts,
  status: Type.Optional(AgentStatus),
});
export type Machine = Static<typeof Machine>;

const MachineParams = Type.Object({ id: PartyId });
const scope = 'machines';

export const listMachines = defineRoute({
  id: 'listMachines',
  method: 'GET',
  path: '/machines',
  summary: 'All machines, pending ones first',
  access: { who: 'viewer', scope },
  response: Type.Object({ machines: Type.Array(Machine) }),
});
export const getMachine = defineRoute({
  id: 'getMachine',
  method: 'GET',
  path: '/machines/{id}',
  summary: 'One machine',
  access: { who: 'viewer', scope },
  params: MachineParams,
  response: Machine,
});
export const approveMachine = defineRoute({
  id: 'approveMachine',
  method: 'POST',
  path: '/machines/{id}/approve',
  summary: 'Let a machine work',
  access: { who: 'operator', scope },
  params: MachineParams,
  response: Machine,
});
export const rejectMachine = defineRoute({
  id: 'rejectMachine',
  method: 'POST',
  path: '/machines/{id}/reject',
  summary: 'Refuse a machine, and close its link',
  access: { who: 'operator', scope },
  params: MachineParams,
  response: Machine,
});
export const reauthenticateMachine = defineRoute({
  id: 'reauthenticateMachine',
  method: 'POST',
  path: '/machines/{id}/reauthenticate',
  summary: 'Make a machine prove itself and be approved again',
  access: { who: 'operator', scope },
  params: MachineParams,
  response: Machine,
});
export const changeMachine = defineRoute({
  id: 'changeMachine',
  method: 'PATCH',
  path: '/machines/{id}',
  summary: 'Label, tags and mesh address of a machine',
  access: { who: 'operator', scope },
  params: MachineParams,
  body: Type.Object(
    {
      label: Type.Optional(Line(100)),
      tags: Type.Optional(Type.Array(Tag, { maxItems: 32 })),
      /** Empty: chosen from its facts again. */
      meshAddress: Type.Optional(Type.String({ maxLength: 64 })),
    },
    { additionalProperties: false },
  ),
  response: Machine,
});
export const forgetMachine = defineRoute({
  id: 'forgetMachine',
  method: 'DELETE',
  path: '/machines/{id}',
  summary: 'Forget a machine; it may come back as pending',
  access: { who: 'admin', scope },
  params: MachineParams,
});

export const JoinToken = Type.Object({
  id: NumericId,
  note: Line(200),
  createdAtMs: TimeMs,
  createdBy: Line(100),
  expiresAtMs: TimeMs,
  usesLeft: Type.Integer({ minimum: 0 }),
});
export type JoinToken = Static<typeof JoinToken>;

export const listJoinTokens = defineRoute({
  id: 'listJoinTokens',
  method: 'GET',
  path: '/join-tokens',
  summary: 'Join tokens that can still be used',
  access: { who: 'operator', scope },
  response: Type.Object({ joinTokens: Type.Array(JoinToken) }),
});
export const createJoinToken = defineRoute({
  id: 'createJoinToken',
  method: 'POST',
  path: '/join-tokens',
  summary: 'A join token, shown once, with the whole command that uses it',
  access: { who: 'operator', scope },
  body: Type.Object(
    {
      note: Type.Optional(Line(200)),
      expiresInSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 30 * 86_400, default: 3_600 })),
      uses: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1 })),
    },
    { additionalProperties: false },
  ),
  response: Type.Object({
    joinToken: JoinToken,
    secret: Type.String(),
    fingerprint: PartyId,
    command: Type.String(),
  }),
});
export const deleteJoinToken = defineRoute({
  id: 'deleteJoinToken',
  method: 'DELETE',
  path: '/join-tokens/{id}',
  summary: 'Withdraw a join token',
  access: { who: 'operator', scope },
  params: NumericIdParams,
});

/** A peer, and which machines of ours see it. */
export const SeenPeer = Type.Intersect([Peer, Type.Object({ seenBy: Type.Array(PartyId) })]);
export type SeenPeer = Static<typeof SeenPeer>;

export const listPeers = defineRoute({
  id: 'listPeers',
  method: 'GET',
  path: '/peers',
  summary: 'Peers that presence found',
  access: { who: 'viewer', scope },
  response: Type.Object({ peers: Type.Array(SeenPeer) }),
});
