/**
 * Where the engine of presence and the sockets of a host meet. Neither imports the other; both know
 * these shapes, and `main.ts` joins them.
 */
import type { Clock } from '@maille/base/clock';
import type { Identity, IdentityVerifier } from '@maille/base/identity';
import type { Peer, PeerService } from './peer.ts';

/** Where a datagram came from or goes to. */
export interface Endpoint {
  /** IPv6 link-local with its zone. */
  address: string;
  port: number;
  /** Which of our sockets it came in by: the host's own word, handed back for the answer. */
  via?: string;
}

export interface Arrival {
  bytes: Uint8Array;
  from: Endpoint;
  /** Our own address that it was sent to; absent when it came by multicast. */
  to?: string;
}

/** What the engine needs of the world. */
export interface PresencePorts {
  clock: Clock;
  /** From 0 up to 1, as Math.random. */
  random(): number;
  /** Eight random bytes that nobody can guess, hexadecimal. */
  randomHex64(): string;
  identity: Identity;
  verifier: IdentityVerifier;
  /** Sixteen hexadecimal digits that change when the text does. */
  digest(text: string): string;
  /** Ways out by multicast: one an interface and family. Each gets a datagram of its own. */
  ways(): readonly string[];
  multicast(way: string, bytes: Uint8Array): void;
  unicast(to: Endpoint, bytes: Uint8Array): void;
}

/** What this peer says of itself. */
export interface PresenceSelf {
  role: Peer['role'];
  hostname: string;
  version: string;
}

export interface PeerChange {
  put: Peer[];
  remove: string[];
}

/** Why a datagram went no further. */
export const refusalReasons = [
  'size', // shorter or longer than a datagram can be
  'malformed', // head, JSON or schema
  'own', // our own multicast, heard again
  'replayed', // a sequence number that was seen, or is too old to know
  'peerRate', // more than a known peer may send
  'sourceRate', // more than an unknown sender's address may send
  'budget', // more signature checks than all may cost together
  'wrongKey', // the id is not the key's
  'badSignature',
  'unexpected', // an answer to nothing that was asked, or a request of somebody unproven
  'full', // the list, or what one address may bring
  'unanswerable', // the answer would be longer than the request, or too many wait
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export interface PresenceCounters {
  received: number;
  accepted: number;
  sent: number;
  signatureChecks: number;
  refused: Record<RefusalReason, number>;
}

export interface PresenceEngine {
  start(): void;
  receive(arrival: Arrival): void;
  peers(): Peer[];
  /** Hears of changes from now on; the result ends it. */
  subscribe(receive: (change: PeerChange) => void): () => void;
  /** Says how many did not fit an inventory. */
  setServices(services: readonly PeerService[]): number;
  /** Who is greeted by unicast. */
  setSeeds(seeds: readonly Endpoint[]): void;
  /** There are other ways out now: greet on them. */
  waysChanged(): void;
  counters(): PresenceCounters;
  /** Says goodbye three times. */
  stop(): Promise<void>;
}

export type CreatePresenceEngine = (ports: PresencePorts, self: PresenceSelf) => PresenceEngine;
