/** Reading one target: its samples, and rollups made of them where none are stored yet. */
import type { Log } from '@maille/base/log';
import { RTT_UNIT_NS } from '@maille/wire/link/samples';
import { type Rollup, rollUp, rollupSeries } from '../rollup.ts';
import type { RawSeries, RollupSeries } from '../series-store.ts';
import { agentsOf, readBlockRows } from './block-rows.ts';
import { decodeOrWarn } from './flush-journal.ts';
import { MINUTE_US } from './minute-groups.ts';
import type { OpenSamples } from './open-samples.ts';
import type { RecentBlocks } from './recent-blocks.ts';
import { decodeRollups } from './rollup-block.ts';
import { blockOf, lowOf } from './sample-block.ts';
import { MINUTE_MS, MINUTES_A_DAY, monthOf, type SeriesFiles } from './series-files.ts';
import type { SeriesIndex } from './series-index.ts';
import { createTimeSlice, type TimeSlice } from './time-slice.ts';

export interface ReadParts {
  files: SeriesFiles;
  index: SeriesIndex;
  recent: RecentBlocks;
  open: OpenSamples;
  staleDays: Set<number>;
  log: Log;
}

/** Samples of one target by one agent, in the order of their sending. */
interface Columns {
  sentUs: number[];
  rtts10ns: number[];
  outcomes: number[];
  codes: number[];
}

export async function readTargetRaw(
  parts: ReadParts,
  targetId: number,
  fromMs: number,
  toMs: number,
  agentNumber?: number,
): Promise<RawSeries[]> {
  const fromUs = Math.ceil(fromMs * 1_000);
  const toUs = Math.ceil(toMs * 1_000);
  const agents = await collect(parts, targetId, fromUs, toUs, agentNumber, createTimeSlice());
  return [...agents].map(([agent, columns]) => ({
    agentNumber: agent,
    count: columns.sentUs.length,
    sentAtMs: Float64Array.from(columns.sentUs, (us) => us / 1_000),
    outcomes: Uint8Array.from(columns.outcomes),
    codes: Uint8Array.from(columns.codes),
    rttsNs: Float64Array.from(columns.rtts10ns, (rtt) => rtt * RTT_UNIT_NS),
  }));
}

/** Agents ascending; those without a sample are left out. */
async function collect(
  parts: ReadParts,
  targetId: number,
  fromUs: number,
  toUs: number,
  onlyAgent: number | undefined,
  slice: TimeSlice,
): Promise<Map<number, Columns>> {
  const found = new Map<number, Columns>();
  const columnsOf = (agent: number): Columns => {
    let columns = found.get(agent);
    if (!columns) {
      columns = { sentUs: [], rtts10ns: [], outcomes: [], codes: [] };
      found.set(agent, columns);
    }
    return columns;
  };
  await eachStoredBlock(parts, targetId, fromUs, toUs, onlyAgent, slice, (minute, agent, data) => {
    const block = decodeOrWarn(data, parts.log, { minute, agent, targetId }, lowOf(targetId));
    if (!block || block.count === 0) return;
    const columns = columnsOf(agent);
    for (let i = 0; i < block.count; i++) {
      const sentUs = minute * MINUTE_US + (block.offsetsUs[i] as number);
      if (sentUs < fromUs || sentUs >= toUs) continue;
      columns.sentUs.push(sentUs);
      columns.rtts10ns.push(block.rtts10ns[i] as number);
      columns.outcomes.push(block.outcomes[i] as number);
      columns.codes.push(block.codes[i] as number);
    }
  });
  await parts.open.each(
    fromUs,
    toUs,
    targetId,
    ({ source, batch }, i, sentUs) => {
      if (onlyAgent !== undefined && source.agentNumber !== onlyAgent) return;
      const columns = columnsOf(source.agentNumber);
      columns.sentUs.push(sentUs);
      columns.rtts10ns.push(batch.rtts10ns[i] as number);
      columns.outcomes.push(batch.outcomes[i] as number);
      columns.codes.push(batch.codes[i] as number);
    },
    slice,
  );
  const agents = [...found].filter(([, columns]) => columns.sentUs.length > 0).sort(([a], [b]) => a - b);
  return new Map(agents.map(([agent, columns]) => [agent, inOrder(columns)]));
}

