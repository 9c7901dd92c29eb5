/** Reading one target's rollups: as they are stored, and made of the samples where they are newer. */
import type { Log } from '@maille/base/log';
import { type Rollup, rollUp } from '../rollup.ts';
import type { RollupSeries } from '../series-store.ts';
import { MINUTE_US } from './minute-groups.ts';
import { decodeRollups } from './rollup-block.ts';
import { createRollupBuilder, type RollupBuilder } from './rollup-builder.ts';
import { blockOf, lowOf } from './sample-block.ts';
import { HOUR_MS, MINUTE_MS } from './series-files.ts';
import { eachClosedRollup, eachRollupRow, type Resolution } from './stored-rollups.ts';
import { collectTarget, type ReadParts } from './target-samples.ts';
import { createTimeSlice, type TimeSlice } from './time-slice.ts';

export async function readTargetRollup(
  parts: ReadParts,
  targetId: number,
  resolution: Resolution,
  fromMs: number,
  toMs: number,
  agentNumber?: number,
): Promise<RollupSeries[]> {
  const bucketMs = resolution === 'minute' ? MINUTE_MS : HOUR_MS;
  const slice = createTimeSlice();
  const from = Math.floor(fromMs / bucketMs);
  const to = Math.ceil(toMs / bucketMs);
  const builders = new Map<number, RollupBuilder>();
  const isWanted = (agent: number) => agentNumber === undefined || agent === agentNumber;
  const builderOf = (agent: number): RollupBuilder => {
    let builder = builders.get(agent);
    if (!builder) {
      builder = createRollupBuilder(bucketMs);
      builders.set(agent, builder);
    }
    return builder;
  };

  const low = lowOf(targetId);
  // Minutes that are in memory alone are made of samples below.
  const storedTo = resolution === 'minute' ? Math.min(to, parts.recent.completeFrom) : to;
  const range = { resolution, block: blockOf(targetId), onlyLow: low, from, to: storedTo };
  await eachClosedRollup(parts, range, slice, (agent, first, _, columns) => {
    if (isWanted(agent)) builderOf(agent).add(first, columns, resolution === 'minute');
  });
  await eachRollupRow(parts, range, slice, (agent, bucket, data) => {
    const rollup = isWanted(agent) ? rollupIn(data, targetId, parts.log) : undefined;
    if (rollup) builderOf(agent).put(bucket, rollup);
  });

  // What is newer than the stored rollups is made of the samples themselves.
  const fresh = await freshBuckets(parts, targetId, resolution, from, to, slice);
  for (const [first, end] of runsOf(fresh)) {
    const bucketUs = bucketMs * 1_000;
    const agents = await collectTarget(parts, targetId, first * bucketUs, end * bucketUs, agentNumber, slice);
    for (const [agent, columns] of agents) {
      for (let i = 0; i < columns.sentUs.length; ) {
        const bucket = Math.floor((columns.sentUs[i] as number) / bucketUs);
        const start = i;
        while (i < columns.sentUs.length && (columns.sentUs[i] as number) < (bucket + 1) * bucketUs) i++;
        builderOf(agent).put(bucket, rollUp(columns, start, i));
      }
      if (slice.due()) await slice.pause();
    }
  }
  return [...builders].sort(([a], [b]) => a - b).map(([agent, builder]) => builder.finish(agent));
}

function rollupIn(data: Uint8Array, targetId: number, log: Log): Rollup | undefined {
  try {
    const low = lowOf(targetId);
    return decodeRollups(data, low).get(low);
  } catch (error) {
    log.error({ err: error, targetId }, 'a stored rollup is damaged and left out');
    return undefined;
  }
}

/** Those whose stored rollups are not there yet, or not all of it. */
export async function freshBuckets(
  parts: ReadParts,
  targetId: number,
  resolution: 'minute' | 'hour',
  from: number,
  to: number,
  slice: TimeSlice,
): Promise<Set<number>> {
  const { recent, open } = parts;
  const fresh = new Set<number>();
  const bucketUs = resolution === 'minute' ? MINUTE_US : 60 * MINUTE_US;
  await open.each(
    from * bucketUs,
    to * bucketUs,
    targetId,
    (_, __, sentUs) => void fresh.add(Math.floor(sentUs / bucketUs)),
    slice,
  );
  if (resolution === 'minute') {
    const end = Math.min(to, recent.newest + 1);
    for (let minute = Math.max(from, recent.completeFrom); minute < end; minute++) fresh.add(minute);
    return fresh;
  }
  for (const hour of staleHours(parts, blockOf(targetId), from, to)) fresh.add(hour);
  return fresh;
}

/** The hours [from, to) that some agent's samples of the block came for since they were rolled up, if they were. */
export function staleHours(
  { files, staleDays }: ReadParts,
  block: number,
  from: number,
  to: number,
): Set<number> {
  const stale = new Set<number>();
  const sql = 'select distinct hour from stale_hour where block = ? and hour >= ? and hour < ?';
  for (const day of staleDays) {
    if ((day + 1) * 24 <= from || day * 24 >= to) continue;
    const rows = files.use('raw', day, (file) => file.read(sql).all(block, from, to) as { hour: number }[]);
    for (const { hour } of rows ?? []) stale.add(hour);
  }
  return stale;
}

/** Numbers that follow each other, as [first, end). */
export function runsOf(numbers: Set<number>): [first: number, end: number][] {
  const runs: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && last[1] === number) last[1] = number + 1;
    else runs.push([number, number + 1]);
  }
  return runs;
}
