/**
 * What may go as far as parsing and signature check: everything before that costs about a microsecond,
 * a check a hundred. An answer to a token of ours always may: nobody else could know the token. Known
 * peers at their known addresses have a budget each and one together; strangers have a budget an
 * address and one together. So a flood of strangers cannot starve the peers, and a flood under a peer's
 * own address can only make it be probed, and the probe's answer gets through.
 */

import { MAX_DATAGRAM_BYTES, MIN_DATAGRAM_BYTES } from '@maille/wire/presence/datagram';
import { type DatagramHead, peekDatagram } from '@maille/wire/presence/datagram-codec';
import type { Arrival, RefusalReason } from '@maille/wire/presence/presence-port';
import type { Member } from './member.ts';
import type { Outstanding, Question } from './outstanding.ts';
import type { PresenceLimits } from './presence-options.ts';
import { createTokenBucket, type TokenBucket } from './token-bucket.ts';

export interface Admitted {
  head: DatagramHead;
  /** The question of ours that it answers. */
  question: Question | undefined;
}

export interface AdmissionDeps {
  ownId: string;
  ownBoot: string;
  limits: PresenceLimits;
  outstanding: Outstanding;
  member(id: string): Member | undefined;
}

export function createAdmission(deps: AdmissionDeps) {
  const { limits } = deps;
  const peers = createTokenBucket(limits.peers);
  const strangers = createTokenBucket(limits.strangers);
  const sources = new Map<string, TokenBucket>();

  const sourceBucket = (address: string): TokenBucket => {
    const known = sources.get(address);
    if (known) return known;
    if (sources.size >= limits.maxSources) sources.delete(sources.keys().next().value as string);
    const bucket = createTokenBucket(limits.source);
    sources.set(address, bucket);
    return bucket;
  };

  function admit(arrival: Arrival, nowMs: number): Admitted | RefusalReason {
    const { bytes, from } = arrival;
    if (bytes.length < MIN_DATAGRAM_BYTES || bytes.length > MAX_DATAGRAM_BYTES) return 'size';
    const head = peekDatagram(bytes);
    if (!head) return 'malformed';
    if (head.from === deps.ownId && head.boot === deps.ownBoot) return 'own';
    const member = deps.member(head.from);
    if (member?.lives.find((life) => life.boot === head.boot)?.window.seen(head.sequence)) return 'replayed';

    const question = deps.outstanding.attempt(head.token, head.from, nowMs);
    if (question) return { head, question };
    if (member?.endpoints.has(from.address)) {
      if (!member.bucket.take(nowMs)) return 'peerRate';
      if (!peers.take(nowMs)) return 'budget';
    } else {
      if (!sourceBucket(from.address).take(nowMs)) return 'sourceRate';
      if (!strangers.take(nowMs)) return 'budget';
    }
    return { head, question: undefined };
  }
  return admit;
}
export type Admit = ReturnType<typeof createAdmission>;
