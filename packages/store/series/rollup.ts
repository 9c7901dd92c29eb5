/**
 * What a minute or an hour of one target's samples comes to, the same in every series engine. All that
 * left the machine counts as sent; late replies and duplicates come on top, probes that could not be sent
 * stand beside: neither counts in `sent` or `replies`, all in `outcomes`. The first reply after a change answered, but its RTT may hold ARP: it stays out
 * of the RTT figures. RTT figures are exact quantiles of the samples, in the wire's unit of 10 ns.
 */
import { createJitter } from '@maille/base/statistics/jitter';
import { addToLogHistogram, type LogHistogram } from '@maille/base/statistics/log-histogram';
import { quantileOfSorted } from '@maille/base/statistics/quantiles';
import {
  CODE_REPLY_FIRST,
  countsAsSent,
  OUTCOME_REPLY,
  outcomes,
  RTT_UNIT_NS,
} from '@maille/wire/link/samples';
import type { RollupSeries } from './series-store.ts';

export interface Rollup {
  sent: number;
  replies: number;
  /** How often each outcome was, by its number. Undefined in rows from before outcomes were kept. */
  outcomes: number[] | undefined;
  /** Units of 10 ns, whole; NaN where no RTT was good for charting. */
  min: number;
  p25: number;
  p50: number;
  p75: number;
  p95: number;
  p99: number;
  max: number;
  /** NaN with fewer than two RTTs. */
  jitter: number;
}

/** What the figures of windows are merged from; hours have one. */
export interface RollupSketch {
  /** Of the charted RTTs in units of 10 ns. */
  rtts: LogHistogram;
  /** |D| of RFC 3550 between neighbours: their sum in units of 10 ns, and how many. */
  stepSum: number;
  steps: number;
  /** Made of samples that were rounded already. */
  rounded: boolean;
}

export interface SampleColumns {
  rtts10ns: ArrayLike<number>;
  outcomes: ArrayLike<number>;
  codes: ArrayLike<number>;
}

export function isCharted(outcome: number, code: number): boolean {
  return outcome === OUTCOME_REPLY && code !== CODE_REPLY_FIRST;
}

/**
 * Over the samples [from, to) of `columns`, which are in the order of their sending. `scratch`, where given, is
 * room for as many RTTs: thousands of minutes are rolled up at a time.
 */
export function rollUp(
  columns: SampleColumns,
  from: number,
  to: number,
  scratch = new Float64Array(to - from),
): Rollup {
  let sent = 0;
  let replies = 0;
  const byOutcome: number[] = new Array(outcomes.length).fill(0);
  let charted = 0;
  const jitter = createJitter();
  for (let i = from; i < to; i++) {
    const outcome = columns.outcomes[i] as number;
    byOutcome[outcome] = (byOutcome[outcome] as number) + 1;
    if (countsAsSent(outcome)) sent++;
    if (outcome === OUTCOME_REPLY) replies++;
    if (!isCharted(outcome, columns.codes[i] as number)) continue;
    const rtt = columns.rtts10ns[i] as number;
    scratch[charted++] = rtt;
    jitter.add(rtt);
  }
  const sorted = scratch.subarray(0, charted).sort();
  const at = (q: number) => Math.round(quantileOfSorted(sorted, q));
  return {
    sent,
    replies,
    outcomes: byOutcome,
    min: at(0),
    p25: at(0.25),
    p50: at(0.5),
    p75: at(0.75),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
    jitter: Math.round(jitter.value()),
  };
}

export function sketchOf(columns: SampleColumns, from: number, to: number, rounded: boolean): RollupSketch {
  const sketch: RollupSketch = { rtts: new Map(), stepSum: 0, steps: 0, rounded };
  let last = Number.NaN;
  for (let i = from; i < to; i++) {
    if (!isCharted(columns.outcomes[i] as number, columns.codes[i] as number)) continue;
    const rtt = columns.rtts10ns[i] as number;
    addToLogHistogram(sketch.rtts, rtt);
    if (!Number.isNaN(last)) {
      sketch.stepSum += Math.abs(rtt - last);
      sketch.steps++;
    }
    last = rtt;
  }
  return sketch;
}

/** Rows of the same agent, in the order of time, as the contract's columns. */
export function rollupSeries(agentNumber: number, rows: { startMs: number; rollup: Rollup }[]): RollupSeries {
  const ns = (pick: (rollup: Rollup) => number) =>
    Float64Array.from(rows, ({ rollup }) => pick(rollup) * RTT_UNIT_NS);
  return {
    agentNumber,
    count: rows.length,
    precision: 'exact',
    startMs: Float64Array.from(rows, ({ startMs }) => startMs),
    sent: Uint32Array.from(rows, ({ rollup }) => rollup.sent),
    replies: Uint32Array.from(rows, ({ rollup }) => rollup.replies),
    outcomes: outcomes.map((_, outcome) =>
      Uint32Array.from(rows, ({ rollup }) => rollup.outcomes?.[outcome] ?? 0),
    ),
    minNs: ns(({ min }) => min),
    p25Ns: ns(({ p25 }) => p25),
    p50Ns: ns(({ p50 }) => p50),
    p75Ns: ns(({ p75 }) => p75),
    p95Ns: ns(({ p95 }) => p95),
    p99Ns: ns(({ p99 }) => p99),
    maxNs: ns(({ max }) => max),
    jitterNs: ns(({ jitter }) => jitter),
  };
}
