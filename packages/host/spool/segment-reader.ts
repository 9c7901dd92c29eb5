/** Reads frames back in order: one segment's records at a time, read on where it left off. */
import type { Segment } from './spool-folder.ts';
import { HEAD_BYTES, parseRecords } from './spool-segment.ts';

export interface SegmentReader {
  /** A copy of the nth frame of a segment; undefined when the disk does not give it back whole. */
  frame(segment: Segment, index: number): Uint8Array | undefined;
  forget(segment: Segment): void;
}

export function createSegmentReader(): SegmentReader {
  let current: Segment | undefined;
  let frames: Uint8Array[] = [];
  let readTo = HEAD_BYTES;

  return {
    frame(segment, index) {
      if (current !== segment) {
        current = segment;
        frames = [];
        readTo = HEAD_BYTES;
      }
      if (index >= frames.length) {
        try {
          const { records, end } = parseRecords(segment.file.read(readTo), 0);
          for (const { frame } of records) frames.push(frame);
          readTo += end;
        } catch {
          return undefined;
        }
      }
      const frame = frames[index];
      // Not slice: a Buffer gives a view, and the caller marks its copy.
      return frame && new Uint8Array(frame);
    },
    forget(segment) {
      if (current === segment) {
        current = undefined;
        frames = [];
      }
    },
  };
}
