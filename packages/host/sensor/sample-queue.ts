/**
 * Sample frames that the agent has not acknowledged, encoded once, bounded by their bytes: when they are
 * too many the oldest go first and are counted.
 */
import type { SampleBatch } from '@maille/wire/link/samples';
import { encodeSensorSamples } from '@maille/wire/sensor/frames';

export interface SampleQueue {
  readonly droppedSamples: number;
  readonly keptBytes: number;
  add(batch: SampleBatch): void;
  /** Everything up to and with `sequence` is kept elsewhere. */
  acknowledge(sequence: number): void;
  /** The first frame kept after `sequence`. */
  after(sequence: number): { sequence: number; frame: Uint8Array } | undefined;
}

interface Kept {
  sequence: number;
  samples: number;
  frame: Uint8Array;
}

export function createSampleQueue(maxBytes: number): SampleQueue {
  // Sequences have no gaps between the first and the last, so a frame's place follows from its sequence.
  let kept: Kept[] = [];
  let first = 0; // index of the oldest; the array is cut when half of it is gone
  let lastSequence = 0;
  let keptBytes = 0;
  let droppedSamples = 0;

  const dropOldest = (): Kept => {
    const oldest = kept[first++] as Kept;
    keptBytes -= oldest.frame.length;
    if (first > 64 && first > kept.length / 2) {
      kept = kept.slice(first);
      first = 0;
    }
    return oldest;
  };

  return {
    get droppedSamples() {
      return droppedSamples;
    },
    get keptBytes() {
      return keptBytes;
    },
    add(batch) {
      const sequence = ++lastSequence;
      const frame = encodeSensorSamples(sequence, batch);
      kept.push({ sequence, samples: batch.count, frame });
      keptBytes += frame.length;
      while (keptBytes > maxBytes && kept.length - first > 1) droppedSamples += dropOldest().samples;
    },
    acknowledge(sequence) {
      while (first < kept.length && (kept[first] as Kept).sequence <= sequence) dropOldest();
    },
    after(sequence) {
      const oldest = kept[first];
      return oldest && kept[first + Math.max(0, sequence + 1 - oldest.sequence)];
    },
  };
}
