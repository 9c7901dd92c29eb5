/**
 * The minutes of many targets at once: what a fast replay and a prefix's history show. They come from the
 * stored rollups of whole blocks; only what is in journals alone is made of its samples.
 */

import { RTT_UNIT_NS } from '@maille/wire/link/samples';
import { type Rollup, rollUp } from '../rollup.ts';
import type { MinutesOfMany } from '../series-store.ts';
import { agentsOf, type MinuteRow, readBlockRows, readMinuteRows } from './block-rows.ts';
import { MINUTE_US } from './minute-groups.ts';
import { decodeRollups } from './rollup-block.ts';
import { BLOCK_TARGETS, blockOf } from './sample-block.ts';
import type { SeriesFile } from './series-file.ts';
import { MINUTE_MS } from './series-files.ts';
import { collectTarget, daysOf, type ReadParts } from './target-samples.ts';
import { createTimeSlice, type TimeSlice } from './time-slice.ts';

/** Of fewer blocks than this each is looked up; of more the whole minute is read. */
const FEW_BLOCKS = 64;

/** agent → minute → target → rollup */
type Found = Map<number, Map<number, Map<number, Rollup>>>;

export async function readMinutes(
  parts: ReadParts,
  fromMs: number,
  toMs: number,
  targetIds: readonly number[] | undefined,
): Promise<MinutesOfMany[]> {
  const slice = createTimeSlice();
  const from = Math.max(Math.floor(fromMs / MINUTE_MS), parts.index.rollupFloorDay * 1_440);
  const to = Math.ceil(toMs / MINUTE_MS);
  const wanted = targetIds && new Set(targetIds);
  const found: Found = new Map();
  const put = (agent: number, minute: number, targetId: number, rollup: Rollup) => {
    const minutes = found.get(agent) ?? new Map<number, Map<number, Rollup>>();
    found.set(agent, minutes);
    const targets = minutes.get(minute) ?? new Map<number, Rollup>();
    minutes.set(minute, targets);
    targets.set(targetId, rollup);
  };

  for (const [day, first, end] of daysOf(from, to, parts.files, 'rollup')) {
    for (let minute = first; minute < end; minute++) {
      const rows = parts.files.use('rollup', day, (file) => rowsOf(file, minute, targetIds));
      for (const { agent, block, data } of rows ?? []) {
        for (const [low, rollup] of rollupsIn(parts, minute, agent, block, data)) {
          const targetId = block * BLOCK_TARGETS + low;
          if (!wanted || wanted.has(targetId)) put(agent, minute, targetId, rollup);
        }
        if (slice.due()) await slice.pause();
      }
    }
  }
  await addOpen(parts, from, to, wanted, put, slice);
  return [...found].sort(([a], [b]) => a - b).map(([agent, minutes]) => columnsOf(agent, minutes));
}

function rowsOf(file: SeriesFile, minute: number, targetIds: readonly number[] | undefined): MinuteRow[] {
  const blocks = targetIds && [...new Set(targetIds.map(blockOf))];
  if (!blocks || blocks.length > FEW_BLOCKS) return readMinuteRows(file, minute);
  return agentsOf(file).flatMap((agent) =>
    blocks.flatMap((block) =>
      readBlockRows(file, agent, block, minute, minute + 1).map(({ data }) => ({ agent, block, data })),
    ),
  );
}

function rollupsIn(parts: ReadParts, minute: number, agent: number, block: number, data: Uint8Array) {
  try {
    return decodeRollups(data);
  } catch (error) {
    parts.log.error({ err: error, minute, agent, block }, 'a stored rollup is damaged and left out');
    return [];
  }
}

/** Minutes with samples that are in journals only: of all their samples, wherever those are. */
async function addOpen(
  parts: ReadParts,
  from: number,
  to: number,
  wanted: ReadonlySet<number> | undefined,
  put: (agent: number, minute: number, targetId: number, rollup: Rollup) => void,
  slice: TimeSlice,
): Promise<void> {
  const fresh = new Map<number, Set<number>>();
  await parts.open.each(
    from * MINUTE_US,
    to * MINUTE_US,
    undefined,
    ({ batch }, i, sentUs) => {
      const targetId = batch.targetIds[i] as number;
      if (wanted && !wanted.has(targetId)) return;
      const minute = Math.floor(sentUs / MINUTE_US);
      const targets = fresh.get(minute) ?? new Set<number>();
      fresh.set(minute, targets);
      targets.add(targetId);
    },
    slice,
  );
  for (const [minute, targets] of fresh) {
    for (const targetId of targets) {
      const [first, end] = [minute * MINUTE_US, (minute + 1) * MINUTE_US];
      const agents = await collectTarget(parts, targetId, first, end, undefined, slice);
      for (const [agent, columns] of agents)
        put(agent, minute, targetId, rollUp(columns, 0, columns.sentUs.length));
      if (slice.due()) await slice.pause();
    }
  }
}

function columnsOf(agentNumber: number, minutes: Map<number, Map<number, Rollup>>): MinutesOfMany {
  let count = 0;
  for (const targets of minutes.values()) count += targets.size;
  const columns: MinutesOfMany = {
    agentNumber,
    count,
    minutes: new Uint32Array(count),
    targetIds: new Uint32Array(count),
    sent: new Uint32Array(count),
    replies: new Uint32Array(count),
    p50Ns: new Float64Array(count),
  };
  let at = 0;
  for (const [minute, targets] of [...minutes].sort(([a], [b]) => a - b)) {
    for (const [targetId, rollup] of [...targets].sort(([a], [b]) => a - b)) {
      columns.minutes[at] = minute;
      columns.targetIds[at] = targetId;
      columns.sent[at] = rollup.sent;
      columns.replies[at] = rollup.replies;
      columns.p50Ns[at] = rollup.p50 * RTT_UNIT_NS;
      at++;
    }
  }
  return columns;
}
