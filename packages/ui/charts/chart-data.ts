/**
 * Series of the wire as columns for a chart: times in seconds, RTTs in milliseconds, and an explicit hole
 * wherever nothing is known, so that a line never bridges what was not measured.
 */
import { CODE_REPLY_FIRST, countsAsSent, OUTCOME_REPLY } from '@maille/wire/link/samples';
import type { Series } from '@maille/wire/rest/targets';

export const rollupColumns = [
  'minNs',
  'p25Ns',
  'p50Ns',
  'p75Ns',
  'p95Ns',
  'p99Ns',
  'maxNs',
  'jitterNs',
] as const;
export type RollupColumn = (typeof rollupColumns)[number];

export interface ChartColumns {
  /** Seconds of the epoch. */
  times: number[];
  /** Milliseconds; null: no answer or no data. Raw series have `p50Ns` only. */
  rtt: Record<RollupColumn, (number | null)[]>;
  /** 0 to 1; null: nothing was sent. */
  loss: (number | null)[];
  stepSeconds: number;
}

const bucketSeconds = { minute: 60, hour: 3_600 } as const;
/** More than this many steps without a row is a hole. */
const HOLE_STEPS = 2.5;
/** A log scale has no zero: nothing answers faster than this. */
const SHORTEST_MS = 1e-3;

const emptyColumns = (stepSeconds: number): ChartColumns => ({
  times: [],
  rtt: Object.fromEntries(rollupColumns.map((name) => [name, []])) as unknown as ChartColumns['rtt'],
  loss: [],
  stepSeconds,
});

const toMs = (ns: number | null | undefined): number | null =>
  ns === null || ns === undefined ? null : Math.max(SHORTEST_MS, ns / 1e6);

export function chartColumns(series: Series, intervalSeconds = 1): ChartColumns {
  const step = series.resolution === 'raw' ? intervalSeconds : bucketSeconds[series.resolution];
  const columns = emptyColumns(step);
  const addRow = (time: number, loss: number | null, rtt: (name: RollupColumn) => number | null) => {
    const last = columns.times.at(-1);
    if (last !== undefined && time - last > HOLE_STEPS * step)
      pushRow(columns, last + step, null, () => null);
    pushRow(columns, time, loss, rtt);
  };
  const { raw, rollup } = series;
  if (raw) {
    raw.sentAtMs.forEach((sentAtMs, i) => {
      const outcome = raw.outcome[i] as number;
      if (!countsAsSent(outcome)) return;
      const answered = outcome === OUTCOME_REPLY;
      const charted = answered && raw.code[i] !== CODE_REPLY_FIRST;
      addRow(sentAtMs / 1_000, answered ? 0 : 1, (name) =>
        name === 'p50Ns' && charted ? toMs(raw.rttNs[i]) : null,
      );
    });
  } else if (rollup) {
    rollup.startMs.forEach((startMs, i) => {
      const sent = rollup.sent[i] as number;
      const loss = sent === 0 ? null : 1 - (rollup.replies[i] as number) / sent;
      addRow(startMs / 1_000, loss, (name) => toMs(rollup[name][i]));
    });
  }
  return columns;
}

function pushRow(
  columns: ChartColumns,
  time: number,
  loss: number | null,
  rtt: (name: RollupColumn) => number | null,
) {
  columns.times.push(time);
  columns.loss.push(loss);
  for (const name of rollupColumns) columns.rtt[name].push(rtt(name));
}

export interface LossBuckets {
  /** Seconds of the epoch where each bucket begins. */
  times: number[];
  /** 0 to 100; null: nothing was sent. */
  percent: (number | null)[];
  stepSeconds: number;
}

/** Loss of single samples a minute; rollups stay as they are. Counts are added up, never ratios. */
export function lossBuckets(series: Series): LossBuckets {
  const { raw, rollup } = series;
  if (rollup) {
    const stepSeconds = series.resolution === 'hour' ? 3_600 : 60;
    return {
      times: rollup.startMs.map((ms) => ms / 1_000),
      percent: rollup.startMs.map((_, i) => {
        const sent = rollup.sent[i] as number;
        return sent === 0 ? null : 100 * (1 - (rollup.replies[i] as number) / sent);
      }),
      stepSeconds,
    };
  }
  const buckets = new Map<number, { sent: number; lost: number }>();
  raw?.sentAtMs.forEach((ms, i) => {
    const outcome = raw.outcome[i] as number;
    if (!countsAsSent(outcome)) return;
    const start = Math.floor(ms / 60_000) * 60;
    const bucket = buckets.get(start) ?? { sent: 0, lost: 0 };
    bucket.sent++;
    if (outcome !== OUTCOME_REPLY) bucket.lost++;
    buckets.set(start, bucket);
  });
  const times = [...buckets.keys()].sort((a, b) => a - b);
  const percent = times.map((time) => {
    const { sent, lost } = buckets.get(time) as { sent: number; lost: number };
    return (100 * lost) / sent;
  });
  return { times, percent, stepSeconds: 60 };
}
