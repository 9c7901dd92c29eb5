/**
 * The minutes of many targets at once: what a fast replay and a prefix's history show. They come from the
 * stored rollups of whole blocks; only what is in journals alone is made of its samples.
 */

import { RTT_UNIT_NS } from '@maille/wire/link/samples';
import { type Rollup, rollUp } from '../rollup.ts';
import type { MinutesOfMany } from '../series-store.ts';
import { agentsOf, type MinuteRow, readBlockRows, readMinuteRows } from './block-rows.ts';
import { createClosedRollupsReader, hourOfMinutes } from './closed-rollups.ts';
import { closedBlocksOf, hourOf, isClosed, MINUTES_AN_HOUR, readClosedRow } from './closed-rows.ts';
import { MINUTE_US } from './minute-groups.ts';
import { decodeRollups } from './rollup-block.ts';
import { countsAt, keepRows } from './rollup-columns.ts';
import { BLOCK_TARGETS, blockOf } from './sample-block.ts';
import type { SeriesFile } from './series-file.ts';
import { MINUTE_MS } from './series-files.ts';
import { collectTarget, daysOf, type ReadParts } from './target-samples.ts';
import { createTimeSlice, type TimeSlice } from './time-slice.ts';

/** Of fewer blocks than this each is looked up; of more the whole minute is read. */
const FEW_BLOCKS = 64;

type MinuteFigures = Pick<Rollup, 'sent' | 'replies' | 'p50'>;
/** agent → minute → target → figures */
type Found = Map<number, Map<number, Map<number, MinuteFigures>>>;
type PutMinute = (agent: number, minute: number, targetId: number, figures: MinuteFigures) => void;

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
  let rounded = false;
  const put: PutMinute = (agent, minute, targetId, figures) => {
    if (wanted && !wanted.has(targetId)) return;
    const minutes = found.get(agent) ?? new Map<number, Map<number, MinuteFigures>>();
    found.set(agent, minutes);
    const targets = minutes.get(minute) ?? new Map<number, MinuteFigures>();
    minutes.set(minute, targets);
    targets.set(targetId, figures);
  };

  for (const [day, first, end] of daysOf(from, to, parts.files, 'rollup')) {
    if (await putClosed(parts, day, first, end, targetIds, put, slice)) rounded = true;
    // Of the same minute, these are newer.
    for (let minute = first; minute < end; minute++) {
      const rows = parts.files.use('rollup', day, (file) => rowsOf(file, minute, targetIds));
      for (const { agent, block, data } of rows ?? []) {
        for (const [low, rollup] of rollupsIn(parts, minute, agent, block, data))
          put(agent, minute, block * BLOCK_TARGETS + low, rollup);
        if (slice.due()) await slice.pause();
      }
    }
  }
  await addOpen(parts, from, to, wanted, put, slice);
  const precision = rounded ? 'rounded' : 'exact';
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([agent, minutes]) => ({ ...columnsOf(agent, minutes), precision }));
}

/** What is closed of a day's minutes [from, to). True where there is any. */
async function putClosed(
  { files, log }: ReadParts,
  day: number,
  from: number,
  to: number,
  targetIds: readonly number[] | undefined,
  put: PutMinute,
  slice: TimeSlice,
): Promise<boolean> {
  const read = createClosedRollupsReader(hourOfMinutes);
  let any = false;
  for (let hour = hourOf(from); hour * MINUTES_AN_HOUR < to; hour++) {
    const first = hour * MINUTES_AN_HOUR;
    const places = files.use('rollup', day, (file) => closedPlaces(file, hour, targetIds)) ?? [];
    for (const { agent, block } of places) {
      const data = files.use('rollup', day, (file) => readClosedRow(file, hour, agent, block));
      if (!data) continue;
      any = true;
      try {
        read(data, 'medians', undefined, (low, columns) => {
          keepRows(columns, from - first, to - first);
          for (let i = 0; i < columns.count; i++)
            put(agent, first + (columns.at[i] as number), block * BLOCK_TARGETS + low, {
              ...countsAt(columns, i),
              p50: columns.rtts.p50[i] as number,
            });
        });
      } catch (error) {
        log.error(
          { err: error, hour, agent, block },
          'stored minutes of a closed day are damaged and left out',
        );
      }
      if (slice.due()) await slice.pause();
    }
  }
  return any;
}

/** Of few blocks each is looked up, of more all that the hour has. */
function closedPlaces(file: SeriesFile, hour: number, targetIds: readonly number[] | undefined) {
  if (!isClosed(file)) return [];
  const blocks = targetIds && [...new Set(targetIds.map(blockOf))];
  if (!blocks || blocks.length > FEW_BLOCKS) return closedBlocksOf(file, hour);
  return agentsOf(file).flatMap((agent) => blocks.map((block) => ({ agent, block })));
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
  put: PutMinute,
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

function columnsOf(
  agentNumber: number,
  minutes: Map<number, Map<number, MinuteFigures>>,
): Omit<MinutesOfMany, 'precision'> {
  let count = 0;
  for (const targets of minutes.values()) count += targets.size;
  const columns = {
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
