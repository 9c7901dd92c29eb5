/**
 * What every agent saw of some targets over a window. All against all is thousands of pairs, and the samples
 * of an hour of them millions. So it is made of what is stored beside the samples: whole hours of their
 * rollups and sketches, the rest of minutes; what is in journals alone adds its samples.
 */
import { countsAsSent, OUTCOME_REPLY } from '@maille/wire/link/samples';
import { createMergedRtts, type MergedRtts } from '../merged-rtts.ts';
import { isCharted, type RollupSketch } from '../rollup.ts';
import type { AgentStatistics, SeriesStore } from '../series-store.ts';
import { MINUTES_AN_HOUR } from './closed-rows.ts';
import { MINUTE_US } from './minute-groups.ts';
import { byBlock, soundOr } from './read-statistics.ts';
import { BLOCK_TARGETS, lowOf } from './sample-block.ts';
import { MINUTE_MS, MINUTES_A_DAY } from './series-files.ts';
import { decodeSketches } from './sketch-block.ts';
import { eachStoredHour, eachStoredRollup } from './stored-rollups.ts';
import { staleHours } from './target-rollups.ts';
import type { ReadParts } from './target-samples.ts';
import { createTimeSlice, type TimeSlice } from './time-slice.ts';

interface PairFigures {
  sent: number;
  replies: number;
  rtts: MergedRtts;
}
type FiguresOf = (targetId: number, agent: number) => PairFigures;

/** So many hours of a block are in memory at once. */
const HOURS_AT_ONCE = 24;

export async function readStatisticsByAgent(
  parts: ReadParts,
  targetIds: readonly number[],
  fromMs: number,
  toMs: number,
): ReturnType<SeriesStore['readStatisticsByAgent']> {
  const slice = createTimeSlice();
  const from = Math.max(Math.floor(fromMs / MINUTE_MS), parts.index.rollupFloorDay * MINUTES_A_DAY);
  const to = Math.max(from, Math.ceil(toMs / MINUTE_MS));
  const targets = new Map([...new Set(targetIds)].map((id) => [id, new Map<number, PairFigures>()]));
  const figuresOf: FiguresOf = (targetId, agent) => {
    const agents = targets.get(targetId) as Map<number, PairFigures>;
    let figures = agents.get(agent);
    if (!figures) {
      figures = { sent: 0, replies: 0, rtts: createMergedRtts() };
      agents.set(agent, figures);
    }
    return figures;
  };

  for (const [block, ids] of byBlock(targetIds)) {
    const lows = new Set(ids.map(lowOf));
    const [firstHour, endHour] = [Math.ceil(from / MINUTES_AN_HOUR), Math.floor(to / MINUTES_AN_HOUR)];
    const stale = staleHours(parts, block, firstHour, endHour);
    let done = from;
    for (let hour = firstHour; hour < endHour; ) {
      let end = hour;
      while (end < endHour && end < hour + HOURS_AT_ONCE && !stale.has(end)) end++;
      if (end === hour) {
        hour++;
        continue;
      }
      await addMinutes(parts, block, lows, done, hour * MINUTES_AN_HOUR, figuresOf, slice);
      await addHours(parts, block, lows, hour, end, figuresOf, slice);
      done = end * MINUTES_AN_HOUR;
      hour = end;
    }
    await addMinutes(parts, block, lows, done, to, figuresOf, slice);
  }
  await addOpen(parts, from, to, targets, figuresOf, slice);
  return { fromMs: from * MINUTE_MS, toMs: to * MINUTE_MS, rows: rowsOf(targets) };
}

async function addMinutes(
  parts: ReadParts,
  block: number,
  lows: ReadonlySet<number>,
  from: number,
  to: number,
  figuresOf: FiguresOf,
  slice: TimeSlice,
): Promise<void> {
  const range = { resolution: 'minute', block, onlyLow: onlyOf(lows), from, to } as const;
  await eachStoredRollup(parts, range, slice, (agent, _, low, rollup) => {
    if (!lows.has(low)) return;
    const figures = figuresOf(block * BLOCK_TARGETS + low, agent);
    figures.sent += rollup.sent;
    figures.replies += rollup.replies;
    figures.rtts.addRollup(rollup);
  });
}

async function addHours(
  parts: ReadParts,
  block: number,
  lows: ReadonlySet<number>,
  from: number,
  to: number,
  figuresOf: FiguresOf,
  slice: TimeSlice,
): Promise<void> {
  const sketches = new Map<string, Map<number, RollupSketch>>();
  await eachStoredHour(parts, 'sketch', block, from, to, slice, (agent, hour, data) => {
    const sound = soundOr(parts, 'sketch', () => decodeSketches(data, lows));
    if (sound) sketches.set(`${agent} ${hour}`, sound);
  });
  const range = { resolution: 'hour', block, onlyLow: onlyOf(lows), from, to } as const;
  await eachStoredRollup(parts, range, slice, (agent, hour, low, rollup) => {
    if (!lows.has(low)) return;
    const figures = figuresOf(block * BLOCK_TARGETS + low, agent);
    figures.sent += rollup.sent;
    figures.replies += rollup.replies;
    const sketch = sketches.get(`${agent} ${hour}`)?.get(low);
    // Hours from before there were sketches have quantiles, as minutes do.
    if (sketch) figures.rtts.addSketch(sketch);
    else figures.rtts.addRollup(rollup);
  });
}

const onlyOf = (lows: ReadonlySet<number>): number | undefined =>
  lows.size === 1 ? [...lows][0] : undefined;

/** What is not in the day files is in no rollup either, and comes on top. */
async function addOpen(
  { open }: ReadParts,
  from: number,
  to: number,
  wanted: ReadonlyMap<number, unknown>,
  figuresOf: FiguresOf,
  slice: TimeSlice,
): Promise<void> {
  await open.each(
    from * MINUTE_US,
    to * MINUTE_US,
    undefined,
    ({ source, batch }, i) => {
      const targetId = batch.targetIds[i] as number;
      if (!wanted.has(targetId)) return;
      const figures = figuresOf(targetId, source.agentNumber);
      const outcome = batch.outcomes[i] as number;
      if (countsAsSent(outcome)) figures.sent++;
      if (outcome === OUTCOME_REPLY) figures.replies++;
      if (isCharted(outcome, batch.codes[i] as number)) figures.rtts.addSample(batch.rtts10ns[i] as number);
    },
    slice,
  );
}

function rowsOf(targets: ReadonlyMap<number, Map<number, PairFigures>>): AgentStatistics[] {
  return [...targets]
    .sort(([a], [b]) => a - b)
    .flatMap(([targetId, agents]) =>
      [...agents]
        .filter(([, { sent }]) => sent > 0)
        .sort(([a], [b]) => a - b)
        .map(([agentNumber, { sent, replies, rtts }]) => {
          const [p50Ns, p95Ns] = rtts.quantilesNs([0.5, 0.95]) as [number, number];
          return { targetId, agentNumber, sent, replies, p50Ns, p95Ns };
        }),
    );
}
