/** What the whole grid comes to, once every few seconds: for the words around it and for those who cannot see it. */
import { useEffect, useState } from 'react';
import { isLost, LEVEL_NONE, LEVEL_NOT_SENT, LEVEL_REFUSED } from '../samples/sample-level.ts';
import type { SampleSource } from '../samples/sample-source.ts';
import { emptySummary } from '../samples/sample-window.ts';

export interface GridSummary {
  total: number;
  answering: number;
  /** Nothing comes back; those that refuse are counted apart. */
  silent: number;
  /** The newest connection was refused. */
  refusing: number;
  /** The newest probe could not be sent. */
  notSent: number;
  /** Answer now, lost some within the minute. */
  lossy: number;
  /** No sample within the minute. */
  empty: number;
  /** Answer, and what is usual for them is not known yet. */
  learning: number;
  [other: string]: number;
}

const PERIOD_MS = 2_000;
/** What was there before a page opened comes in pieces: so long it is counted again and again. */
const SETTLING_MS = 10_000;
const SETTLING_PERIOD_MS = 250;

export function summarizeGrid(
  targetIds: Iterable<number>,
  source: SampleSource,
  agent: number | undefined,
): GridSummary {
  const result: GridSummary = {
    ...{ total: 0, answering: 0, silent: 0, refusing: 0, notSent: 0, lossy: 0, empty: 0, learning: 0 },
  };
  const summary = emptySummary();
  for (const id of targetIds) {
    result.total++;
    source.window.summarize(source.window.indexOf(id), summary, agent);
    if (summary.level === LEVEL_NONE) result.empty++;
    else if (summary.level === LEVEL_NOT_SENT) result.notSent++;
    else if (summary.level === LEVEL_REFUSED) result.refusing++;
    else if (isLost(summary.level)) result.silent++;
    else {
      result.answering++;
      if (Number.isNaN(summary.deviation)) result.learning++;
      if (summary.lost > 0) result.lossy++;
    }
  }
  return result;
}

export function useGridSummary(
  targets: ReadonlyMap<number, unknown>,
  source: SampleSource,
  agent: number | undefined,
): GridSummary {
  const [summary, setSummary] = useState(() => summarizeGrid(targets.keys(), source, agent));
  useEffect(() => {
    const update = () => {
      const next = summarizeGrid(targets.keys(), source, agent);
      setSummary((before) => (Object.keys(next).every((key) => before[key] === next[key]) ? before : next));
      return next;
    };
    update();
    const timer = setInterval(update, PERIOD_MS);
    // At once where samples come for the first time: nobody waits for the next turn.
    const beganMs = performance.now();
    let countedMs = 0;
    let empty = true;
    const end = source.subscribe(() => {
      const nowMs = performance.now();
      if (nowMs - beganMs > SETTLING_MS || (!empty && nowMs - countedMs < SETTLING_PERIOD_MS)) return;
      countedMs = nowMs;
      const { total, empty: left } = update();
      empty = left === total;
    });
    return () => {
      clearInterval(timer);
      end();
    };
  }, [targets, source, agent]);
  return summary;
}
