/**
 * What the last minute of samples says, kept as they come: for each target and agent whether it answers,
 * refuses, is silent, or cannot be sent to (which is no loss: it says nothing of the target), and for each
 * team the counts and a histogram of round-trip times. Reading costs nothing to speak of,
 * however many pages look. A histogram’s bin is 2 % wide: near enough for a pulse; charts read the series.
 */
import type { Clock } from '@maille/base/clock';
import type { Bus } from '@maille/store/bus/bus';
import {
  countsAsSent,
  isOwnOutcome,
  OUTCOME_REFUSED,
  OUTCOME_REPLY,
  RTT_UNIT_NS,
  type SampleBatch,
} from '@maille/wire/link/samples';
import type { Target } from '@maille/wire/rest/targets';

const SLOT_MS = 5_000;
const SLOTS = 12;
const BINS = 1_024;
const BIN_GROWTH = Math.log(1.022); // 1,024 of them reach the largest round-trip time that a sample holds
/** So many probes in a row without a reply make a target silent: one lost packet is no outage. */
const SILENT_AFTER = 3;
const UNSENT_AFTER = 3;

const neverSeen: Seen = {
  unanswered: 0,
  silentSinceMs: 0,
  lastMs: 0,
  lastOutcome: OUTCOME_REPLY,
  unsent: 0,
  unsentSinceMs: 0,
  lastUnsentMs: 0,
  errno: 0,
};

interface Team {
  sent: Uint32Array;
  replies: Uint32Array;
  /** SLOTS rows of BINS. */
  bins: Uint32Array;
}

interface Seen {
  unanswered: number;
  /** Send time of the first of the unanswered. */
  silentSinceMs: number;
  /** Of the newest that left the machine; 0: none did. */
  lastMs: number;
  lastOutcome: number;
  /** How many in a row could not be sent. */
  unsent: number;
  unsentSinceMs: number;
  lastUnsentMs: number;
  /** Of the newest that could not be sent. */
  errno: number;
}

export interface TargetState {
  /** refusing: a TCP port that says no. not-sent: whoever probes it cannot send to it. */
  state: 'answering' | 'refusing' | 'silent' | 'not-sent' | 'no-data';
  sinceMs?: number;
  /** Of not-sent. */
  errno?: number;
}

/** An agent that cannot send to a target, whatever others can. */
export interface Unsent {
  agentNumber: number;
  sinceMs: number;
  errno: number;
}

export interface Pulse {
  samplesPerSecond: number;
  lossRatio: number | null;
  medianRttNs: number | null;
}

export interface TargetPulse {
  state(target: Target): TargetState;
  unsent(target: Target): Unsent[];
  /** Over the last minute, of the teams that are seen; null stands for the targets of no team. */
  pulse(seesTeam: (teamId: number | null) => boolean): Pulse;
  /** Takes samples of before this process began. */
  take(agentNumber: number, batch: SampleBatch): void;
  stop(): void;
}

export interface TargetPulseOptions {
  bus: Bus;
  clock: Clock;
  targetOf: (id: number) => Target | undefined;
}

