/**
 * What the prober (engine/probe) needs of the world: a place to put a batch of packets, and the batches that come back.
 * Packets lie in arenas that the port owns, so that no packet is ever an object and nothing is copied
 * twice. host/icmp implements it over sockets; tests implement it over nothing.
 */

/** Packet `i` lies at `i * slotBytes`, a multiple of 4. */
export interface PacketArena {
  readonly capacity: number;
  readonly slotBytes: number;
  readonly bytes: Uint8Array;
  readonly lengths: Uint32Array;
  /** Four words a packet, as they lie in memory in network order; IPv4 uses the first, the rest is 0. */
  readonly addresses: Uint32Array;
  /** Interface index of a link-local address, 0 where there is none. */
  readonly zones: Uint32Array;
}

export interface ArrivedPackets extends PacketArena {
  /** When the kernel saw the packet, on the scale of `EchoPort.nowNs`; NaN where it did not say. */
  readonly stampsNs: Float64Array;
}

/** The packet left this machine at its stamp. Its last bytes are what was sent, headers come before. */
export const RETURNED_SENT = 1;
/** The network refused it: `icmpTypes` and `icmpCodes` say how; the bytes start with the ICMP header sent. */
export const RETURNED_REFUSED = 2;

export interface ReturnedPackets extends ArrivedPackets {
  readonly kinds: Uint8Array;
  readonly icmpTypes: Uint8Array;
  readonly icmpCodes: Uint8Array;
}

export interface EchoPort {
  readonly family: 4 | 6;
  /** The identifier that every echo request must carry. */
  readonly ident: number;
  /** Whether answers start with an IPv4 header. */
  readonly answersHaveIpHeader: boolean;
  /** Whether the checksum must be in the packet; the kernel writes (and checks) it otherwise. */
  readonly needsChecksum: boolean;
  readonly outgoing: PacketArena;
  /** What became of each packet of the last `send`: 0, or the errno of its refusal here. */
  readonly errnos: Uint8Array;
  /** Sends packets 0 to `count - 1`; one that is refused does not keep the others back. */
  send(count: number): void;
  readonly answers: ArrivedPackets;
  /** Takes what has arrived, at most a full arena; never waits. */
  receive(): number;
  readonly returned: ReturnedPackets;
  /** Takes news of packets sent, at most a full arena; never waits. */
  receiveReturned(): number;
  /** Wall time in nanoseconds since the epoch that prober and ports share: doubles would round nanoseconds since 1970. */
  nowNs(): number;
  /** The index of an interface by its name or number; 0 where there is none. */
  zoneIndex(zone: string): number;
  /** Packets that the kernel threw away since the start because they were not read in time. */
  droppedPackets(): number;
}
