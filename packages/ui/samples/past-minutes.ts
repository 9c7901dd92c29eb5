/**
 * Minutes of the past for a window or a replay: fetched whole, kept for a while (the last few, a minute of
 * ten thousand targets is 8 MB), the next one fetched before a replay needs it.
 */
import { decodeSampleBatch, type SampleBatch } from '@maille/wire/link/samples';

export interface AgentBatch {
  agentNumber: number;
  batch: SampleBatch;
}

export interface PastMinutes {
  /** The samples sent in the minute that begins at `minute` × 60 s. */
  minute(minute: number): Promise<AgentBatch[]>;
  /** What is here already; undefined: ask `minute`. */
  ready(minute: number): AgentBatch[] | undefined;
}

const MAX_KEPT = 4;
const MAX_BATCH_BASE64 = 4 * 1024 * 1024;

function decodeBase64(text: string): Uint8Array {
  if (text.length > MAX_BATCH_BASE64) throw new RangeError('a batch of samples is too large');
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

export type FetchMinute = (
  endsAtMs: number,
) => Promise<{ batches: readonly { agentNumber: number; batch: string }[] }>;

export function createPastMinutes(fetchMinute: FetchMinute): PastMinutes {
  const kept = new Map<number, { asked: Promise<AgentBatch[]>; batches: AgentBatch[] | undefined }>();

  function minute(number: number): Promise<AgentBatch[]> {
    const known = kept.get(number);
    if (known) return known.asked;
    const entry: { asked: Promise<AgentBatch[]>; batches: AgentBatch[] | undefined } = {
      asked: fetchMinute((number + 1) * 60_000).then(
        ({ batches }) => {
          entry.batches = batches.map(({ agentNumber, batch }) => ({
            agentNumber,
            batch: decodeSampleBatch(decodeBase64(batch)),
          }));
          return entry.batches;
        },
        (error: unknown) => {
          kept.delete(number); // the next look tries again
          throw error;
        },
      ),
      batches: undefined,
    };
    kept.set(number, entry);
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_KEPT) break;
      kept.delete(oldest);
    }
    return entry.asked;
  }

  return { minute, ready: (number) => kept.get(number)?.batches };
}
