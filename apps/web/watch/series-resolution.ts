/**
 * How fine a target's history is asked for. Bands need minutes; of a few minutes each probe says more.
 * Undefined: as fine as the server gives.
 */
import type { Series } from '@maille/wire/rest/targets';

const LEAST_FOR_BANDS_MS = 20 * 60_000;
const MINUTE_MS = 60_000;
/** What a chart can show. */
const GOOD_ROWS = 4_000;

export function canShowEachProbe(fromMs: number, toMs: number, intervalMs: number): boolean {
  return (toMs - fromMs) / intervalMs <= GOOD_ROWS;
}

export function seriesResolution(
  fromMs: number,
  toMs: number,
  { intervalMs, eachProbe }: { intervalMs: number; eachProbe: boolean },
): Series['resolution'] | undefined {
  const spanMs = toMs - fromMs;
  // A probe every few minutes makes no band of a minute.
  if (intervalMs >= MINUTE_MS) return undefined;
  if (canShowEachProbe(fromMs, toMs, intervalMs) && (eachProbe || spanMs < LEAST_FOR_BANDS_MS))
    return undefined;
  return spanMs / MINUTE_MS <= GOOD_ROWS ? 'minute' : 'hour';
}
