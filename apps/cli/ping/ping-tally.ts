/** What pings come to, one row an address: counted as the server counts, figures over all replies kept. */
import { createJitter } from '@maille/base/statistics/jitter';
import { quantiles } from '@maille/base/statistics/quantiles';
import {
  countsAsSent,
  isOwnOutcome,
  OUTCOME_REPLY,
  type Outcome,
  outcomes,
  RTT_UNIT_NS,
  type SampleBatch,
} from '@maille/wire/link/samples';

export interface PingSample {
  host: string;
  /** From 1, an address; those that come on top (late, duplicate) repeat the last one. */
  number: number;
  outcome: Outcome;
  code: number;
  /** Undefined where the outcome has none. */
  rttNs: number | undefined;
  sentAtMs: number;
}

export interface PingFigures {
  host: string;
  sent: number;
  replies: number;
  lossRatio: number | null;
  /** Null with no reply. */
  minNs: number | null;
  p50Ns: number | null;
  p95Ns: number | null;
  p99Ns: number | null;
  maxNs: number | null;
  /** Null with fewer than two. */
  jitterNs: number | null;
}

/** More than this many replies of an address, the oldest leave the figures; a day of them once a second fits. */
const MAX_KEPT = 100_000;

export function createPingTally(hosts: readonly string[]) {
  const rows = hosts.map((host) => ({
    host,
    /** With those that did not leave the machine. */
    tried: 0,
    sent: 0,
    replies: 0,
    rttsNs: [] as number[],
    jitter: createJitter(),
  }));
  type Row = (typeof rows)[number];

  const nullable = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? null : value);

  return {
    /** Each sample as it is told to a person. */
    take(batch: SampleBatch, tell: (sample: PingSample) => void): void {
      for (let i = 0; i < batch.count; i++) {
        const row = rows[(batch.targetIds[i] as number) - 1] as Row;
        const outcome = batch.outcomes[i] as number;
        const rttNs = (batch.rtts10ns[i] as number) * RTT_UNIT_NS || undefined;
        if (isOwnOutcome(outcome)) row.tried++;
        if (countsAsSent(outcome)) row.sent++;
        if (outcome === OUTCOME_REPLY && rttNs !== undefined) {
          row.replies++;
          row.jitter.add(rttNs);
          row.rttsNs.push(rttNs);
          if (row.rttsNs.length > MAX_KEPT) row.rttsNs.shift();
        }
        tell({
          host: row.host,
          number: row.tried,
          outcome: outcomes[outcome] as Outcome,
          code: batch.codes[i] as number,
          rttNs,
          sentAtMs: batch.baseMs + (batch.offsetsUs[i] as number) / 1_000,
        });
      }
    },
    figures: (): PingFigures[] =>
      rows.map(({ host, sent, replies, rttsNs, jitter }) => {
        const [minNs, p50Ns, p95Ns, p99Ns, maxNs] = quantiles(rttsNs, [0, 0.5, 0.95, 0.99, 1]).map(nullable);
        return {
          host,
          sent,
          replies,
          lossRatio: sent === 0 ? null : 1 - replies / sent,
          minNs: minNs ?? null,
          p50Ns: p50Ns ?? null,
          p95Ns: p95Ns ?? null,
          p99Ns: p99Ns ?? null,
          maxNs: maxNs ?? null,
          jitterNs: nullable(jitter.value()),
        };
      }),
  };
}
