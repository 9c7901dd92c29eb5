/** Which sequences are there, as inclusive ranges: ascending, not touching. */
import type { SequenceRanges } from '../series-store.ts';

export function hasSequence(ranges: SequenceRanges, sequence: number): boolean {
  const range = ranges[firstEndingAtOrAfter(ranges, sequence)];
  return range !== undefined && range[0] <= sequence;
}

export function addSequence(ranges: SequenceRanges, sequence: number): void {
  addRange(ranges, sequence, sequence);
}

export function addRange(ranges: SequenceRanges, from: number, to: number): void {
  // Those that overlap or touch [from, to] become one.
  const start = firstEndingAtOrAfter(ranges, from - 1);
  let end = start;
  while (end < ranges.length && (ranges[end] as [number, number])[0] <= to + 1) end++;
  if (end > start) {
    from = Math.min(from, (ranges[start] as [number, number])[0]);
    to = Math.max(to, (ranges[end - 1] as [number, number])[1]);
  }
  ranges.splice(start, end - start, [from, to]);
}

function firstEndingAtOrAfter(ranges: SequenceRanges, sequence: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle] as [number, number])[1] < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}
