/** Counts and round trips of some probes, added up: of a second, or of a step. */
import {
  addToLogHistogram,
  type LogHistogram,
  logHistogramQuantile,
} from '@maille/base/statistics/log-histogram';
import type { ExperimentStep } from '@maille/wire/experiment';
import {
  CODE_REPLY_FIRST,
  countsAsSent,
  OUTCOME_LOCAL_ERROR,
  OUTCOME_REPLY,
} from '@maille/wire/link/samples';

export interface Figures {
  readonly sent: number;
  readonly replies: number;
  add(outcome: number, code: number, rttNs: number): void;
  row(rate: number): Omit<ExperimentStep, 'step'>;
}

export function createFigures(): Figures {
  const rtts: LogHistogram = new Map();
  let sent = 0;
  let replies = 0;
  let notSent = 0;
  let maxNs = 0;
  const quantile = (q: number) => (rtts.size === 0 ? null : Math.round(logHistogramQuantile(rtts, q)));
  return {
    get sent() {
      return sent;
    },
    get replies() {
      return replies;
    },
    add(outcome, code, rttNs) {
      if (outcome === OUTCOME_LOCAL_ERROR) {
        notSent++;
        return;
      }
      if (!countsAsSent(outcome)) return;
      sent++;
      if (outcome !== OUTCOME_REPLY) return;
      replies++;
      // The first may have waited for the neighbour's address: that is not load.
      if (code === CODE_REPLY_FIRST) return;
      addToLogHistogram(rtts, rttNs);
      maxNs = Math.max(maxNs, rttNs);
    },
    row: (rate) => ({
      rate,
      sent,
      replies,
      lost: sent - replies,
      notSent,
      p50Ns: quantile(0.5),
      p95Ns: quantile(0.95),
      p99Ns: quantile(0.99),
      maxNs: rtts.size === 0 ? null : Math.round(maxNs),
    }),
  };
}
