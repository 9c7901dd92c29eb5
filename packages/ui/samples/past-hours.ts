/**
 * The past at more than sixty times its speed: nobody could see each probe, nor could they all be sent, so
 * a tick of the ring is a minute and the ring is an hour. A minute is its median RTT; it counts as lost
 * where at least half of its probes were, and as one with loss where any was.
 */
import {
  createSampleBatch,
  OUTCOME_REPLY,
  OUTCOME_TIMEOUT,
  type SampleBatch,
} from '@maille/wire/link/samples';
import { decodeMinuteRows, MAX_MINUTE_ROWS, type MinuteRows, NO_RTT } from '@maille/wire/rest/minute-rows';
import type { AgentBatch } from './past-minutes.ts';
import { bytesOfBase64, createPastPieces, type PastPieces } from './past-pieces.ts';
import { CODE_SOME_LOST } from './sample-window.ts';

/** Beyond this speed a tick is a minute. */
export const FASTEST_BY_PROBE = 60;
/** So many times slower do the samples' clocks run then: a minute is a second of theirs. */
export const MINUTE_SCALE = 60;
export const PIECE_MINUTES = 20;
const MAX_KEPT = 8;
const MAX_ROWS_BYTES = 16 * MAX_MINUTE_ROWS;

export type FetchMinutes = (
  fromMs: number,
  toMs: number,
) => Promise<{ agents: readonly { agentNumber: number; rows: string }[] }>;

/** Minutes as samples of seconds: minute `m` since the epoch is sent at `m` seconds and a half. */
export function batchesOfMinutes(rows: MinuteRows): SampleBatch[] {
  const batches: SampleBatch[] = [];
  for (let at = 0; at < rows.count; ) {
    const minute = rows.minutes[at] as number;
    let end = at;
    while (end < rows.count && rows.minutes[end] === minute) end++;
    const batch = createSampleBatch(end - at, minute * 1_000 + 500);
    for (; at < end; at++) {
      const sent = rows.sent[at] as number;
      if (sent === 0) continue;
      const replies = rows.replies[at] as number;
      const p50 = rows.p50s10ns[at] as number;
      const answered = p50 !== NO_RTT && 2 * replies > sent;
      const to = batch.count++;
      batch.targetIds[to] = rows.targetIds[at] as number;
      batch.outcomes[to] = answered ? OUTCOME_REPLY : OUTCOME_TIMEOUT;
      batch.rtts10ns[to] = answered ? p50 : 0;
      batch.codes[to] = answered && replies < sent ? CODE_SOME_LOST : 0;
    }
    batches.push(batch);
  }
  return batches;
}

/** Piece `n` is the twenty minutes that begin at n × 20 min. */
export function createPastHours(fetchMinutes: FetchMinutes): PastPieces<AgentBatch[]> {
  return createPastPieces(async (piece) => {
    const fromMs = piece * PIECE_MINUTES * 60_000;
    const { agents } = await fetchMinutes(fromMs, fromMs + PIECE_MINUTES * 60_000);
    return agents.flatMap(({ agentNumber, rows }) =>
      batchesOfMinutes(decodeMinuteRows(bytesOfBase64(rows, MAX_ROWS_BYTES))).map((batch) => ({
        agentNumber,
        batch,
      })),
    );
  }, MAX_KEPT);
}
