/** A series store for tests of what comes before it: keeps every sample in memory and counts repetitions. */
import { Problem } from '@maille/base/problem';
import { createSequenceSet, type SequenceSet } from '@maille/base/sequence-set';
import type { AppendSource } from '@maille/store/series/series-store';
import type { SampleBatch } from '@maille/wire/link/samples';

export interface RecordingSeries {
  append(source: AppendSource, batch: SampleBatch): 'stored' | 'duplicate';
  /** How often each probe was stored, by `targetId@sendTimeUs`. */
  readonly stored: Map<string, number>;
  /** Sequences in the order of their arrival. */
  readonly arrivals: AppendSource[];
  /** While true the disk refuses. */
  failing: boolean;
}

export const sampleKey = (batch: SampleBatch, i: number): string =>
  `${batch.targetIds[i]}@${Math.round(batch.baseMs * 1_000) + (batch.offsetsUs[i] as number)}`;

export function createRecordingSeries(): RecordingSeries {
  const appended = new Map<string, SequenceSet>();
  const series: RecordingSeries = {
    stored: new Map(),
    arrivals: [],
    failing: false,
    append(source, batch) {
      if (series.failing) throw new Problem('unavailable', 'the disk is full');
      const spool = `${source.agentNumber}/${source.epoch}`;
      let set = appended.get(spool);
      if (!set) {
        set = createSequenceSet();
        appended.set(spool, set);
      }
      if (set.has(source.sequence)) return 'duplicate';
      set.add(source.sequence);
      series.arrivals.push(source);
      for (let i = 0; i < batch.count; i++) {
        const key = sampleKey(batch, i);
        series.stored.set(key, (series.stored.get(key) ?? 0) + 1);
      }
      return 'stored';
    },
  };
  return series;
}
