/** Marks of a logarithmic axis: 1, 2 and 5 of each decade, thinned to at most `most`. */
export function logSplits(min: number, max: number, most: number): number[] {
  const from = Math.floor(Math.log10(min));
  const to = Math.ceil(Math.log10(max));
  for (const steps of [[1, 2, 5], [1, 3], [1]]) {
    const splits: number[] = [];
    for (let decade = from; decade <= to; decade++) {
      for (const step of steps) {
        const value = Number(`${step}e${decade}`);
        if (value >= min && value <= max) splits.push(value);
      }
    }
    if (splits.length <= most) return splits.length > 0 ? splits : [min, max];
  }
  return [10 ** from, 10 ** to];
}

/** Room around the values, so that a flat line lies in the middle and its jitter does not fill the chart. */
export function logRange(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null || !(min > 0)) return [0.1, 100];
  const low = min / 1.3;
  const high = max * 1.3;
  const middle = Math.sqrt(low * high);
  return high / low < 3 ? [middle / Math.sqrt(3), middle * Math.sqrt(3)] : [low, high];
}
