/** The mesh: every approved machine is a target of the others, by one switch; and all against all at a glance. */
import Type, { type Static } from 'typebox';
import { Line, PartyId, TimeMs } from '../schema.ts';
import { NumericId } from './page.ts';
import { defineRoute } from './route.ts';

export const MESH_TAG = 'mesh';

/** Where the others probe a machine. */
export const MeshMember = Type.Object({
  machineId: PartyId,
  agentNumber: Type.Integer(),
  name: Line(253),
  connected: Type.Boolean(),
  /** Absent: it has no address that another machine could reach. */
  address: Type.Optional(Type.String({ maxLength: 64 })),
  /** `set` by a person, or chosen from what the machine says of itself. */
  chosen: Type.Enum(['set', 'auto', 'none']),
  /** The target that the others probe; absent while the mesh is off, or for those who may not see it. */
  targetId: Type.Optional(NumericId),
  /** The address was a target before: it is probed as that target says, not as the mesh would. */
  byHand: Type.Boolean(),
});
export type MeshMember = Static<typeof MeshMember>;

/** What one machine sees of another over a window. */
export const MeshCell = Type.Object({
  /** Agent numbers. */
  from: Type.Integer(),
  to: Type.Integer(),
  sent: Type.Integer({ minimum: 0 }),
  lost: Type.Integer({ minimum: 0 }),
  /**
   * Null: nothing answered. Merged from minutes and hours: within a few per cent, where an RTT changes in
   * the middle of a minute within what that minute saw.
   */
  medianNs: Type.Union([Type.Number(), Type.Null()]),
  p95Ns: Type.Union([Type.Number(), Type.Null()]),
});
export type MeshCell = Static<typeof MeshCell>;

export const Mesh = Type.Object({
  on: Type.Boolean(),
  members: Type.Array(MeshMember),
  /** Of the window that was asked for; none without one. */
  cells: Type.Array(MeshCell),
  /** The whole minutes that the window touches, which the cells are of. */
  window: Type.Optional(Type.Object({ fromMs: TimeMs, toMs: TimeMs })),
});
export type Mesh = Static<typeof Mesh>;

export const getMesh = defineRoute({
  id: 'getMesh',
  method: 'GET',
  path: '/mesh',
  summary: 'Who is in the mesh; with a window, what each machine saw of each other over it',
  heavy: 'with-window',
  access: { who: 'viewer', scope: 'targets' },
  query: Type.Object(
    { fromMs: Type.Optional(TimeMs), toMs: Type.Optional(TimeMs) },
    { additionalProperties: false },
  ),
  response: Mesh,
});
export const setMesh = defineRoute({
  id: 'setMesh',
  method: 'PUT',
  path: '/mesh',
  summary: 'Make every approved machine a target of the others, or end that',
  access: { who: 'operator', scope: 'targets' },
  body: Type.Object({ on: Type.Boolean() }, { additionalProperties: false }),
  response: Mesh,
});
