/** The past of one target alone: a page that shows one does not fetch ten thousand. */
import { createSampleBatch } from '@maille/wire/link/samples';
import { createMinuteRows, NO_RTT } from '@maille/wire/rest/minute-rows';
import type { Series } from '@maille/wire/rest/targets';
import { batchesOfMinutes } from './past-hours.ts';
import type { AgentBatch } from './past-minutes.ts';

/** Samples, or minutes as samples of seconds, in the form that the whole grid comes in. */
export function batchesOfSeries(targetId: number, series: readonly Series[]): AgentBatch[] {
  return series.flatMap(({ agentNumber, raw, rollup }) => {
    if (rollup) {
      const rows = createMinuteRows(rollup.startMs.length);
      rows.targetIds.fill(targetId);
      rollup.startMs.forEach((startMs, i) => {
        const p50 = rollup.p50Ns[i] ?? null;
        rows.minutes[i] = startMs / 60_000;
        rows.sent[i] = rollup.sent[i] as number;
        rows.replies[i] = rollup.replies[i] as number;
        rows.p50s10ns[i] = p50 === null ? NO_RTT : p50 / 10;
      });
      return batchesOfMinutes(rows).map((batch) => ({ agentNumber, batch }));
    }
    if (!raw || raw.sentAtMs.length === 0) return [];
    const baseMs = Math.floor(Math.min(...raw.sentAtMs));
    const batch = createSampleBatch(raw.sentAtMs.length, baseMs);
    batch.count = raw.sentAtMs.length;
    raw.sentAtMs.forEach((sentAtMs, i) => {
      batch.targetIds[i] = targetId;
      batch.offsetsUs[i] = (sentAtMs - baseMs) * 1_000;
      batch.rtts10ns[i] = (raw.rttNs[i] ?? 0) / 10;
      batch.outcomes[i] = raw.outcome[i] as number;
      batch.codes[i] = raw.code[i] as number;
    });
    return [{ agentNumber, batch }];
  });
}
