/**
 * The agent's write-ahead spool: each batch of samples is on disk before the sensor is told that it was
 * taken, and goes when the server says that it keeps it. Frames are numbered without gaps in an epoch. An
 * epoch is gone on with after a restart only within the same boot and from a whole file: after a power cut
 * the disk may have forgotten numbers that the server has seen.
 *
 * Written, not synced: what the kernel holds survives a kill of the agent, and with a link that stands a
 * frame lives for a fraction of a second. A file that is full while frames in it wait is synced.
 *
 * While the disk takes nothing, frames wait in memory (bounded, an epoch of their own) and the link goes on.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '@maille/base/bytes';
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { createSequenceSet, type SequenceRange } from '@maille/base/sequence-set';
import { encodeSampleFrame, peekSampleFrame } from '@maille/wire/link/sample-frame';
import type { SampleBatch } from '@maille/wire/link/samples';
import { createSegmentReader } from './segment-reader.ts';
import { openSpoolFolder, type Segment } from './spool-folder.ts';
import {
  createMemorySegment,
  createSegmentFile,
  type SegmentFile,
  type SensorPosition,
} from './spool-segment.ts';

export interface SpoolOptions {
  folder: string;
  clock: Clock;
  log: Log;
  /** Changes when the machine boots: /proc/sys/kernel/random/boot_id as 32 hexadecimal digits. */
  bootId: string;
  maxBytes?: number;
  segmentBytes?: number;
  maxMemoryBytes?: number;
}

export interface SpooledFrame {
  /** Order over all epochs, for this process only. */
  position: number;
  epoch: string;
  sequence: number;
  samples: number;
  /** The link frame, encoded, without the backlog flag. */
  bytes: Uint8Array;
}

export interface SpoolState {
  bytes: number;
  samples: number;
  /** Given up since the start because there was no room. */
  droppedSamples: number;
  /** Why the disk takes nothing now. */
  diskProblem: string | undefined;
}

export interface Spool {
  /** Keeps a batch; undefined when it was taken before. When it returns, the sensor may forget it. */
  take(origin: SensorPosition, batch: SampleBatch): SpooledFrame | undefined;
  /** The first frame at or after this position that waits for its acknowledgement. */
  next(position: number): SpooledFrame | undefined;
  /** Deletes what the server keeps. Returns the positions. */
  acknowledge(epoch: string, ranges: readonly SequenceRange[]): SequenceRange[];
  /** What was taken last from the sensor. */
  readonly taken: SensorPosition;
  state(): SpoolState;
  stop(): void;
}

const MIB = 1024 * 1024;
const DISK_RETRY_MS = 5_000;
/** Full of dropping: one line a minute, not one a frame. */
const SAY_DROPPED_EVERY_MS = 60_000;

const newEpoch = () => toHex(crypto.getRandomValues(new Uint8Array(8)));

/** A file goes as a whole; this is the share of it that waits. */
function waitingBytes({ file, waitingSamples, sampleCounts }: Segment): number {
  const samples = sampleCounts.reduce((sum, count) => sum + count, 0);
  return samples === 0 ? 0 : (file.bytes * waitingSamples) / samples;
}