export function createTargetPulse({ bus, clock, targetOf }: TargetPulseOptions): TargetPulse {
  const teams = new Map<number | null, Team>();
  const slotNumbers = new Float64Array(SLOTS);
  const seen = new Map<number, Map<number, Seen>>();

  function teamOf(teamId: number | null): Team {
    let team = teams.get(teamId);
    if (!team) {
      team = {
        sent: new Uint32Array(SLOTS),
        replies: new Uint32Array(SLOTS),
        bins: new Uint32Array(SLOTS * BINS),
      };
      teams.set(teamId, team);
    }
    return team;
  }

  /** The ring's place of a slot of time; -1 when that slot has gone by. */
  function placeOf(slotNumber: number): number {
    const place = slotNumber % SLOTS;
    const held = slotNumbers[place] as number;
    if (held > slotNumber) return -1;
    if (held < slotNumber) {
      slotNumbers[place] = slotNumber;
      for (const team of teams.values()) {
        team.sent[place] = 0;
        team.replies[place] = 0;
        team.bins.fill(0, place * BINS, (place + 1) * BINS);
      }
    }
    return place;
  }

  function take(agentNumber: number, batch: SampleBatch): void {
    const newest = Math.floor(clock.wallMs() / SLOT_MS) + 1;
    for (let i = 0; i < batch.count; i++) {
      const outcome = batch.outcomes[i] as number;
      if (!isOwnOutcome(outcome)) continue;
      const targetId = batch.targetIds[i] as number;
      const target = targetOf(targetId);
      if (!target) continue;
      const sentMs = batch.baseMs + (batch.offsetsUs[i] as number) / 1_000;
      const answered = outcome === OUTCOME_REPLY;
      note(targetId, agentNumber, sentMs, outcome, batch.codes[i] as number);
      if (!countsAsSent(outcome)) continue;
      const slotNumber = Math.floor(sentMs / SLOT_MS);
      // An agent whose clock runs ahead must not empty the ring.
      const place = slotNumber > newest ? -1 : placeOf(slotNumber);
      if (place < 0) continue;
      const team = teamOf(target.teamId);
      team.sent[place] = (team.sent[place] as number) + 1;
      if (!answered) continue;
      team.replies[place] = (team.replies[place] as number) + 1;
      const bin = place * BINS + binOf(batch.rtts10ns[i] as number);
      team.bins[bin] = (team.bins[bin] as number) + 1;
    }
  }

  function note(targetId: number, agentNumber: number, sentMs: number, outcome: number, code: number): void {
    const agents = seen.get(targetId) ?? new Map<number, Seen>();
    let one = agents.get(agentNumber);
    if (!one) {
      one = { ...neverSeen };
      seen.set(targetId, agents.set(agentNumber, one));
    }
    if (sentMs < Math.max(one.lastMs, one.lastUnsentMs)) return;
    // A send that failed here says nothing of the target.
    if (!countsAsSent(outcome)) {
      if (one.unsent++ === 0) one.unsentSinceMs = sentMs;
      one.lastUnsentMs = sentMs;
      one.errno = code;
      return;
    }
    one.unsent = 0;
    one.lastMs = sentMs;
    one.lastOutcome = outcome;
    if (outcome === OUTCOME_REPLY) one.unanswered = 0;
    else if (one.unanswered++ === 0) one.silentSinceMs = sentMs;
  }

  /** Two intervals and a bit without a word: nobody probes it now. */
  const isStale = (target: Target, lastMs: number) =>
    clock.wallMs() - lastMs > 2 * target.intervalMs + target.timeoutMs + 10_000;

  /** A send that fails now and then is no state; one after which nothing else is known is. */
  const cannotSend = (target: Target, one: Seen) =>
    one.unsent > 0 &&
    !isStale(target, one.lastUnsentMs) &&
    (one.unsent >= UNSENT_AFTER || isStale(target, one.lastMs));

  const stops = [
    bus.subscribe('samples', ({ agentNumber, backlog, batch }) => {
      if (!backlog) take(agentNumber, batch);
    }),
    bus.subscribe('targets', ({ remove }) => {
      for (const id of remove) seen.delete(id);
    }),
  ];

  return {
    take,
    state(target) {
      let sinceMs = Number.POSITIVE_INFINITY;
      let refuses = false;
      let unsent: Seen | undefined;
      for (const one of seen.get(target.id)?.values() ?? []) {
        if (cannotSend(target, one)) {
          if (!unsent || one.unsentSinceMs < unsent.unsentSinceMs) unsent = one;
        } else if (!isStale(target, one.lastMs)) {
          if (one.unanswered < SILENT_AFTER) return { state: 'answering' };
          refuses ||= one.lastOutcome === OUTCOME_REFUSED;
          sinceMs = Math.min(sinceMs, one.silentSinceMs);
        }
      }
      if (sinceMs < Number.POSITIVE_INFINITY) return { state: refuses ? 'refusing' : 'silent', sinceMs };
      return unsent
        ? { state: 'not-sent', sinceMs: unsent.unsentSinceMs, errno: unsent.errno }
        : { state: 'no-data' };
    },

    unsent(target) {
      return [...(seen.get(target.id) ?? [])]
        .filter(([, one]) => cannotSend(target, one))
        .map(([agentNumber, { unsentSinceMs, errno }]) => ({ agentNumber, sinceMs: unsentSinceMs, errno }));
    },

    pulse(seesTeam) {
      const current = Math.floor(clock.wallMs() / SLOT_MS);
      let sent = 0;
      let replies = 0;
      const bins = new Float64Array(BINS);
      for (const [teamId, team] of teams) {
        if (!seesTeam(teamId)) continue;
        for (let place = 0; place < SLOTS; place++) {
          const age = current - (slotNumbers[place] as number);
          if (age < 0 || age >= SLOTS) continue;
          sent += team.sent[place] as number;
          replies += team.replies[place] as number;
          for (let bin = 0; bin < BINS; bin++)
            bins[bin] = (bins[bin] as number) + (team.bins[place * BINS + bin] as number);
        }
      }
      return {
        samplesPerSecond: sent / ((SLOTS * SLOT_MS) / 1_000),
        lossRatio: sent === 0 ? null : 1 - replies / sent,
        medianRttNs: replies === 0 ? null : medianOf(bins, replies),
      };
    },

    stop() {
      for (const stop of stops) stop();
    },
  };
}

function binOf(rtt10ns: number): number {
  return Math.min(BINS - 1, Math.floor(Math.log(Math.max(1, rtt10ns)) / BIN_GROWTH));
}

function medianOf(bins: Float64Array, count: number): number {
  let below = 0;
  for (let bin = 0; bin < BINS; bin++) {
    below += bins[bin] as number;
    // The middle of the bin, in proportion.
    if (below * 2 >= count) return Math.round(Math.exp((bin + 0.5) * BIN_GROWTH) * RTT_UNIT_NS);
  }
  return 0;
}
