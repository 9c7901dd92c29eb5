/**
 * The datagrams of presence: JSON over UDP, signed. A datagram is one JSON document whose head is fixed
 * to the byte, so that the bytes that are signed are a plain range of it, and so that a flood can be
 * refused by looking at fixed places, before anything is parsed:
 *
 *   {"maille":1,"signature":"<86>","signed":{"from":"<32>","boot":"<16>","token":"<16>","sequence":<n>,"type":"…",…}}
 *
 * `datagram-codec.ts` writes and reads it; docs/protocol/presence.md says it in prose.
 *
 * Nothing in here is believed for being signed alone: a signature says who wrote it, not when. Proof that
 * a peer is there now is an answer that echoes a token of ours, or a sequence number that is new in a
 * life (boot nonce) that was proven so.
 */
import Type, { type Static, type TSchema } from 'typebox';
import { PartyId, PublicKey } from '../schema.ts';
import { PeerService } from './peer.ts';

export const PRESENCE_PORT = 4432;
export const PRESENCE_GROUP_IPV4 = '239.255.44.32';
export const PRESENCE_GROUP_IPV6 = 'ff02::4432';

/** Fits the smallest IPv6 MTU (1280) with headers: a datagram is never fragmented. */
export const MAX_DATAGRAM_BYTES = 1_200;
/** The shortest goodbye has 310: less cannot hold a key and a signature. */
export const MIN_DATAGRAM_BYTES = 300;
/**
 * What asks for an answer is padded to this size, and every answer but a piece of inventory is at most
 * so long: nobody can use a peer to send more to a victim than it takes to ask.
 */
export const GREETING_BYTES = 900;
/** What the signature covers starts with this, so that it is no signature of anything else. */
export const SIGNATURE_CONTEXT = 'maille-presence.1\n';
/** A peer without services announces this, and is never asked for them. */
export const EMPTY_INVENTORY = '0000000000000000';
export const MAX_INVENTORY_PIECES = 64;
/** Ports of other Maille processes at the address that a reply comes from. */
export const MAX_SIBLINGS = 4;

/** Eight random bytes. */
export const Hex64 = Type.String({ pattern: '^[0-9a-f]{16}$' });
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });

const common = {
  from: PartyId,
  /** Random, one a process life. */
  boot: Hex64,
  /** Random; an answer carries the token of what it answers. */
  token: Hex64,
  /** Grows with every datagram of a life, whoever it goes to. */
  sequence: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  key: PublicKey,
  /** The sender's wall clock, milliseconds since the epoch. */
  wallMs: Count,
  pad: Type.Optional(Type.String({ maxLength: MAX_DATAGRAM_BYTES })),
};

/** What a peer says of itself. Plain ASCII, so that the size of a reply is bounded. */
const self = {
  /** Raised by the peer alone, when it hears that it is suspected: the others see that it answered. */
  incarnation: Count,
  role: Type.Enum(['agent', 'server']),
  hostname: Type.String({ pattern: '^[A-Za-z0-9._-]{1,253}$' }),
  version: Type.String({ pattern: '^[A-Za-z0-9.+~_-]{1,64}$' }),
  /** Changes when the list of services does; what it is made of is the sender's matter. */
  inventory: Hex64,
};

/** "I am here", to everyone; with `greet`, everyone answers with a reply. */
export const Beat = Type.Object({ ...common, type: Type.Literal('beat'), ...self, greet: Type.Boolean() });
/** Answers a greeting, a probe, or the `asks` of another reply. */
export const Reply = Type.Object({
  ...common,
  type: Type.Literal('reply'),
  ...self,
  /** The sender does not know the receiver yet: a token to be echoed in one more reply. */
  asks: Type.Optional(Hex64),
  siblings: Type.Optional(Type.Array(Port, { maxItems: MAX_SIBLINGS })),
});
/** "Are you there?" With `suspects`: the incarnation that the sender suspects. */
export const Probe = Type.Object({
  ...common,
  type: Type.Literal('probe'),
  suspects: Type.Optional(Count),
});
/** "Probe that peer for me": the asked one probes with the same token, and hands the reply on as it is. */
export const Ask = Type.Object({ ...common, type: Type.Literal('ask'), about: PartyId });
/** Goodbye: left is not failed. */
export const Leave = Type.Object({ ...common, type: Type.Literal('leave') });
export const InventoryRequest = Type.Object({
  ...common,
  type: Type.Literal('inventory-request'),
  inventory: Hex64,
  piece: Type.Integer({ minimum: 0, maximum: MAX_INVENTORY_PIECES - 1 }),
});
export const InventoryPiece = Type.Object({
  ...common,
  type: Type.Literal('inventory'),
  inventory: Hex64,
  piece: Type.Integer({ minimum: 0, maximum: MAX_INVENTORY_PIECES - 1 }),
  pieces: Type.Integer({ minimum: 1, maximum: MAX_INVENTORY_PIECES }),
  services: Type.Array(PeerService, { maxItems: 128 }),
});

export const datagramSchemas = {
  beat: Beat,
  reply: Reply,
  probe: Probe,
  ask: Ask,
  leave: Leave,
  'inventory-request': InventoryRequest,
  inventory: InventoryPiece,
} satisfies Record<string, TSchema>;

export type Beat = Static<typeof Beat>;
export type Reply = Static<typeof Reply>;
export type Datagram =
  | Beat
  | Reply
  | Static<typeof Probe>
  | Static<typeof Ask>
  | Static<typeof Leave>
  | Static<typeof InventoryRequest>
  | Static<typeof InventoryPiece>;
export type DatagramType = Datagram['type'];

type Distribute<T> = T extends unknown
  ? Omit<T, 'from' | 'boot' | 'token' | 'sequence' | 'key' | 'wallMs' | 'pad'>
  : never;
/** A datagram without what every datagram carries. */
export type DatagramBody = Distribute<Datagram>;
