/**
 * The lines of an export, made as they are read: a window of any length passes through a memory of a
 * minute of samples, or of one target's rows. Times are ISO 8601, units stand in the names.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { csvLine } from '@maille/base/csv';
import type { RawSeries, RollupSeries, SeriesStore } from '@maille/store/series/series-store';
import { outcomes, RTT_UNIT_NS, type SampleBatch } from '@maille/wire/link/samples';
import type { ExportQuery } from '@maille/wire/rest/exports';
import type { Target } from '@maille/wire/rest/targets';

export interface ExportSource {
  series: Pick<SeriesStore, 'readRaw' | 'readRollup' | 'readWindow'>;
  agentName(agentNumber: number): string;
}

type Cell = string | number | null;
/** Two machines may have one name: the number tells them apart. */
interface Agent {
  name: string;
  number: number;
}
interface RowFormat {
  head: string;
  line(cells: readonly Cell[]): string;
}

const MINUTE_MS = 60_000;
/** So many targets are read one by one; more are read minute by minute, all of them, and picked from. */
const FEW_TARGETS = 16;
const DAY_MS = 86_400_000;
const SLICE_MS = { raw: 3_600_000, minute: DAY_MS, hour: 31 * DAY_MS } as const;
const CHUNK_CHARACTERS = 65_536;

const subject = ['target_id', 'host', 'probe', 'agent', 'agent_number'] as const;
const rawColumns = ['time', ...subject, 'outcome', 'code', 'rtt_ns'] as const;
const rollupFigures = ['min', 'p25', 'p50', 'p75', 'p95', 'p99', 'max', 'jitter'] as const;
const rollupColumns = [
  'time',
  ...subject,
  'sent',
  'replies',
  ...rollupFigures.map((name) => `${name}_ns`),
] as const;

/**
 * Chunks of whole lines. `targets` are those that the caller may see and asked for. Where nothing is found,
 * nothing is waited for: each slice lets others have their turn first. Nor is there a chunk then at which a
 * reader that has gone would be noticed: it is asked for.
 */
export async function* exportLines(
  source: ExportSource,
  asked: ExportQuery,
  targets: readonly Target[],
  isGone: () => boolean = () => false,
): AsyncGenerator<string> {
  const { resolution = 'raw' } = asked;
  const query = { ...asked, fromMs: Math.max(asked.fromMs, earliestOf(targets)) };
  const format = formatOf(query.format, resolution === 'raw' ? rawColumns : rollupColumns);
  let chunk = format.head;
  const rows =
    resolution !== 'raw'
      ? rollupRows(source, query, resolution, targets, isGone)
      : targets.length <= FEW_TARGETS
        ? rawRows(source, query, targets, isGone)
        : windowRows(source, query, targets, isGone);
  for await (const cells of rows) {
    chunk += format.line(cells);
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

/** Before the first of them was a target there is nothing to look for, but for an agent's clock that was wrong. */
function earliestOf(targets: readonly Target[]): number {
  return (
    targets.reduce((first, { createdAtMs }) => Math.min(first, createdAtMs), Number.POSITIVE_INFINITY) -
    DAY_MS
  );
}

function formatOf(format: ExportQuery['format'], columns: readonly string[]): RowFormat {
  if (format === 'csv')
    return {
      head: csvLine(columns),
      line: (cells) => csvLine(cells.map((cell) => (cell === null ? '' : String(cell)))),
    };
  return {
    head: '',
    line: (cells) => `${JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, cells[i]])))}\n`,
  };
}

const agentOf = (agentName: ExportSource['agentName'], number: number): Agent => ({
  name: agentName(number),
  number,
});
const iso = (ms: number) => new Date(ms).toISOString();
const wordOf = (outcome: number) => outcomes[outcome] ?? String(outcome);

async function* rawRows(
  { series, agentName }: ExportSource,
  { fromMs, toMs, agentNumber }: ExportQuery,
  targets: readonly Target[],
  isGone: () => boolean,
): AsyncGenerator<Cell[]> {
  for (const target of targets) {
    for (let at = fromMs; at < toMs && !isGone(); at += SLICE_MS.raw) {
      await breathe();
      const found = await series.readRaw(target.id, at, Math.min(toMs, at + SLICE_MS.raw), agentNumber);
      for (const one of found) yield* sampleRows(target, agentOf(agentName, one.agentNumber), one);
    }
  }
}

function* sampleRows(target: Target, agent: Agent, one: RawSeries): Generator<Cell[]> {
  for (let i = 0; i < one.count; i++) {
    const rttNs = one.rttsNs[i] as number;
    yield [
      iso(one.sentAtMs[i] as number),
      ...subjectOf(target, agent),
      wordOf(one.outcomes[i] as number),
      one.codes[i] as number,
      rttNs === 0 ? null : rttNs,
    ];
  }
}

async function* windowRows(
  { series, agentName }: ExportSource,
  { fromMs, toMs, agentNumber }: ExportQuery,
  targets: readonly Target[],
  isGone: () => boolean,
): AsyncGenerator<Cell[]> {
  const wanted = new Map(targets.map((target) => [target.id, target]));
  for (let at = fromMs; at < toMs && !isGone(); at += MINUTE_MS) {
    await breathe();
    const minute = await series.readWindow(at, Math.min(toMs, at + MINUTE_MS));
    for (const { agentNumber: number, batch } of minute)
      if (agentNumber === undefined || agentNumber === number)
        yield* batchRows(wanted, agentOf(agentName, number), batch);
  }
}

function* batchRows(
  wanted: ReadonlyMap<number, Target>,
  agent: Agent,
  batch: SampleBatch,
): Generator<Cell[]> {
  for (let i = 0; i < batch.count; i++) {
    const target = wanted.get(batch.targetIds[i] as number);
    if (!target) continue;
    const rttNs = (batch.rtts10ns[i] as number) * RTT_UNIT_NS;
    yield [
      iso(batch.baseMs + (batch.offsetsUs[i] as number) / 1_000),
      ...subjectOf(target, agent),
      wordOf(batch.outcomes[i] as number),
      batch.codes[i] as number,
      rttNs === 0 ? null : rttNs,
    ];
  }
}

async function* rollupRows(
  { series, agentName }: ExportSource,
  { fromMs, toMs, agentNumber }: ExportQuery,
  resolution: 'minute' | 'hour',
  targets: readonly Target[],
  isGone: () => boolean,
): AsyncGenerator<Cell[]> {
  const sliceMs = SLICE_MS[resolution];
  for (const target of targets) {
    for (let at = fromMs; at < toMs && !isGone(); at += sliceMs) {
      await breathe();
      const end = Math.min(toMs, at + sliceMs);
      for (const one of await series.readRollup(target.id, resolution, at, end, agentNumber)) {
        const agent = agentOf(agentName, one.agentNumber);
        for (let i = 0; i < one.count; i++) yield figuresOf(target, agent, one, i);
      }
    }
  }
}

function figuresOf(target: Target, agent: Agent, one: RollupSeries, i: number): Cell[] {
  return [
    iso(one.startMs[i] as number),
    ...subjectOf(target, agent),
    one.sent[i] as number,
    one.replies[i] as number,
    ...rollupFigures.map((name) => {
      const ns = one[`${name}Ns`][i] as number;
      return Number.isNaN(ns) ? null : ns;
    }),
  ];
}

const subjectOf = ({ id, host, probe }: Target, agent: Agent): Cell[] => [
  id,
  host,
  probe,
  agent.name,
  agent.number,
];
