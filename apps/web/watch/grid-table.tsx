/** The grid as a table: the same facts, for reading, sorting, exporting, and for a screen reader. */
import { deviationWords, figureWords, lossWords, stateWords } from '@maille/ui/grid/cell-words';
import { gridText } from '@maille/ui/grid/grid-text';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import type { SampleSource } from '@maille/ui/samples/sample-source';
import { emptySummary, type TargetSummary } from '@maille/ui/samples/sample-window';
import type { Target } from '@maille/wire/rest/targets';
import { useEffect, useMemo, useState } from 'react';
import { DataTable } from '../table/data-table.tsx';
import type { Column } from '../table/table-props.ts';
import { watchText } from './watch-text.ts';

interface Row {
  target: Target;
  summary: TargetSummary;
}

const REFRESH_MS = 2_000;

export interface GridTableProps {
  targets: ReadonlyMap<number, Target>;
  source: SampleSource;
  agent: number | undefined;
  filter: string;
  onFilter(filter: string): void;
  onOpen(targetId: number): void;
}

export function GridTable({ targets, source, agent, filter, onFilter, onOpen }: GridTableProps) {
  const text = useText(watchText);
  const words = useText(gridText);
  const format = useFormat();
  const [sort, setSort] = useState({ column: 'address', descending: false });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTurn((before) => before + 1), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` is when the figures are read anew
  const rows = useMemo<Row[]>(
    () =>
      [...targets.values()].map((target) => {
        const summary = emptySummary();
        source.window.summarize(source.window.indexOf(target.id), summary, agent);
        return { target, summary };
      }),
    [targets, source, agent, turn],
  );
  const columns = useMemo<Column<Row>[]>(
    () => [
      {
        id: 'address',
        title: text('address'),
        track: 'minmax(10rem, 2fr)',
        cell: ({ target }) => target.host,
        text: ({ target }) => target.host,
        phone: 'title',
      },
      {
        id: 'label',
        title: text('label'),
        track: 'minmax(8rem, 2fr)',
        cell: ({ target }) => target.label,
        text: ({ target }) => target.label,
      },
      {
        id: 'state',
        title: text('state'),
        track: 'minmax(8rem, 1fr)',
        cell: ({ summary }) => stateWords(summary.level, words, summary.errno),
        text: ({ summary }) => stateWords(summary.level, words, summary.errno),
        sortKey: ({ summary }) => -summary.level,
        phone: 'meta',
      },
      {
        id: 'rtt',
        title: text('rtt'),
        track: '8rem',
        cell: ({ summary }) => (summary.rttNs > 0 ? figureWords(summary, words, format) : '—'),
        text: ({ summary }) => (summary.rttNs > 0 ? format.rtt(summary.rttNs) : ''),
        sortKey: ({ summary }) => summary.rttNs,
        alignRight: true,
        phone: 'meta',
      },
      {
        id: 'usual',
        title: text('usual'),
        track: 'minmax(8rem, 1fr)',
        cell: ({ summary }) => deviationWords(summary, words) || '—',
        text: ({ summary }) => deviationWords(summary, words),
        sortKey: ({ summary }) => (Number.isNaN(summary.deviation) ? -1_000 : summary.deviation),
      },
      {
        id: 'loss',
        title: text('loss'),
        track: '10rem',
        cell: ({ summary }) => lossWords(summary, words),
        text: ({ summary }) => lossWords(summary, words),
        sortKey: ({ summary }) => (summary.sent === 0 ? -1 : summary.lost / summary.sent),
        alignRight: true,
      },
      {
        id: 'prefix',
        title: text('prefixColumn'),
        track: 'minmax(8rem, 1fr)',
        cell: ({ target }) => target.prefix,
        text: ({ target }) => target.prefix,
      },
      {
        id: 'tags',
        title: text('tags'),
        track: 'minmax(6rem, 1fr)',
        cell: ({ target }) => target.tags.join(', '),
        text: ({ target }) => target.tags.join(' '),
        optional: true,
      },
    ],
    [text, words, format],
  );
  return (
    <DataTable
      name={text('gridTable')}
      id="grid"
      rows={rows}
      rowId={({ target }) => target.id}
      rowName={({ target }) => target.host}
      columns={columns}
      filter={filter}
      onFilter={onFilter}
      sort={sort}
      onSort={setSort}
      onOpen={({ target }) => onOpen(target.id)}
    />
  );
}
