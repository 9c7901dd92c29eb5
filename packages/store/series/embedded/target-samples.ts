/** Reading one target's samples: from the day files, the last hour in memory, and what is in journals only. */
import type { Log } from '@maille/base/log';
import { RTT_UNIT_NS } from '@maille/wire/link/samples';
import type { RawSeries } from '../series-store.ts';
import { agentsOf, readBlockRows } from './block-rows.ts';
import { hourOrWarn, MINUTES_AN_HOUR, minuteOrWarn, readClosedRows } from './closed-rows.ts';
import { MINUTE_US } from './minute-groups.ts';
import type { OpenSamples } from './open-samples.ts';
import type { RecentBlocks } from './recent-blocks.ts';
import { type BlockSamples, blockOf, lowOf } from './sample-block.ts';
import { MINUTES_A_DAY, type SeriesFiles } from './series-files.ts';
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
export interface TargetColumns {
  sentUs: number[];
  rtts10ns: number[];
  outcomes: number[];
  codes: number[];
  /** Some of them are of closed hours. */
  rounded: boolean;
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
  const agents = await collectTarget(parts, targetId, fromUs, toUs, agentNumber, createTimeSlice());
  return [...agents].map(([agent, columns]) => ({
    agentNumber: agent,
    count: columns.sentUs.length,
    sentAtMs: Float64Array.from(columns.sentUs, (us) => us / 1_000),
    outcomes: Uint8Array.from(columns.outcomes),
    codes: Uint8Array.from(columns.codes),
    rttsNs: Float64Array.from(columns.rtts10ns, (rtt) => rtt * RTT_UNIT_NS),
    precision: columns.rounded ? 'rounded' : 'exact',
  }));
}

/** Agents ascending; those without a sample are left out. */
export async function collectTarget(
  parts: ReadParts,
  targetId: number,
  fromUs: number,
  toUs: number,
  onlyAgent: number | undefined,
  slice: TimeSlice,
): Promise<Map<number, TargetColumns>> {
  const found = new Map<number, TargetColumns>();
  const columnsOf = (agent: number): TargetColumns => {
    let columns = found.get(agent);
    if (!columns) {
      columns = { sentUs: [], rtts10ns: [], outcomes: [], codes: [], rounded: false };
      found.set(agent, columns);
    }
    return columns;
  };
  await eachStoredBlock(parts, targetId, fromUs, toUs, onlyAgent, slice, (startUs, agent, block, rounded) => {
    if (!block || block.count === 0) return;
    const columns = columnsOf(agent);
    for (let i = 0; i < block.count; i++) {
      const sentUs = startUs + (block.offsetsUs[i] as number);
      if (sentUs < fromUs || sentUs >= toUs) continue;
      columns.sentUs.push(sentUs);
      columns.rtts10ns.push(block.rtts10ns[i] as number);
      columns.outcomes.push(block.outcomes[i] as number);
      columns.codes.push(block.codes[i] as number);
      columns.rounded ||= rounded;
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
  { files, recent, log }: ReadParts,
  targetId: number,
  fromUs: number,
  toUs: number,
  onlyAgent: number | undefined,
  slice: TimeSlice,
  visit: (startUs: number, agent: number, samples: BlockSamples | undefined, rounded: boolean) => void,
): Promise<void> {
  const block = blockOf(targetId);
  const low = lowOf(targetId);
  const end = Math.ceil(toUs / MINUTE_US);
  const inMemory = Math.max(Math.floor(fromUs / MINUTE_US), recent.completeFrom);
  // Taken hold of before the first pause: time goes on meanwhile, and the oldest minute may leave.
  const held: { minute: number; agent: number; data: Uint8Array }[] = [];
  for (let minute = inMemory; minute < Math.min(end, recent.newest + 1); minute++) {
    for (const agent of recent.agents(minute)) {
      if (onlyAgent !== undefined && agent !== onlyAgent) continue;
      const data = recent.get(minute, agent, block);
      if (data) held.push({ minute, agent, data });
    }
  }
  for (const [day, from, to] of daysOf(
    Math.floor(fromUs / MINUTE_US),
    Math.min(end, inMemory),
    files,
    'raw',
  )) {
    const rows = files.use('raw', day, (file) => {
      const agents = onlyAgent === undefined ? agentsOf(file) : [onlyAgent];
      return {
        closed: agents.flatMap((agent) => readClosedRows(file, agent, block, from, to)),
        late: agents.flatMap((agent) =>
          readBlockRows(file, agent, block, from, to).map((row) => ({ ...row, agent })),
        ),
      };
    });
    for (const { hour, agent, data } of rows?.closed ?? []) {
      const firstMinute = hour * MINUTES_AN_HOUR;
      const part = {
        low,
        fromMinute: Math.max(0, from - firstMinute),
        toMinute: Math.min(MINUTES_AN_HOUR, to - firstMinute),
      };
      visit(firstMinute * MINUTE_US, agent, hourOrWarn(data, log, { hour, agent, targetId }, part), true);
      if (slice.due()) await slice.pause();
    }
    for (const { minute, agent, data } of rows?.late ?? []) {
      visit(minute * MINUTE_US, agent, minuteOrWarn(data, log, { minute, agent, targetId }, low), false);
      if (slice.due()) await slice.pause();
    }
  }
  for (const { minute, agent, data } of held) {
    visit(minute * MINUTE_US, agent, minuteOrWarn(data, log, { minute, agent, targetId }, low), false);
    if (slice.due()) await slice.pause();
  }
}

/** The days on disk that hold minutes of [from, to), each with its part of them. */
export function daysOf(
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

function inOrder(columns: TargetColumns): TargetColumns {
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
    rounded: columns.rounded,
  };
}
