/**
 * The figures of a whole window, of one target or several, the same in every series engine. Percentiles are
 * taken of samples, all together, while there are samples to take them of; beyond, of the hours' sketches,
 * which add up; never of other percentiles.
 * Jitter over a window is the mean of |D|, which RFC 3550's J is the running mean of: so it adds up.
 */
import {
  LOG_HISTOGRAM_RELATIVE_ERROR,
  type LogHistogram,
  logHistogramQuantile,
  mergeLogHistogram,
} from '@maille/base/statistics/log-histogram';
import { quantileOfSorted } from '@maille/base/statistics/quantiles';
import { countsAsSent, OUTCOME_REPLY, outcomes, RTT_UNIT_NS } from '@maille/wire/link/samples';
import { isCharted, type Rollup, type RollupSketch, type SampleColumns } from './rollup.ts';
import { ROUNDED_RELATIVE_ERROR, type WindowStatistics } from './series-store.ts';

export interface SampleStatistics {
  /** All samples of one target by one agent in the window, in the order of their sending. */
  add(columns: SampleColumns, count: number): void;
  result(fromMs: number, toMs: number, relativeError: number): WindowStatistics;
}

export function createSampleStatistics(): SampleStatistics {
  const byOutcome = new Float64Array(outcomes.length);
  let rtts = new Float64Array(4_096);
  let charted = 0;
  let steps = 0;
  let stepSum = 0;

  return {
    add(columns, count) {
      if (charted + count > rtts.length) {
        const larger = new Float64Array(2 * (charted + count));
        larger.set(rtts);
        rtts = larger;
      }
      let last = Number.NaN;
      for (let i = 0; i < count; i++) {
        const outcome = columns.outcomes[i] as number;
        byOutcome[outcome] = (byOutcome[outcome] as number) + 1;
        if (!isCharted(outcome, columns.codes[i] as number)) continue;
        const rtt = columns.rtts10ns[i] as number;
        rtts[charted++] = rtt;
        if (!Number.isNaN(last)) {
          stepSum += Math.abs(rtt - last);
          steps++;
        }
        last = rtt;
      }
    },
    result(fromMs, toMs, relativeError) {
      const sorted = rtts.subarray(0, charted).sort();
      const at = (q: number) => Math.round(quantileOfSorted(sorted, q)) * RTT_UNIT_NS;
      return {
        ...countsOf(byOutcome),
        fromMs,
        toMs,
        source: 'samples',
        relativeError,
        minNs: at(0),
        p25Ns: at(0.25),
        p50Ns: at(0.5),
        p75Ns: at(0.75),
        p95Ns: at(0.95),
        p99Ns: at(0.99),
        maxNs: at(1),
        jitterNs: steps === 0 ? Number.NaN : (stepSum / steps) * RTT_UNIT_NS,
      };
    },
  };
}

export interface SketchStatistics {
  addCounts(rollup: Rollup): void;
  /** Of the same hour. One that is missing leaves the percentiles without a bound, and the answer says so. */
  addSketch(sketch: RollupSketch): void;
  result(fromMs: number, toMs: number): WindowStatistics;
}

/** Merged from hours: counts, minimum and maximum exact, percentiles within the sketches' error. */
export function createSketchStatistics(): SketchStatistics {
  const byOutcome = new Float64Array(outcomes.length);
  const rtts: LogHistogram = new Map();
  let sent = 0;
  let replies = 0;
  let min = Number.NaN;
  let max = Number.NaN;
  let steps = 0;
  let stepSum = 0;
  let answeredHours = 0;
  let sketches = 0;
  let rounded = false;
  return {
    addCounts(rollup) {
      sent += rollup.sent;
      replies += rollup.replies;
      rollup.outcomes?.forEach((count, outcome) => {
        byOutcome[outcome] = (byOutcome[outcome] as number) + count;
      });
      if (Number.isNaN(rollup.min)) return;
      min = Number.isNaN(min) ? rollup.min : Math.min(min, rollup.min);
      max = Number.isNaN(max) ? rollup.max : Math.max(max, rollup.max);
      answeredHours++;
    },
    addSketch(sketch) {
      if (sketch.rtts.size > 0) sketches++;
      rounded ||= sketch.rounded;
      mergeLogHistogram(rtts, sketch.rtts);
      steps += sketch.steps;
      stepSum += sketch.stepSum;
    },
    result(fromMs, toMs) {
      const at = (q: number) =>
        Math.round(Math.min(max, Math.max(min, logHistogramQuantile(rtts, q)))) * RTT_UNIT_NS;
      return {
        fromMs,
        toMs,
        source: 'sketches',
        relativeError:
          sketches < answeredHours
            ? Number.NaN
            : LOG_HISTOGRAM_RELATIVE_ERROR + (rounded ? ROUNDED_RELATIVE_ERROR : 0),
        sent,
        replies,
        outcomes: byOutcome,
        minNs: min * RTT_UNIT_NS,
        p25Ns: at(0.25),
        p50Ns: at(0.5),
        p75Ns: at(0.75),
        p95Ns: at(0.95),
        p99Ns: at(0.99),
        maxNs: max * RTT_UNIT_NS,
        jitterNs: steps === 0 ? Number.NaN : (stepSum / steps) * RTT_UNIT_NS,
      };
    },
  };
}

/** What was sent and what answered, from how often each outcome was. */
export function countsOf(byOutcome: Float64Array): Pick<WindowStatistics, 'sent' | 'replies' | 'outcomes'> {
  let sent = 0;
  byOutcome.forEach((count, outcome) => {
    if (countsAsSent(outcome)) sent += count;
  });
  return { sent, replies: byOutcome[OUTCOME_REPLY] as number, outcomes: byOutcome };
}
