/**
 * Exact quantiles of a set of numbers: the value at position q·(n−1) of the sorted set, interpolated
 * between its neighbours (Hyndman and Fan's type 7, what R, NumPy and most dashboards show).
 */

/** `sorted` ascends. NaN for an empty set. */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  const last = sorted.length - 1;
  if (last < 0) return Number.NaN;
  const position = Math.min(1, Math.max(0, q)) * last;
  const below = Math.floor(position);
  const low = sorted[below] as number;
  if (below === last) return low;
  return low + ((sorted[below + 1] as number) - low) * (position - below);
}

/** Several quantiles at the price of one sort; `values` stay as they are. */
export function quantiles(values: ArrayLike<number>, qs: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  return qs.map((q) => quantileOfSorted(sorted, q));
}
