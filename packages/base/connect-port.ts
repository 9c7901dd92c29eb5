/**
 * What the TCP prober (engine/tcp-probe) needs of the world: connections that are begun, and news of them.
 * A connection is a small number, its handle; news lie in arrays that the port owns, so that no probe is
 * ever an object. host/tcp implements it over sockets; tests implement it over nothing.
 */

/** The far end accepted. */
export const NEWS_CONNECTED = 0;
/** The far end's answer to the SYN was a reset. */
export const NEWS_REFUSED = 1;
/** An open connection was broken off by the far end. */
export const NEWS_RESET = 2;
/** The far end says that it will send nothing more: an end in good order. */
export const NEWS_ENDED = 3;
/** ICMP: `icmpTypes` and `codes` say how. */
export const NEWS_UNREACHABLE = 4;
/** This machine's kernel gave up: the errno is in `codes`. */
export const NEWS_FAILED = 5;

export interface ConnectNews {
  readonly capacity: number;
  readonly handles: Uint32Array;
  readonly kinds: Uint8Array;
  /** Connected, reset: the kernel's own measure of the handshake; 0 where it has none. */
  readonly rttsNs: Float64Array;
  /** Connected: how often the kernel had sent the SYN again. */
  readonly resent: Uint8Array;
  /** Refused: when the kernel saw the refusal, on the scale of `openedNs`; NaN where that is not known. */
  readonly stampsNs: Float64Array;
  /** Of the address's own family: the types of ICMPv4 differ from those of ICMPv6. */
  readonly icmpTypes: Uint8Array;
  readonly codes: Uint8Array;
}

export interface ConnectPort {
  /** Handles are 0 to `capacity - 1`: so many connections at once. */
  readonly capacity: number;
  /** Whether refusals come with the kernel's stamp: if so, late reading does no harm. */
  readonly stampsRefusals: boolean;
  /**
   * `address` holds four words at `at`, in memory order; `zone` is -1 where its interface is not there.
   * Returns a handle, or minus errno.
   */
  open(family: number, address: Uint32Array, at: number, zone: number, port: number): number;
  /** When the last `open` began its connection, or would have: wall time in nanoseconds since the epoch that prober and port share. */
  readonly openedNs: number;
  readonly news: ConnectNews;
  /** Takes what happened, at most a full table, at most one of each handle; never waits. */
  receive(): number;
  /** Breaks a connection off; nothing of it is left on either side. Its handle may be given again at once. */
  close(handle: number): void;
  /** The index of an interface by its name or number; 0 where there is none. */
  zoneIndex(zone: string): number;
}
