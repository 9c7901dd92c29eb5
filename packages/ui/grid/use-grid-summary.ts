/** What the whole grid comes to, once every few seconds: for the words around it and for those who cannot see it. */
import { useEffect, useState } from 'react';
import { isLost, LEVEL_NONE } from '../samples/sample-level.ts';
import type { SampleSource } from '../samples/sample-source.ts';
import { emptySummary } from '../samples/sample-window.ts';

export interface GridSummary {
  total: number;
  answering: number;
  silent: number;
  /** Answer now, lost some within the minute. */
  lossy: number;
  /** No sample within the minute. */
  empty: number;
  /** Answer, and what is usual for them is not known yet. */
  learning: number;
  [other: string]: number;
}

const PERIOD_MS = 2_000;

export function summarizeGrid(
  targetIds: Iterable<number>,
  source: SampleSource,
  agent: number | undefined,
): GridSummary {
  const result = { total: 0, answering: 0, silent: 0, lossy: 0, empty: 0, learning: 0 };
  const summary = emptySummary();
  for (const id of targetIds) {
    result.total++;
    source.window.summarize(source.window.indexOf(id), summary, agent);
    if (summary.level === LEVEL_NONE) result.empty++;
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
    };
    update();
    const timer = setInterval(update, PERIOD_MS);
    // At once where samples or baselines come for the first time: nobody waits for the next turn.
    let first = true;
    const end = source.subscribe(() => {
      if (first) update();
      first = false;
    });
    return () => {
      clearInterval(timer);
      end();
    };
  }, [targets, source, agent]);
  return summary;
}
