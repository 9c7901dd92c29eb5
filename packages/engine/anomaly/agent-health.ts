/**
 * Whether an agent can send at all. A send that fails on the machine itself says nothing of the target; when
 * most of them fail for five seconds on end, the machine's own network is what is wrong.
 */
import {
  OUTCOME_DUPLICATE,
  OUTCOME_LATE,
  OUTCOME_LOCAL_ERROR,
  type SampleBatch,
} from '@maille/wire/link/samples';

export interface AgentHealthOptions {
  raised(agentNumber: number, sinceMs: number, seconds: number): void;
  ended(agentNumber: number, endedMs: number): void;
}

interface Health {
  second: number;
  sent: number;
  failed: number;
  bad: number;
  good: number;
  sinceMs: number;
  endedMs: number;
  alarm: boolean;
}

export const BAD_SECONDS = 5;
const GOOD_SECONDS = 5;

export function createAgentHealth({ raised, ended }: AgentHealthOptions) {
  const agents = new Map<number, Health>();

  function close(agentNumber: number, health: Health): void {
    const atMs = health.second * 1_000;
    if (health.failed * 2 > health.sent) {
      if (health.bad++ === 0) health.sinceMs = atMs;
      health.good = 0;
    } else {
      if (health.good++ === 0) health.endedMs = atMs;
      health.bad = 0;
    }
    if (!health.alarm && health.bad >= BAD_SECONDS) {
      health.alarm = true;
      raised(agentNumber, health.sinceMs, health.bad);
    } else if (health.alarm && health.good >= GOOD_SECONDS) {
      health.alarm = false;
      ended(agentNumber, health.endedMs);
    }
  }

  return {
    take(agentNumber: number, { count, baseMs, offsetsUs, outcomes }: SampleBatch): void {
      let health = agents.get(agentNumber);
      if (!health) {
        health = { second: 0, sent: 0, failed: 0, bad: 0, good: 0, sinceMs: 0, endedMs: 0, alarm: false };
        agents.set(agentNumber, health);
      }
      for (let i = 0; i < count; i++) {
        const outcome = outcomes[i] as number;
        if (outcome === OUTCOME_LATE || outcome === OUTCOME_DUPLICATE) continue;
        const second = Math.floor((baseMs + (offsetsUs[i] as number) / 1_000) / 1_000);
        // What comes late (a timeout) belongs to a second that was judged: it was sent, and that is all it says.
        if (second < health.second) continue;
        if (second > health.second) {
          if (health.sent > 0) close(agentNumber, health);
          health.second = second;
          health.sent = 0;
          health.failed = 0;
        }
        health.sent++;
        if (outcome === OUTCOME_LOCAL_ERROR) health.failed++;
      }
    },
    /** When its newest sample was sent. */
    heardMs: (agentNumber: number): number => (agents.get(agentNumber)?.second ?? 0) * 1_000,
  };
}
