/**
 * Gathers samples into one batch that is filled again and again; whoever receives it encodes or copies
 * it before returning.
 */
import { createSampleBatch, MAX_RTT_NS, RTT_UNIT_NS, type SampleBatch } from '@maille/wire/link/samples';

export interface SampleCollector {
  /** `sentAtMs` is the wall time of the probe's send; `rttNs` 0 where the outcome has none. */
  add(targetId: number, sentAtMs: number, rttNs: number, outcome: number, code: number): void;
  /** Hands on what there is, if anything. */
  flush(): void;
}

const CAPACITY = 16_384;
/** A sample is told when it is decided: at most a timeout (30 s) and a late answer (43 s) after its send. */
const BASE_BEFORE_MS = 120_000;
const MAX_OFFSET_MS = 0xffff_ffff / 1_000;

export function createSampleCollector(receive: (batch: SampleBatch) => void): SampleCollector {
  const batch = createSampleBatch(CAPACITY, 0);

  const flush = () => {
    if (batch.count === 0) return;
    receive(batch);
    batch.count = 0;
  };

  return {
    flush,
    add(targetId, sentAtMs, rttNs, outcome, code) {
      let offsetMs = sentAtMs - batch.baseMs;
      // The wall clock may have been set meanwhile: then this sample begins a batch of its own time.
      if (batch.count > 0 && (offsetMs < 0 || offsetMs > MAX_OFFSET_MS)) flush();
      if (batch.count === 0) {
        batch.baseMs = Math.max(0, Math.floor(sentAtMs) - BASE_BEFORE_MS);
        offsetMs = sentAtMs - batch.baseMs;
      }
      const i = batch.count++;
      batch.targetIds[i] = targetId;
      batch.offsetsUs[i] = Math.round(offsetMs * 1_000);
      batch.rtts10ns[i] = Math.round(Math.min(Math.max(rttNs, 0), MAX_RTT_NS) / RTT_UNIT_NS);
      batch.outcomes[i] = outcome;
      batch.codes[i] = code;
      if (batch.count === CAPACITY) flush();
    },
  };
}
