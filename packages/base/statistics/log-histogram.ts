/**
 * A histogram with bins of equal ratio (as DDSketch): any quantile is within 1 % of a value that was
 * added, whatever their spread, and histograms add up. So the median of a prefix over many targets and
 * agents is merged from counts, never averaged from medians. Values below 1 count as 1.
 */
export const LOG_HISTOGRAM_RELATIVE_ERROR = 0.01;
const LN_GAMMA = Math.log((1 + LOG_HISTOGRAM_RELATIVE_ERROR) / (1 - LOG_HISTOGRAM_RELATIVE_ERROR));

/** Counts by bin; bin i holds the values in (γ^(i−1), γ^i]. */
export type LogHistogram = Map<number, number>;

export function logHistogramBin(value: number): number {
  return value <= 1 ? 0 : Math.ceil(Math.log(value) / LN_GAMMA);
}

export function addToLogHistogram(histogram: LogHistogram, value: number, count = 1): void {
  const bin = logHistogramBin(value);
  histogram.set(bin, (histogram.get(bin) ?? 0) + count);
}

export function mergeLogHistogram(into: LogHistogram, from: LogHistogram): void {
  for (const [bin, count] of from) into.set(bin, (into.get(bin) ?? 0) + count);
}

/** The value at rank q·(n−1), within the relative error. NaN for an empty histogram. */
export function logHistogramQuantile(histogram: LogHistogram, q: number): number {
  let total = 0;
  for (const count of histogram.values()) total += count;
  if (total === 0) return Number.NaN;
  const rank = Math.min(1, Math.max(0, q)) * (total - 1);
  let seen = 0;
  let last = 0;
  for (const [bin, count] of [...histogram].sort((a, b) => a[0] - b[0])) {
    last = bin;
    seen += count;
    if (seen > rank) break;
  }
  return logHistogramValue(last);
}

/** The middle of a bin, by ratio: as far from both of its ends. */
export function logHistogramValue(bin: number): number {
  return (2 * Math.exp(bin * LN_GAMMA)) / (1 + Math.exp(LN_GAMMA));
}
