/**
 * Counters that only grow, one row a target and agent: what Prometheus wants, which makes rates of them
 * itself. They begin with this server's life. Columns of numbers; no object a sample.
 */
import type { Bus } from '@maille/store/bus/bus';
import {
  countsAsSent,
  isOwnOutcome,
  OUTCOME_REPLY,
  outcomes,
  RTT_UNIT_NS,
  type SampleBatch,
} from '@maille/wire/link/samples';

export interface ProbeTotals {
  /** Rows of the agent `agentNumber`, if there is any. */
  each(visit: (row: ProbeTotal) => void): void;
  stop(): void;
}

/** The same object at every visit. */
export interface ProbeTotal {
  agentNumber: number;
  targetId: number;
  sent: number;
  replies: number;
  rttSumNs: number;
  /** By number of the outcome; late replies, duplicates and what could not be sent come on top of what was sent. */
  outcomes: Float64Array;
  /** Of the last sample that was a probe's own verdict. */
  answered: boolean;
  lastRttNs: number;
  lastSentMs: number;
}

/** sent, replies, sum of RTT, last RTT, last sent, last answered; then one column an outcome. */
const SENT = 0;
const REPLIES = 1;
const RTT_SUM = 2;
const LAST_RTT = 3;
const LAST_SENT_MS = 4;
const ANSWERED = 5;
const OUTCOMES = 6;
const COLUMNS = OUTCOMES + outcomes.length;

interface AgentRows {
  rows: Map<number, number>;
  free: number[];
  figures: Float64Array;
}

/** `isTarget`: samples still come for a while of what was deleted, and begin no row that nobody would end. */
export function createProbeTotals(bus: Bus, isTarget: (id: number) => boolean): ProbeTotals {
  const agents = new Map<number, AgentRows>();

  function rowOf(agent: AgentRows, targetId: number): number | undefined {
    const known = agent.rows.get(targetId);
    if (known !== undefined) return known;
    if (!isTarget(targetId)) return undefined;
    const row = agent.free.pop() ?? agent.rows.size;
    if ((row + 1) * COLUMNS > agent.figures.length) {
      const grown = new Float64Array(Math.max(64 * COLUMNS, 2 * agent.figures.length));
      grown.set(agent.figures);
      agent.figures = grown;
    }
    agent.figures.fill(0, row * COLUMNS, (row + 1) * COLUMNS);
    agent.rows.set(targetId, row);
    return row;
  }

  function take(agentNumber: number, batch: SampleBatch): void {
    let agent = agents.get(agentNumber);
    if (!agent) {
      agent = { rows: new Map(), free: [], figures: new Float64Array(0) };
      agents.set(agentNumber, agent);
    }
    for (let i = 0; i < batch.count; i++) {
      const row = rowOf(agent, batch.targetIds[i] as number);
      if (row === undefined) continue;
      const at = row * COLUMNS;
      const { figures } = agent;
      const outcome = batch.outcomes[i] as number;
      const add = (column: number, value: number) => {
        figures[at + column] = (figures[at + column] as number) + value;
      };
      add(OUTCOMES + outcome, 1);
      if (!isOwnOutcome(outcome)) continue;
      const sentMs = batch.baseMs + (batch.offsetsUs[i] as number) / 1_000;
      const rttNs = (batch.rtts10ns[i] as number) * RTT_UNIT_NS;
      if (countsAsSent(outcome)) add(SENT, 1);
      if (outcome === OUTCOME_REPLY) {
        add(REPLIES, 1);
        add(RTT_SUM, rttNs);
      }
      if (sentMs < (figures[at + LAST_SENT_MS] as number)) continue; // from a backlog
      figures[at + LAST_SENT_MS] = sentMs;
      figures[at + ANSWERED] = outcome === OUTCOME_REPLY ? 1 : 0;
      if (outcome === OUTCOME_REPLY) figures[at + LAST_RTT] = rttNs;
    }
  }

  const stops = [
    bus.subscribe('samples', ({ agentNumber, batch }) => take(agentNumber, batch)),
    bus.subscribe('targets', ({ remove }) => {
      for (const agent of agents.values()) {
        for (const id of remove) {
          const row = agent.rows.get(id);
          if (row === undefined) continue;
          agent.rows.delete(id);
          agent.free.push(row);
        }
      }
    }),
  ];

  return {
    each(visit) {
      const total: ProbeTotal = {
        agentNumber: 0,
        targetId: 0,
        sent: 0,
        replies: 0,
        rttSumNs: 0,
        outcomes: new Float64Array(outcomes.length),
        answered: false,
        lastRttNs: 0,
        lastSentMs: 0,
      };
      for (const [agentNumber, { rows, figures }] of agents) {
        total.agentNumber = agentNumber;
        for (const [targetId, row] of rows) {
          const at = row * COLUMNS;
          total.targetId = targetId;
          total.sent = figures[at + SENT] as number;
          total.replies = figures[at + REPLIES] as number;
          total.rttSumNs = figures[at + RTT_SUM] as number;
          total.lastRttNs = figures[at + LAST_RTT] as number;
          total.lastSentMs = figures[at + LAST_SENT_MS] as number;
          total.answered = figures[at + ANSWERED] === 1;
          total.outcomes.set(figures.subarray(at + OUTCOMES, at + COLUMNS));
          visit(total);
        }
      }
    },
    stop() {
      for (const stop of stops) stop();
    },
  };
}
