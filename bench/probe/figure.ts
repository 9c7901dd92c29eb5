/** What a part of the bench found: figures, those that the project promises with their bound. */

export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** The most that it may be. */
  atMost?: number;
  /** The least that it may be. */
  atLeast?: number;
}

/** What a part is given. */
export interface BenchPart {
  /** Scratch, removed at the end. */
  folder: string;
  /** How long to measure, where the caller said so. */
  seconds: number | undefined;
  /** A line for the person who waits. */
  say(line: string): void;
}

export type RunPart = (bench: BenchPart) => Promise<Figure[]>;

export function isMet({ value, atMost, atLeast }: Figure): boolean {
  if (atMost !== undefined && !(value <= atMost)) return false;
  return atLeast === undefined || value >= atLeast;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
