/** Minutes of the past, each probe of theirs: for a window, and for a replay up to sixty times as fast. */
import { decodeSampleBatch, type SampleBatch } from '@maille/wire/link/samples';
import { bytesOfBase64, createPastPieces, type PastPieces } from './past-pieces.ts';

export interface AgentBatch {
  agentNumber: number;
  batch: SampleBatch;
}

/** A replay at 60× is a minute further every second. */
const MAX_KEPT = 6;
const MAX_BATCH_BYTES = 3 * 1024 * 1024;

export type FetchMinute = (
  endsAtMs: number,
) => Promise<{ batches: readonly { agentNumber: number; batch: string }[] }>;

/** Piece `n` is the minute that begins at n × 60 s. */
export function createPastMinutes(fetchMinute: FetchMinute): PastPieces<AgentBatch[]> {
  return createPastPieces(async (minute) => {
    const { batches } = await fetchMinute((minute + 1) * 60_000);
    return batches.map(({ agentNumber, batch }) => ({
      agentNumber,
      batch: decodeSampleBatch(bytesOfBase64(batch, MAX_BATCH_BYTES)),
    }));
  }, MAX_KEPT);
}
