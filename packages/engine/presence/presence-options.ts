/** Every number that presence runs on. The timings are the protocol's; the limits are this peer's own. */
export interface PresenceTimings {
  beatMs: number;
  /** A beat comes this part earlier or later, so that peers do not fall into step. */
  beatJitter: number;
  /** Missed beats before a peer is asked quietly, then suspected, then down. */
  askAfterMissed: number;
  suspectAfterMissed: number;
  downAfterMissed: number;
  /** A peer that is down or has left is dropped from the list after this; what it offered stays known. */
  forgetAfterMs: number;
  replyDelayMinMs: number;
  replyDelayMaxMs: number;
  /** How long an answer to a token of ours is taken. */
  tokenLifeMs: number;
  goodbyeGapMs: number;
  /** A datagram whose sender's clock differs by more from what it was is no proof without a token. */
  staleAfterMs: number;
}

export const defaultTimings: PresenceTimings = {
  beatMs: 10_000,
  beatJitter: 0.2,
  askAfterMissed: 2,
  suspectAfterMissed: 3,
  downAfterMissed: 6,
  forgetAfterMs: 86_400_000,
  replyDelayMinMs: 20,
  replyDelayMaxMs: 120,
  tokenLifeMs: 3_000,
  goodbyeGapMs: 100,
  staleAfterMs: 30_000,
};

export interface PresenceLimits {
  maxMembers: number;
  /** One address may bring so many identities: a host runs a few processes, not a thousand. */
  maxMembersPerSource: number;
  maxAddresses: number;
  /** Datagrams that get as far as parsing and signature check, a second and at once. */
  peer: Rate;
  source: Rate;
  /** All known peers together, and all strangers together: what bounds the cost of a flood. */
  peers: Rate;
  strangers: Rate;
  /** Replies waiting for their delay. */
  maxPendingReplies: number;
  /** Tokens that we wait to see again. */
  maxOutstanding: number;
  maxSeeds: number;
  maxSources: number;
}

export interface Rate {
  perSecond: number;
  burst: number;
}

export const defaultLimits: PresenceLimits = {
  maxMembers: 1_024,
  maxMembersPerSource: 16,
  maxAddresses: 16,
  peer: { perSecond: 4, burst: 24 },
  source: { perSecond: 4, burst: 32 },
  peers: { perSecond: 400, burst: 800 },
  strangers: { perSecond: 100, burst: 400 },
  maxPendingReplies: 512,
  maxOutstanding: 2_048,
  maxSeeds: 256,
  maxSources: 2_048,
};

export interface PresenceOptions {
  timings?: Partial<PresenceTimings>;
  limits?: Partial<PresenceLimits>;
}

/** The longest that a peer may take for one beat: what "missed" is counted in. */
export function longestBeatMs(timings: PresenceTimings): number {
  return timings.beatMs * (1 + timings.beatJitter);
}
