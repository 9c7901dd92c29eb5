/**
 * Gathers the rollups of one target by one agent into the contract's columns. What comes later takes the
 * place of what came before for the same minute or hour: late samples lie beside what is closed.
 */
import { outcomes, RTT_UNIT_NS } from '@maille/wire/link/samples';
import type { Rollup } from '../rollup.ts';
import type { RollupSeries } from '../series-store.ts';
import { countsAt, quantileNames, type RollupColumns, type RttColumn } from './rollup-columns.ts';

export interface RollupBuilder {
  put(bucket: number, rollup: Rollup): void;
  /** Rows of closed days; `first` is the bucket of the period's first row. */
  add(first: number, columns: RollupColumns, rounded: boolean): void;
  finish(agentNumber: number): RollupSeries;
}

const FIRST_CAPACITY = 64;
const rttColumns: RttColumn[] = [...quantileNames, 'jitter'];

/** `bucketMs`: how long a minute or an hour is. */
export function createRollupBuilder(bucketMs: number): RollupBuilder {
  const rows = new Map<number, number>(); // by bucket
  let ascending = true;
  let newest = Number.NEGATIVE_INFINITY;
  let rounded = false;
  let buckets = new Float64Array(FIRST_CAPACITY);
  let sent = new Uint32Array(FIRST_CAPACITY);
  let replies = new Uint32Array(FIRST_CAPACITY);
  let counts = outcomes.map(() => new Uint32Array(FIRST_CAPACITY));
  let rtts = rttColumns.map(() => new Float64Array(FIRST_CAPACITY));

  const larger = <T extends Float64Array | Uint32Array>(column: T): T => {
    const more = new (column.constructor as new (length: number) => T)(2 * column.length);
    more.set(column);
    return more;
  };
  const rowOf = (bucket: number): number => {
    const known = rows.get(bucket);
    if (known !== undefined) return known;
    const row = rows.size;
    if (row === buckets.length) {
      buckets = larger(buckets);
      sent = larger(sent);
      replies = larger(replies);
      counts = counts.map(larger);
      rtts = rtts.map(larger);
    }
    rows.set(bucket, row);
    buckets[row] = bucket;
    ascending &&= bucket > newest;
    newest = Math.max(newest, bucket);
    return row;
  };

  return {
    put(bucket, rollup) {
      const row = rowOf(bucket);
      sent[row] = rollup.sent;
      replies[row] = rollup.replies;
      for (const [outcome, column] of counts.entries()) column[row] = rollup.outcomes?.[outcome] ?? 0;
      for (const [i, name] of rttColumns.entries())
        (rtts[i] as Float64Array)[row] = rollup[name] * RTT_UNIT_NS;
    },
    add(first, columns, areRounded) {
      rounded ||= areRounded && columns.count > 0;
      for (let i = 0; i < columns.count; i++) {
        const row = rowOf(first + (columns.at[i] as number));
        const of = countsAt(columns, i);
        sent[row] = of.sent;
        replies[row] = of.replies;
        for (let outcome = 0; outcome < counts.length; outcome++)
          (counts[outcome] as Uint32Array)[row] = columns.outcomes[outcome]?.[i] as number;
        for (let column = 0; column < rttColumns.length; column++)
          (rtts[column] as Float64Array)[row] =
            (columns.rtts[rttColumns[column] as RttColumn][i] as number) * RTT_UNIT_NS;
      }
    },
    finish(agentNumber) {
      const count = rows.size;
      const order = ascending
        ? undefined
        : Uint32Array.from({ length: count }, (_, i) => i).sort(
            (a, b) => (buckets[a] as number) - (buckets[b] as number),
          );
      const inOrder = <T extends Float64Array | Uint32Array>(column: T): T => {
        const whole = column.slice(0, count) as T;
        order?.forEach((row, i) => {
          whole[i] = column[row] as number;
        });
        return whole;
      };
      const [minNs, p25Ns, p50Ns, p75Ns, p95Ns, p99Ns, maxNs, jitterNs] = rtts.map(inOrder) as [
        Float64Array,
        Float64Array,
        Float64Array,
        Float64Array,
        Float64Array,
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      return {
        agentNumber,
        count,
        precision: rounded ? 'rounded' : 'exact',
        startMs: inOrder(buckets).map((bucket) => bucket * bucketMs),
        sent: inOrder(sent),
        replies: inOrder(replies),
        outcomes: counts.map(inOrder),
        minNs,
        p25Ns,
        p50Ns,
        p75Ns,
        p95Ns,
        p99Ns,
        maxNs,
        jitterNs,
      };
    },
  };
}
