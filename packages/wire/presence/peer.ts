/** What presence knows of a peer, as the local stream, the link, the API and the pages show it. */
import Type, { type Static } from 'typebox';
import { Line, PartyId, TimeMs } from '../schema.ts';

export const peerStates = ['alive', 'suspect', 'down', 'left'] as const;

/** A service that a peer announces beside its presence (SEG-4). */
export const PeerService = Type.Object({
  kind: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }),
  name: Line(64),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
});
export type PeerService = Static<typeof PeerService>;

export const Peer = Type.Object({
  id: PartyId,
  hostname: Line(253),
  /** agent or server. */
  role: Type.Enum(['agent', 'server']),
  state: Type.Enum([...peerStates]),
  /** Every address it was heard from, IPv6 link-local with zone. */
  addresses: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 32 }),
  version: Line(64),
  services: Type.Array(PeerService, { maxItems: 128 }),
  firstSeenMs: TimeMs,
  lastSeenMs: TimeMs,
  /** Peer's wall clock minus ours, milliseconds. */
  clockSkewMs: Type.Number(),
  /** Two machines beat with this identity at once: a cloned disk. */
  cloned: Type.Boolean(),
});
export type Peer = Static<typeof Peer>;

/** Lines of the local TCP stream (port 4434): the whole list first, then changes. */
export const PeerStreamLine = Type.Union([
  Type.Object({ type: Type.Literal('list'), peers: Type.Array(Peer) }),
  Type.Object({ type: Type.Literal('put'), peer: Peer }),
  Type.Object({ type: Type.Literal('remove'), id: PartyId }),
]);
export type PeerStreamLine = Static<typeof PeerStreamLine>;
