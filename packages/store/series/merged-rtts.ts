/**
 * The RTTs of many minutes and hours as one distribution, the same in every series engine. A sketch of an
 * hour adds its counts. A minute adds what its quantiles say: a quarter of its answers lie between the
 * minimum and the lower quartile, a quarter from there to the median, and so on, evenly by ratio. So
 * percentiles of a long window are near those of its samples, wherever a change falls, and cost a
 * hundredth; percentiles of percentiles they are not.
 */
import { logHistogramBin, logHistogramValue } from '@maille/base/statistics/log-histogram';
import { RTT_UNIT_NS } from '@maille/wire/link/samples';
import type { Rollup, RollupSketch } from './rollup.ts';

export interface MergedRtts {
  addSample(rtt10ns: number): void;
  addRollup(rollup: Rollup): void;
  addSketch(sketch: RollupSketch): void;
  /** Ascending quantiles, in nanoseconds; NaN where nothing was added. */
  quantilesNs(qs: readonly number[]): number[];
}

const SPARE_BINS = 16;

export function createMergedRtts(): MergedRtts {
  // Most pairs answer within a factor of ten: a hundred bins, as an array, with room at both ends.
  let counts = new Float32Array(0);
  let first = 0;
  let total = 0;
  let least = Number.POSITIVE_INFINITY;
  let most = 0;

  const makeRoom = (low: number, high: number) => {
    if (counts.length > 0 && low >= first && high < first + counts.length) return;
    const start = counts.length === 0 ? Math.max(0, low - SPARE_BINS) : Math.min(first, low);
    const end = Math.max(first + counts.length, high + SPARE_BINS);
    const larger = new Float32Array(end - start);
    if (counts.length > 0) larger.set(counts, first - start);
    counts = larger;
    first = start;
  };
  const spread = (low: number, high: number, amount: number) => {
    const share = amount / (high - low + 1);
    for (let bin = low - first; bin <= high - first; bin++) counts[bin] = (counts[bin] as number) + share;
  };
  const bound = (low: number, high: number) => {
    least = Math.min(least, low);
    most = Math.max(most, high);
  };

  return {
    addSample(rtt) {
      const bin = logHistogramBin(rtt);
      makeRoom(bin, bin);
      spread(bin, bin, 1);
      bound(rtt, rtt);
      total++;
    },
    addRollup({ replies, min, p25, p50, p75, p95, p99, max }) {
      if (Number.isNaN(min)) return;
      const [b0, b25, b50] = [logHistogramBin(min), logHistogramBin(p25), logHistogramBin(p50)];
      const [b75, b95, b99, b100] = [p75, p95, p99, max].map(logHistogramBin) as [
        number,
        number,
        number,
        number,
      ];
      makeRoom(b0, b100);
      spread(b0, b25, replies * 0.25);
      spread(b25, b50, replies * 0.25);
      spread(b50, b75, replies * 0.25);
      spread(b75, b95, replies * 0.2);
      spread(b95, b99, replies * 0.04);
      spread(b99, b100, replies * 0.01);
      bound(min, max);
      total += replies;
    },
    addSketch({ rtts }) {
      for (const [bin, count] of rtts) {
        makeRoom(bin, bin);
        spread(bin, bin, count);
        bound(logHistogramValue(bin), logHistogramValue(bin));
        total += count;
      }
    },
    quantilesNs(qs) {
      if (total === 0) return qs.map(() => Number.NaN);
      let seen = 0;
      let at = -1;
      return qs.map((q) => {
        const rank = q * (total - 1);
        while (seen <= rank && at < counts.length - 1) seen += counts[++at] as number;
        const rtt = Math.min(most, Math.max(least, logHistogramValue(first + at)));
        return Math.round(rtt) * RTT_UNIT_NS;
      });
    },
  };
}
