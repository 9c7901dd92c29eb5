/** The figures of a window, read from where its samples are. */

import { ROUNDED_RELATIVE_ERROR, type WindowStatistics } from '../series-store.ts';
import { createSampleStatistics } from '../window-statistics.ts';
import { collectTarget, type ReadParts } from './target-samples.ts';
import { createTimeSlice } from './time-slice.ts';

export async function readStatistics(
  parts: ReadParts,
  targetIds: readonly number[],
  fromMs: number,
  toMs: number,
  agentNumber?: number,
): Promise<WindowStatistics> {
  const slice = createTimeSlice();
  const statistics = createSampleStatistics();
  let rounded = false;
  for (const targetId of targetIds) {
    const agents = await collectTarget(
      parts,
      targetId,
      Math.ceil(fromMs * 1_000),
      Math.ceil(toMs * 1_000),
      agentNumber,
      slice,
    );
    for (const columns of agents.values()) {
      statistics.add(columns, columns.sentUs.length);
      rounded ||= columns.rounded;
    }
    if (slice.due()) await slice.pause();
  }
  return statistics.result(fromMs, toMs, rounded ? ROUNDED_RELATIVE_ERROR : 0);
}
