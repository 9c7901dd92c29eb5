/** One peer as the engine keeps it, and as the others see it. */
import type { Reply } from '@maille/wire/presence/datagram';
import type { Peer, PeerService, peerStates } from '@maille/wire/presence/peer';
import type { Endpoint } from '@maille/wire/presence/presence-port';
import type { ReplayWindow } from './replay-window.ts';
import type { TokenBucket } from './token-bucket.ts';

export interface MemberEndpoint extends Endpoint {
  heardMs: number;
}

/** One process life of an identity, known by its boot nonce, proven by an answered token. */
export interface Life {
  boot: string;
  window: ReplayWindow;
  /** Of the receiver's monotonic clock. */
  heardMs: number;
  /** Another life was proven after it: it is over, unless it proves itself again (then: a clone). */
  retired: boolean;
  /** Our monotonic clock minus its wall clock when last heard: a datagram far from it is stale. */
  clockOffsetMs: number;
}

/** What stays known of a forgotten peer. */
export type RememberedPeer = Pick<Member, 'firstSeenMs' | 'services' | 'heldInventory'>;

export interface Member {
  id: string;
  key: string;
  state: (typeof peerStates)[number];
  incarnation: number;
  role: Peer['role'];
  hostname: string;
  version: string;
  /** The inventory that `services` is; empty before it was fetched. */
  heldInventory: string;
  services: PeerService[];
  /** The oldest that still lives comes first, and is the one that is shown. At most four. */
  lives: Life[];
  endpoints: Map<string, MemberEndpoint>;
  /** The address that it was first proven at: what the cap per source counts. */
  source: string;
  cloned: boolean;
  firstSeenMs: number;
  lastSeenMs: number;
  clockSkewMs: number;
  /** Monotonic. */
  heardMs: number;
  stateSinceMs: number;
  /** How many missed beats have been acted upon. */
  missedHandled: number;
  /** When subscribers last heard of it: being heard again alone is told now and then only. */
  toldMs: number;
  bucket: TokenBucket;
}

export function shownLife(member: Member): Life | undefined {
  return member.lives.find((life) => !life.retired);
}

/** Makes the record of a peer that has just proven itself; its life and endpoint are added by the caller. */
export function createMember(
  reply: Reply,
  source: string,
  now: { monoMs: number; wallMs: number },
  before: RememberedPeer | undefined,
  bucket: TokenBucket,
): Member {
  return {
    id: reply.from,
    key: reply.key,
    state: 'alive',
    incarnation: reply.incarnation,
    role: reply.role,
    hostname: reply.hostname,
    version: reply.version,
    heldInventory: before?.heldInventory ?? '',
    services: before?.services ?? [],
    lives: [],
    endpoints: new Map(),
    source,
    cloned: false,
    firstSeenMs: before?.firstSeenMs ?? now.wallMs,
    lastSeenMs: now.wallMs,
    clockSkewMs: reply.wallMs - now.wallMs,
    heardMs: now.monoMs,
    stateSinceMs: now.monoMs,
    missedHandled: 0,
    toldMs: now.monoMs,
    bucket,
  };
}

/** Skew below this is the network's delay, not the clock's. */
const SKEW_STEP_MS = 250;

export function noteSkew(member: Member, peerWallMs: number, wallMs: number): boolean {
  const skewMs = peerWallMs - wallMs;
  if (Math.abs(skewMs - member.clockSkewMs) < SKEW_STEP_MS) return false;
  member.clockSkewMs = skewMs;
  return true;
}

/** Endpoints, the latest heard first. */
export function freshestEndpoints(member: Member, count: number): MemberEndpoint[] {
  return [...member.endpoints.values()].sort((a, b) => b.heardMs - a.heardMs).slice(0, count);
}

export function toPeer(member: Member): Peer {
  return {
    id: member.id,
    hostname: member.hostname,
    role: member.role,
    state: member.state,
    addresses: [...member.endpoints.keys()].sort(),
    version: member.version,
    services: member.services,
    firstSeenMs: member.firstSeenMs,
    lastSeenMs: member.lastSeenMs,
    clockSkewMs: member.clockSkewMs,
    cloned: member.cloned,
  };
}