export function openSpool(options: SpoolOptions): Spool {
  const { folder, clock, log, bootId } = options;
  const { maxBytes = 256 * MIB, segmentBytes = MIB, maxMemoryBytes = 8 * MIB } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = openSpoolFolder(folder, bootId, log);

  const segments: Segment[] = found.segments;
  const acked = createSequenceSet();
  const reader = createSegmentReader();
  let taken = found.taken;
  let fileNumber = found.lastFileNumber;
  let nextPosition = found.nextPosition;
  /** Numbers of the disk and of memory never mix: memory dies with the process, and its numbers with it. */
  const onDisk = found.resume ?? { epoch: newEpoch(), nextSequence: 1 };
  const inMemory = { epoch: newEpoch(), nextSequence: 1 };
  let active: Segment | undefined;
  let diskProblem: string | undefined;
  let diskRetryAtMs = 0;
  let droppedSamples = 0;
  let droppedSaidAtMs = Number.NEGATIVE_INFINITY;
  let droppedSaid = 0;

  const lastPosition = (segment: Segment) => segment.firstPosition + segment.sampleCounts.length - 1;
  /**
   * The newest file stays even when all in it is acknowledged: its numbers must not be given again after a
   * restart, and it says what was taken from the sensor.
   */
  const isDone = (segment: Segment) =>
    segment !== active &&
    segment !== segments.findLast(({ memory }) => !memory) &&
    acked.firstMissing(segment.firstPosition) > lastPosition(segment);

  const add = (file: SegmentFile, numbers: { epoch: string; nextSequence: number }, memory: boolean) => {
    const segment: Segment = {
      file,
      memory,
      epoch: numbers.epoch,
      firstSequence: numbers.nextSequence,
      firstPosition: nextPosition,
      sampleCounts: [],
      waitingSamples: 0,
    };
    segments.push(segment);
    active = segment;
    return segment;
  };

  const diskFailed = (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    diskRetryAtMs = clock.monoMs() + DISK_RETRY_MS;
    if (diskProblem === undefined)
      log.error({ folder, reason }, 'the spool cannot write: samples wait in memory until it can');
    diskProblem = reason;
  };

  /** The segment that takes the next frame: the active one, a new file, or memory. */
  function segmentToFill(): Segment {
    const current = active;
    if (current && !current.file.broken && current.file.bytes < segmentBytes) {
      if (!current.memory || clock.monoMs() < diskRetryAtMs) return current;
    }
    if (current) current.file.seal(current.waitingSamples > 0);
    if (diskProblem === undefined || clock.monoMs() >= diskRetryAtMs) {
      const name = `${String(fileNumber + 1).padStart(10, '0')}.spool`;
      try {
        const file = createSegmentFile(join(folder, name), bootId, taken);
        fileNumber++;
        const made = add(file, onDisk, false);
        for (const segment of [...segments]) if (isDone(segment)) removeSegment(segment);
        return made;
      } catch (error) {
        diskFailed(error);
      }
    }
    if (current?.memory && current.file.bytes < segmentBytes) return current;
    return add(createMemorySegment(bootId, taken), inMemory, true);
  }

  function put(origin: SensorPosition, batch: SampleBatch): SpooledFrame {
    for (;;) {
      const segment = segmentToFill();
      const numbers = segment.memory ? inMemory : onDisk;
      const frame = encodeSampleFrame({
        epoch: segment.epoch,
        sequence: numbers.nextSequence,
        backlog: false,
        batch,
      });
      try {
        segment.file.append({ origin, frame });
      } catch (error) {
        diskFailed(error);
        // What it holds stays readable; the numbers go on where the disk takes frames again.
        segment.file.seal(false);
        active = undefined;
        continue;
      }
      if (!segment.memory && diskProblem !== undefined) {
        diskProblem = undefined;
        log.info({ folder }, 'the spool writes to disk again');
      }
      const position = nextPosition++;
      const sequence = numbers.nextSequence++;
      segment.sampleCounts.push(batch.count);
      segment.waitingSamples += batch.count;
      return { position, epoch: segment.epoch, sequence, samples: batch.count, bytes: frame };
    }
  }

  const sizeOf = (memory: boolean) =>
    segments.reduce((sum, segment) => (segment.memory === memory ? sum + segment.file.bytes : sum), 0);

  function removeSegment(segment: Segment): void {
    segments.splice(segments.indexOf(segment), 1);
    reader.forget(segment);
    try {
      segment.file.remove();
    } catch (error) {
      log.warn({ err: error, folder }, 'a spool file that is done with cannot be removed');
    }
    acked.dropBelow(segments[0]?.firstPosition ?? nextPosition);
  }

  function dropOldest(memory: boolean, limit: number): void {
    while (sizeOf(memory) > limit) {
      const oldest = segments.find((segment) => segment.memory === memory && segment !== active);
      if (!oldest) return;
      droppedSamples += oldest.waitingSamples;
      acked.add(oldest.firstPosition, lastPosition(oldest));
      removeSegment(oldest);
    }
    if (droppedSamples === droppedSaid || clock.monoMs() - droppedSaidAtMs < SAY_DROPPED_EVERY_MS) return;
    droppedSaidAtMs = clock.monoMs();
    droppedSaid = droppedSamples;
    log.warn({ droppedSamples }, 'the spool is full: the oldest samples are given up');
  }

  return {
    take(origin, batch) {
      if (origin.life === taken.life && origin.sequence <= taken.sequence) return undefined;
      const frame = batch.count > 0 ? put(origin, batch) : undefined;
      taken = origin;
      dropOldest(false, maxBytes);
      dropOldest(true, maxMemoryBytes);
      return frame;
    },

    next(position) {
      for (const segment of [...segments]) {
        const last = lastPosition(segment);
        for (;;) {
          const at = acked.firstMissing(Math.max(position, segment.firstPosition));
          if (at > last) break;
          const index = at - segment.firstPosition;
          const bytes = reader.frame(segment, index);
          if (bytes) {
            const { epoch, sequence, count } = peekSampleFrame(bytes);
            return { position: at, epoch, sequence, samples: count, bytes };
          }
          // The disk gave back something else than was written.
          log.error({ epoch: segment.epoch }, 'a spool file is damaged: what follows in it is lost');
          droppedSamples += segment.waitingSamples;
          segment.waitingSamples = 0;
          acked.add(at, last);
          if (isDone(segment)) removeSegment(segment);
          break;
        }
      }
      return undefined;
    },

    acknowledge(epoch, ranges) {
      const positions: SequenceRange[] = [];
      for (const segment of [...segments]) {
        if (segment.epoch !== epoch || segment.sampleCounts.length === 0) continue;
        const lastSequence = segment.firstSequence + segment.sampleCounts.length - 1;
        for (const [from, to] of ranges) {
          const low = Math.max(from, segment.firstSequence);
          const high = Math.min(to, lastSequence);
          if (low > high) continue;
          const shift = segment.firstPosition - segment.firstSequence;
          for (let sequence = low; sequence <= high; sequence++) {
            if (acked.has(sequence + shift)) continue;
            segment.waitingSamples -= segment.sampleCounts[sequence - segment.firstSequence] as number;
          }
          acked.add(low + shift, high + shift);
          positions.push([low + shift, high + shift]);
        }
        if (isDone(segment)) removeSegment(segment);
      }
      return positions;
    },

    get taken() {
      return taken;
    },
    state: () => ({
      bytes: Math.round(segments.reduce((sum, segment) => sum + waitingBytes(segment), 0)),
      samples: segments.reduce((sum, segment) => sum + segment.waitingSamples, 0),
      droppedSamples,
      diskProblem,
    }),
    stop() {
      active?.file.close();
    },
  };
}