async function eachStoredBlock(
  { files, recent }: ReadParts,
  targetId: number,
  fromUs: number,
  toUs: number,
  onlyAgent: number | undefined,
  slice: TimeSlice,
  visit: (minute: number, agent: number, data: Uint8Array) => void,
): Promise<void> {
  const block = blockOf(targetId);
  const end = Math.ceil(toUs / MINUTE_US);
  const inMemory = Math.max(Math.floor(fromUs / MINUTE_US), recent.completeFrom);
  for (const [day, from, to] of daysOf(
    Math.floor(fromUs / MINUTE_US),
    Math.min(end, inMemory),
    files,
    'raw',
  )) {
    const rows = files.use('raw', day, (file) => {
      const agents = onlyAgent === undefined ? agentsOf(file) : [onlyAgent];
      return agents.flatMap((agent) =>
        readBlockRows(file, agent, block, from, to).map((row) => ({ ...row, agent })),
      );
    });
    for (const { minute, agent, data } of rows ?? []) {
      visit(minute, agent, data);
      if (slice.due()) await slice.pause();
    }
  }
  for (let minute = inMemory; minute < Math.min(end, recent.newest + 1); minute++) {
    for (const agent of recent.agents(minute)) {
      if (onlyAgent !== undefined && agent !== onlyAgent) continue;
      const data = recent.get(minute, agent, block);
      if (data) visit(minute, agent, data);
    }
  }
}

/** The days on disk that hold minutes of [from, to), each with its part of them. */
function daysOf(
  from: number,
  to: number,
  files: SeriesFiles,
  kind: 'raw' | 'rollup',
): [day: number, from: number, to: number][] {
  if (from >= to) return [];
  return files
    .periods(kind)
    .map((day): [number, number, number] => [
      day,
      Math.max(from, day * MINUTES_A_DAY),
      Math.min(to, (day + 1) * MINUTES_A_DAY),
    ])
    .filter(([, first, end]) => first < end);
}

function inOrder(columns: Columns): Columns {
  const { sentUs } = columns;
  let ordered = true;
  for (let i = 1; i < sentUs.length && ordered; i++)
    ordered = (sentUs[i - 1] as number) <= (sentUs[i] as number);
  if (ordered) return columns;
  const order = sentUs.map((_, i) => i).sort((a, b) => (sentUs[a] as number) - (sentUs[b] as number));
  const pick = (values: number[]) => order.map((i) => values[i] as number);
  return {
    sentUs: pick(sentUs),
    rtts10ns: pick(columns.rtts10ns),
    outcomes: pick(columns.outcomes),
    codes: pick(columns.codes),
  };
}

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
  const slice = createTimeSlice();
  const bucketMs = resolution === 'minute' ? MINUTE_MS : 60 * MINUTE_MS;
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
    const agents = await collect(parts, targetId, first * bucketUs, end * bucketUs, agentNumber, slice);
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
  const { files, index } = parts;
  const first = Math.max(from, index.rollupFloorDay * 24);
  for (const month of files.periods('hours')) {
    if (month < monthOf(first * 60 * MINUTE_MS) || month > monthOf(to * 60 * MINUTE_MS)) continue;
    const sql = 'select agent, hour, data from block where block = ? and hour >= ? and hour < ?';
    const rows = files.use(
      'hours',
      month,
      (file) =>
        file.read(sql).all(blockOf(targetId), first, to) as unknown as {
          agent: number;
          hour: number;
          data: Uint8Array;
        }[],
    );
    for (const { agent, hour, data } of rows ?? []) {
      const rollup = rollupIn(data, targetId, parts.log);
      if (rollup) put(agent, hour, rollup);
    }
    if (slice.due()) await slice.pause();
  }
}

function rollupIn(data: Uint8Array, targetId: number, log: Log): Rollup | undefined {
  try {
    return decodeRollups(data).get(lowOf(targetId));
  } catch (error) {
    log.error({ err: error, targetId }, 'a stored rollup is damaged and left out');
    return undefined;
  }
}

async function freshBuckets(
  { files, recent, open, staleDays }: ReadParts,
  targetId: number,
  resolution: 'minute' | 'hour',
  from: number,
  to: number,
  slice: TimeSlice,
): Promise<Set<number>> {
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
  for (const day of staleDays) {
    if ((day + 1) * 24 <= from || day * 24 >= to) continue;
    const sql = 'select distinct hour from stale_hour where block = ? and hour >= ? and hour < ?';
    const rows = files.use(
      'raw',
      day,
      (file) => file.read(sql).all(blockOf(targetId), from, to) as { hour: number }[],
    );
    for (const { hour } of rows ?? []) fresh.add(hour);
  }
  return fresh;
}

/** Numbers that follow each other, as [first, end). */
function runsOf(numbers: Set<number>): [first: number, end: number][] {
  const runs: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && last[1] === number) last[1] = number + 1;
    else runs.push([number, number + 1]);
  }
  return runs;
}
