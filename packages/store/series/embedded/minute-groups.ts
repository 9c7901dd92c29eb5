/** Sorts a journal's samples into blocks: by day, minute, agent and block. */
import type { SampleBatch } from '@maille/wire/link/samples';
import type { JournalRecord } from './journal-record.ts';
import { type BlockSamples, blockOf, createBlockSamples, lowOf } from './sample-block.ts';
import { MINUTES_A_DAY } from './series-files.ts';
import type { TimeSlice } from './time-slice.ts';

export const MINUTE_US = 60_000_000;

export interface MinuteGroup {
  minute: number;
  agent: number;
  /** In the order of arrival, not of time. */
  blocks: Map<number, BlockSamples>;
}

/** Days ascending. */
export async function groupByMinute(
  records: JournalRecord[],
  slice: TimeSlice,
): Promise<Map<number, MinuteGroup[]>> {
  const groups = new Map<string, MinuteGroup>();
  for (const { source, batch } of records) {
    const baseUs = Math.round(batch.baseMs * 1_000);
    let group: MinuteGroup | undefined;
    for (let i = 0; i < batch.count; i++) {
      const sentUs = baseUs + (batch.offsetsUs[i] as number);
      const minute = Math.floor(sentUs / MINUTE_US);
      if (group?.minute !== minute) group = groupFor(groups, minute, source.agentNumber);
      addSample(group, batch, i, sentUs - minute * MINUTE_US);
    }
    if (slice.due()) await slice.pause();
  }
  const days = new Map<number, MinuteGroup[]>();
  for (const group of [...groups.values()].sort((a, b) => a.minute - b.minute || a.agent - b.agent)) {
    const day = Math.floor(group.minute / MINUTES_A_DAY);
    const list = days.get(day);
    if (list) list.push(group);
    else days.set(day, [group]);
  }
  return days;
}

function groupFor(groups: Map<string, MinuteGroup>, minute: number, agent: number): MinuteGroup {
  const key = `${minute}/${agent}`;
  const known = groups.get(key);
  if (known) return known;
  const group = { minute, agent, blocks: new Map() };
  groups.set(key, group);
  return group;
}

function addSample({ blocks }: MinuteGroup, batch: SampleBatch, i: number, offsetUs: number): void {
  const targetId = batch.targetIds[i] as number;
  const key = blockOf(targetId);
  let block = blocks.get(key);
  if (!block || block.count === block.lows.length) {
    block = grown(block);
    blocks.set(key, block);
  }
  const at = block.count++;
  block.lows[at] = lowOf(targetId);
  block.offsetsUs[at] = offsetUs;
  block.rtts10ns[at] = batch.rtts10ns[i] as number;
  block.outcomes[at] = batch.outcomes[i] as number;
  block.codes[at] = batch.codes[i] as number;
}

function grown(block: BlockSamples | undefined): BlockSamples {
  if (!block) return createBlockSamples(64);
  const larger = createBlockSamples(4 * block.count);
  copySamples(block, larger);
  return larger;
}

function copySamples(from: BlockSamples, to: BlockSamples): void {
  const at = to.count;
  to.lows.set(from.lows.subarray(0, from.count), at);
  to.offsetsUs.set(from.offsetsUs.subarray(0, from.count), at);
  to.rtts10ns.set(from.rtts10ns.subarray(0, from.count), at);
  to.outcomes.set(from.outcomes.subarray(0, from.count), at);
  to.codes.set(from.codes.subarray(0, from.count), at);
  to.count += from.count;
}

/** Both together, by target and send time; what was there stays before what came at the same time. */
export type MergeBlocks = (
  existing: BlockSamples | undefined,
  added: BlockSamples | undefined,
) => BlockSamples;

/** What a merge gives lasts until the next one: a minute of all targets is thousands of them. */
export function createBlockMerger(): MergeBlocks {
  let all = createBlockSamples(0);
  let sorted = createBlockSamples(0);
  let keys = new Float64Array(0);
  return (existing, added) => {
    const count = (existing?.count ?? 0) + (added?.count ?? 0);
    if (count > keys.length) {
      all = createBlockSamples(2 * count);
      sorted = createBlockSamples(2 * count);
      keys = new Float64Array(2 * count);
    }
    all.count = 0;
    if (existing) copySamples(existing, all);
    if (added) copySamples(added, all);
    // One number a sample to sort by: 4 bits target, 26 bits time, 23 bits place, together below 2^53.
    for (let i = 0; i < count; i++) {
      keys[i] = ((all.lows[i] as number) * 2 ** 26 + (all.offsetsUs[i] as number)) * 2 ** 23 + i;
    }
    keys.subarray(0, count).sort();
    sorted.count = count;
    for (let i = 0; i < count; i++) {
      const from = (keys[i] as number) % 2 ** 23;
      sorted.lows[i] = all.lows[from] as number;
      sorted.offsetsUs[i] = all.offsetsUs[from] as number;
      sorted.rtts10ns[i] = all.rtts10ns[from] as number;
      sorted.outcomes[i] = all.outcomes[from] as number;
      sorted.codes[i] = all.codes[from] as number;
    }
    return sorted;
  };
}
