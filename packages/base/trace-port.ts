/**
 * What the tracer (engine/route) needs of the world: a way to send one probe with a given TTL, and the
 * news that come back. A trace is a few hundred packets a second at most, so a packet may be an object
 * here. host/trace implements it over sockets; tests implement it over a simulated network.
 */
import type { IpAddress } from './ip-address.ts';

export interface TraceProbe {
  /** Who the probe is, in [0, 2^32). */
  serial: number;
  /** Probes of the same flow carry the same ports, so that every router takes them for one connection. */
  flow: number;
  ttl: number;
  to: IpAddress;
  /** Of `tcp`: the port to connect to. */
  port: number;
  /** An ICMP message, or the payload of a datagram; nothing of `tcp`, where the kernel writes the SYN. */
  bytes: Uint8Array;
}

/** Addresses are 4 or 16 bytes; every byte array is the receiver's only during the call. */
export interface TraceNews {
  /** A whole ICMP message. */
  message(bytes: Uint8Array, from: Uint8Array, stampNs: number): void;
  /**
   * An ICMP error that the kernel has joined to the socket that asked. `quote` is what came back of
   * the probe's `bytes`, often less than all; `serial` is there where the kernel's join says it all.
   */
  error(report: TraceError): void;
  /** The kernel sent a probe: a frame that ends with the probe's `bytes`. */
  sent(frame: Uint8Array, stampNs: number): void;
  /** Of `tcp`: the target itself has answered. */
  answered(serial: number, rttNs: number): void;
}

export interface TraceError {
  /** Undefined where this machine itself found no way. */
  from: Uint8Array | undefined;
  to: Uint8Array | undefined;
  flow: number;
  serial?: number;
  type: number;
  code: number;
  quote: Uint8Array;
  /** NaN where the kernel did not say. */
  stampNs: number;
}

export interface TracePort {
  readonly method: 'icmp' | 'udp' | 'tcp';
  readonly family: 4 | 6;
  /** How many flows it can tell apart. */
  readonly flows: number;
  /** Probes of one flow to one address that can be under way at once. */
  readonly maxUnderWay: number;
  /** Of `icmp`: the identifier that every echo request must carry. */
  readonly ident: number;
  /** Whether messages start with an IPv4 header. */
  readonly messagesHaveIpHeader: boolean;
  /** 0, or the errno of the refusal here. */
  send(probe: TraceProbe): number;
  /** Gives what has come; never waits. */
  receive(news: TraceNews): void;
  /** Nothing more of this probe is of interest. */
  forget(serial: number): void;
  /** Nothing is under way: what comes now need not be looked at. */
  rest(): void;
  /** Wall time in nanoseconds, on the scale of the stamps. */
  nowNs(): number;
}
