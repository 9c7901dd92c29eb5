/** A window's figures as the API says them, and which windows can be asked for at all. */
import { Problem } from '@maille/base/problem';
import type { WindowStatistics } from '@maille/store/series/series-store';
import { outcomes } from '@maille/wire/link/samples';
import type { Statistics } from '@maille/wire/rest/targets';

const MAX_WINDOW_MS = 3_660 * 86_400_000;
/** Samples of clocks that run ahead are kept up to here (store). */
const MAX_AHEAD_MS = 86_400_000;

export function requireWindow(fromMs: number, toMs: number, nowMs: number): void {
  if (toMs <= fromMs) throw new Problem('invalid', 'the window ends before it begins', { field: '/toMs' });
  if (fromMs > nowMs)
    throw new Problem('invalid', 'the window lies in the future: nothing was measured there', {
      field: '/fromMs',
    });
  if (toMs > nowMs + MAX_AHEAD_MS)
    throw new Problem('invalid', 'the window ends more than a day in the future', { field: '/toMs' });
  if (toMs - fromMs > MAX_WINDOW_MS)
    throw new Problem('too-large', 'a window is at most ten years long', { field: '/fromMs' });
}

export function statisticsOf(found: WindowStatistics): Statistics {
  return {
    fromMs: found.fromMs,
    toMs: found.toMs,
    source: found.source,
    relativeError: nullable(found.relativeError),
    sent: found.sent,
    replies: found.replies,
    lossRatio: found.sent === 0 ? null : 1 - found.replies / found.sent,
    outcomes: Object.fromEntries(
      outcomes.map((outcome, i) => [outcome, found.outcomes[i]]),
    ) as Statistics['outcomes'],
    minNs: nullable(found.minNs),
    p25Ns: nullable(found.p25Ns),
    p50Ns: nullable(found.p50Ns),
    p75Ns: nullable(found.p75Ns),
    p95Ns: nullable(found.p95Ns),
    p99Ns: nullable(found.p99Ns),
    maxNs: nullable(found.maxNs),
    jitterNs: nullable(found.jitterNs),
  };
}

const nullable = (value: number): number | null => (Number.isNaN(value) ? null : value);
