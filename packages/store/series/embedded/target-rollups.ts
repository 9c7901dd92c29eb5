/** Reading one target's rollups: as they are stored, and made of the samples where they are newer. */
import type { Log } from '@maille/base/log';
import { type Rollup, rollUp, rollupSeries } from '../rollup.ts';
import type { RollupSeries } from '../series-store.ts';
import { agentsOf, readBlockRows } from './block-rows.ts';
import { MINUTE_US } from './minute-groups.ts';
import { decodeRollups } from './rollup-block.ts';
import { blockOf, lowOf } from './sample-block.ts';
import { MINUTE_MS, MINUTES_A_DAY, monthOf } from './series-files.ts';
import { collectTarget, daysOf, type ReadParts } from './target-samples.ts';
import { createTimeSlice, type TimeSlice } from './time-slice.ts';

/** agent → bucket number since the epoch → rollup */
type Rollups = Map<number, Map<number, Rollup>>;

export async function readTargetRollup(
  parts: ReadParts,
  targetId: number,
  resolution: 'minute' | 'hour',
  fromMs: number,
  toMs: number,
  agentNumber?: number,
): Promise<RollupSeries[]> {
  const bucketMs = resolution === 'minute' ? MINUTE_MS : 60 * MINUTE_MS;
  const slice = createTimeSlice();
  const from = Math.floor(fromMs / bucketMs);
  const to = Math.ceil(toMs / bucketMs);
  const rollups: Rollups = new Map();
  const wanted = (agent: number) => agentNumber === undefined || agent === agentNumber;
  const put = (agent: number, bucket: number, rollup: Rollup) => {
    if (!wanted(agent)) return;
    const buckets = rollups.get(agent) ?? new Map<number, Rollup>();
    rollups.set(agent, buckets);
    buckets.set(bucket, rollup);
  };
  if (resolution === 'minute') await readStoredMinutes(parts, targetId, from, to, put, slice);
  else await readStoredHours(parts, targetId, from, to, put, slice);

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
        put(agent, bucket, rollUp(columns, start, i));
      }
      if (slice.due()) await slice.pause();
    }
  }
  return [...rollups]
    .sort(([a], [b]) => a - b)
    .map(([agent, buckets]) =>
      rollupSeries(
        agent,
        [...buckets]
          .sort(([a], [b]) => a - b)
          .map(([bucket, rollup]) => ({ startMs: bucket * bucketMs, rollup })),
      ),
    );
}

type PutRollup = (agent: number, bucket: number, rollup: Rollup) => void;

async function readStoredMinutes(
  parts: ReadParts,
  targetId: number,
  from: number,
  to: number,
  put: PutRollup,
  slice: TimeSlice,
): Promise<void> {
  const { files, recent, index } = parts;
  const block = blockOf(targetId);
  const first = Math.max(from, index.rollupFloorDay * MINUTES_A_DAY);
  for (const [day, start, end] of daysOf(first, Math.min(to, recent.completeFrom), files, 'rollup')) {
    const rows = files.use('rollup', day, (file) =>
      agentsOf(file).flatMap((agent) =>
        readBlockRows(file, agent, block, start, end).map((row) => ({ ...row, agent })),
      ),
    );
    for (const { minute, agent, data } of rows ?? []) {
      const rollup = rollupIn(data, targetId, parts.log);
      if (rollup) put(agent, minute, rollup);
    }
    if (slice.due()) await slice.pause();
  }
}

async function readStoredHours(
  parts: ReadParts,
  targetId: number,
  from: number,
  to: number,
  put: PutRollup,
  slice: TimeSlice,
): Promise<void> {
  await eachStoredHour(parts, 'block', blockOf(targetId), from, to, slice, (agent, hour, data) => {
    const rollup = rollupIn(data, targetId, parts.log);
    if (rollup) put(agent, hour, rollup);
  });
}

/** The rows of a block's hours [from, to): its rollups, or its sketches. */
export async function eachStoredHour(
  { files, index }: ReadParts,
  table: 'block' | 'sketch',
  block: number,
  from: number,
  to: number,
  slice: TimeSlice,
  visit: (agent: number, hour: number, data: Uint8Array) => void,
): Promise<void> {
  const first = Math.max(from, index.rollupFloorDay * 24);
  for (const month of files.periods('hours')) {
    if (month < monthOf(first * 60 * MINUTE_MS) || month > monthOf(to * 60 * MINUTE_MS)) continue;
    const sql = `select agent, hour, data from ${table} where block = ? and hour >= ? and hour < ?`;
    const rows = files.use(
      'hours',
      month,
      (file) =>
        file.read(sql).all(block, first, to) as unknown as {
          agent: number;
          hour: number;
          data: Uint8Array;
        }[],
    );
    for (const { agent, hour, data } of rows ?? []) {
      visit(agent, hour, data);
      if (slice.due()) await slice.pause();
    }
  }
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
