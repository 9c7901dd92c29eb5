/**
 * A set of sequence numbers kept as ranges: acknowledgements arrive out of order but leave few holes, so
 * that millions of numbers cost a handful of pairs.
 */
export type SequenceRange = [from: number, to: number];

export interface SequenceSet {
  /** Adds [from, to], both inclusive. */
  add(from: number, to?: number): void;
  has(sequence: number): boolean;
  /** The smallest number ≥ `from` that is not in the set. */
  firstMissing(from: number): number;
  /** Forgets every number below `floor`. */
  dropBelow(floor: number): void;
  /** Ascending, not touching each other. */
  ranges(): SequenceRange[];
  readonly rangeCount: number;
  clear(): void;
}

export function createSequenceSet(): SequenceSet {
  let ranges: SequenceRange[] = [];

  /** Index of the first range whose end is ≥ `sequence`. */
  const find = (sequence: number): number => {
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ranges[middle] as SequenceRange)[1] < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    add(from, to = from) {
      if (to < from) return;
      const start = find(from - 1); // a range that ends right before is joined
      let end = start;
      let low = from;
      let high = to;
      while (end < ranges.length && (ranges[end] as SequenceRange)[0] <= to + 1) {
        low = Math.min(low, (ranges[end] as SequenceRange)[0]);
        high = Math.max(high, (ranges[end] as SequenceRange)[1]);
        end++;
      }
      ranges.splice(start, end - start, [low, high]);
    },
    has(sequence) {
      const range = ranges[find(sequence)];
      return range !== undefined && range[0] <= sequence;
    },
    firstMissing(from) {
      const range = ranges[find(from)];
      return range !== undefined && range[0] <= from ? range[1] + 1 : from;
    },
    dropBelow(floor) {
      const first = find(floor);
      if (first > 0) ranges.splice(0, first);
      const range = ranges[0];
      if (range && range[0] < floor) range[0] = floor;
    },
    ranges: () => ranges.map(([from, to]) => [from, to]),
    get rangeCount() {
      return ranges.length;
    },
    clear() {
      ranges = [];
    },
  };
}
