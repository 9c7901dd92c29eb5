/** What an earlier run left in the spool's folder: whole records are kept, a torn tail is cut off. */
import { readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '@maille/base/log';
import { peekSampleFrame } from '@maille/wire/link/sample-frame';
import {
  HEAD_BYTES,
  openSegmentFile,
  parseHead,
  parseRecords,
  type SegmentFile,
  type SensorPosition,
} from './spool-segment.ts';

export interface Segment {
  file: SegmentFile;
  memory: boolean;
  epoch: string;
  firstSequence: number;
  firstPosition: number;
  /** Samples of each frame, in order. */
  sampleCounts: number[];
  /** Samples in frames that are not acknowledged. */
  waitingSamples: number;
}

export interface SpoolFolder {
  segments: Segment[];
  taken: SensorPosition;
  lastFileNumber: number;
  nextPosition: number;
  /** The epoch that may be gone on with. */
  resume: { epoch: string; nextSequence: number } | undefined;
}

export function openSpoolFolder(folder: string, bootId: string, log: Log): SpoolFolder {
  const result: SpoolFolder = {
    segments: [],
    taken: { life: '', sequence: 0 },
    lastFileNumber: 0,
    nextPosition: 1,
    resume: undefined,
  };
  const names = readdirSync(folder)
    .filter((name) => /^\d{10}\.spool$/.test(name))
    .sort();
  for (const name of names) {
    const file = join(folder, name);
    result.lastFileNumber = Number(name.slice(0, 10));
    result.resume = undefined;
    const bytes = readFileSync(file);
    const head = parseHead(bytes);
    if (!head) {
      log.warn({ file, bytes: bytes.length }, 'a spool file has no head: it is removed');
      rmSync(file);
      continue;
    }
    result.taken = head.origin;
    const { records, end } = parseRecords(bytes, HEAD_BYTES);
    if (end !== bytes.length) {
      log.warn({ file, lostBytes: bytes.length - end }, 'a spool file ends torn: its tail is cut off');
      truncateSync(file, end);
    }
    const first = records[0];
    const last = records.at(-1);
    if (!first || !last) {
      // Its head may be all that tells what was taken from the sensor: it goes with the next file's making.
      result.segments.push(segmentOf(file, end, { epoch: '', sequence: 0 }, [], result.nextPosition));
      continue;
    }
    result.taken = last.origin;
    const start = peekSampleFrame(first.frame);
    const counts = records.map(({ frame }) => peekSampleFrame(frame).count);
    result.segments.push(segmentOf(file, end, start, counts, result.nextPosition));
    result.nextPosition += counts.length;
    if (head.bootId === bootId && end === bytes.length)
      result.resume = { epoch: start.epoch, nextSequence: start.sequence + counts.length };
  }
  return result;
}

function segmentOf(
  file: string,
  bytes: number,
  start: { epoch: string; sequence: number },
  sampleCounts: number[],
  firstPosition: number,
): Segment {
  return {
    file: openSegmentFile(file, bytes),
    memory: false,
    epoch: start.epoch,
    firstSequence: start.sequence,
    firstPosition,
    sampleCounts,
    waitingSamples: sampleCounts.reduce((sum, count) => sum + count, 0),
  };
}
