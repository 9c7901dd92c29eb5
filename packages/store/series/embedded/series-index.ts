/**
 * What the embedded engine knows beside its samples: which frames of which spool it holds, which prefix a
 * target belongs to, how far retention went, the last journal's number. Frames are bounded: a spool's
 * ranges are few unless it gave frames up; an agent's old spools are forgotten, newest kept.
 */
import type { Log } from '@maille/base/log';
import type { AppendSource, SequenceRanges } from '../series-store.ts';
import { addRange, addSequence, hasSequence } from './sequence-ranges.ts';
import { openSeriesFile } from './series-file.ts';

const MAX_RANGES = 4_096;
const MAX_EPOCHS_PER_AGENT = 16;

interface Spool {
  agentNumber: number;
  epoch: string;
  ranges: SequenceRanges;
  lastUse: number;
  changed: boolean;
}

export interface SeriesIndex {
  has(source: AppendSource): boolean;
  add(source: AppendSource): void;
  ranges(agentNumber: number, epoch: string): SequenceRanges;
  prefixOf(targetId: number): string | undefined;
  place(targets: Iterable<{ id: number; prefix: string }>): void;
  lastJournal: number;
  /** Days before these are gone for good: what arrives for them is not taken. */
  rawFloorDay: number;
  rollupFloorDay: number;
  /** No day before this one has hours to roll up, but for what waits in journals. */
  staleFromDay: number;
  /** Writes what changed; durable after `settle`. */
  save(): void;
  settle(): Promise<void>;
  close(): void;
  readonly path: string;
}

const schema = `
  create table if not exists spool (
    agent integer not null, epoch text not null, last_use integer not null, ranges text not null,
    primary key (agent, epoch)) without rowid;
  create table if not exists placement (target integer primary key, prefix text not null);
  create table if not exists state (name text primary key, value integer not null) without rowid;
`;

export function openSeriesIndex(path: string, log: Log): SeriesIndex {
  const file = openSeriesFile(path, schema);
  const agents = new Map<number, Map<string, Spool>>();
  const placement = new Map<number, string>();
  let newlyPlaced: { id: number; prefix: string }[] = [];
  let uses = 0;

  type SpoolRow = { agent: number; epoch: string; last_use: number; ranges: string };
  for (const row of file.read('select * from spool').all() as unknown as SpoolRow[]) {
    const spools = agents.get(row.agent) ?? new Map<string, Spool>();
    agents.set(row.agent, spools);
    const ranges = JSON.parse(row.ranges) as SequenceRanges;
    const { agent: agentNumber, epoch, last_use: lastUse } = row;
    spools.set(epoch, { agentNumber, epoch, ranges, lastUse, changed: false });
    uses = Math.max(uses, lastUse);
  }
  type PlacementRow = { target: number; prefix: string };
  for (const { target, prefix } of file.read('select * from placement').all() as unknown as PlacementRow[]) {
    placement.set(target, prefix);
  }
  const state = (name: string): number =>
    Number(file.read('select value from state where name = ?').get(name)?.value ?? 0);

  const spoolOf = ({ agentNumber, epoch }: AppendSource): Spool => {
    const spools = agents.get(agentNumber) ?? new Map<string, Spool>();
    agents.set(agentNumber, spools);
    const known = spools.get(epoch);
    if (known) return known;
    const spool = { agentNumber, epoch, ranges: [], lastUse: 0, changed: true };
    spools.set(epoch, spool);
    return spool;
  };

  const bound = (spool: Spool) => {
    const { ranges, agentNumber, epoch } = spool;
    if (ranges.length <= MAX_RANGES) return;
    // The oldest gap is taken to be filled: its frames were given up long ago, or they would have come.
    addRange(ranges, (ranges[0] as [number, number])[0], (ranges[1] as [number, number])[1]);
    log.warn({ agentNumber, epoch }, 'a spool has too many gaps: its oldest is taken to be filled');
  };

  const forgetOldSpools = () => {
    for (const [agentNumber, spools] of agents) {
      if (spools.size <= MAX_EPOCHS_PER_AGENT) continue;
      const old = [...spools.values()].sort((a, b) => b.lastUse - a.lastUse).slice(MAX_EPOCHS_PER_AGENT);
      for (const { epoch } of old) {
        spools.delete(epoch);
        file.write('delete from spool where agent = ? and epoch = ?').run(agentNumber, epoch);
      }
    }
  };

  const index: SeriesIndex = {
    path,
    has: ({ agentNumber, epoch, sequence }) =>
      hasSequence(agents.get(agentNumber)?.get(epoch)?.ranges ?? [], sequence),
    add(source) {
      const spool = spoolOf(source);
      addSequence(spool.ranges, source.sequence);
      spool.lastUse = ++uses;
      spool.changed = true;
      bound(spool);
    },
    ranges: (agentNumber, epoch) =>
      (agents.get(agentNumber)?.get(epoch)?.ranges ?? []).map(([from, to]) => [from, to]),
    prefixOf: (targetId) => placement.get(targetId),
    place(targets) {
      for (const { id, prefix } of targets) {
        if (placement.get(id) === prefix) continue;
        placement.set(id, prefix);
        newlyPlaced.push({ id, prefix });
      }
    },
    lastJournal: state('last_journal'),
    rawFloorDay: state('raw_floor_day'),
    rollupFloorDay: state('rollup_floor_day'),
    staleFromDay: state('stale_from_day'),
    save() {
      file.begin();
      try {
        forgetOldSpools();
        const putSpool = file.write('insert or replace into spool values (?, ?, ?, ?)');
        const changed = [...agents.values()].flatMap((spools) =>
          [...spools.values()].filter((spool) => spool.changed),
        );
        for (const { agentNumber, epoch, lastUse, ranges } of changed)
          putSpool.run(agentNumber, epoch, lastUse, JSON.stringify(ranges));
        const putPlace = file.write('insert or replace into placement values (?, ?)');
        for (const { id, prefix } of newlyPlaced) putPlace.run(id, prefix);
        const putState = file.write('insert or replace into state values (?, ?)');
        putState.run('last_journal', index.lastJournal);
        putState.run('raw_floor_day', index.rawFloorDay);
        putState.run('rollup_floor_day', index.rollupFloorDay);
        putState.run('stale_from_day', index.staleFromDay);
        file.commit();
        for (const spool of changed) spool.changed = false;
        newlyPlaced = [];
      } catch (error) {
        file.rollback();
        throw error;
      }
    },
    settle: () => file.settle(),
    close: () => file.close(),
  };
  return index;
}
