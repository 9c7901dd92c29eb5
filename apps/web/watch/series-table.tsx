/** The charts as a table: each sample, or each minute's or hour's figures. */

import { stateWords } from '@maille/ui/grid/cell-words';
import { gridText } from '@maille/ui/grid/grid-text';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { levelOfOutcome } from '@maille/ui/samples/sample-level';
import type { Series } from '@maille/wire/rest/targets';
import { useMemo, useState } from 'react';
import { DataTable } from '../table/data-table.tsx';
import type { Column } from '../table/table-props.ts';
import { watchText } from './watch-text.ts';

interface Row {
  id: string;
  series: Series;
  index: number;
  atMs: number;
}

export function SeriesTable({
  series,
  agentName,
}: {
  series: readonly Series[];
  agentName(agentNumber: number): string;
}) {
  const text = useText(watchText);
  const words = useText(gridText);
  const format = useFormat();
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState({ column: 'time', descending: true });
  const raw = series.some((one) => one.raw !== undefined);
  const rows = useMemo<Row[]>(
    () =>
      series.flatMap((one) =>
        (one.raw?.sentAtMs ?? one.rollup?.startMs ?? []).map((atMs, index) => ({
          id: `${one.agentNumber}/${index}`,
          series: one,
          index,
          atMs,
        })),
      ),
    [series],
  );
  const columns = useMemo<Column<Row>[]>(() => {
    const figure = (
      id: string,
      title: string,
      value: (row: Row) => number | null | undefined,
      show: (value: number | null | undefined) => string,
      optional = false,
    ): Column<Row> => ({
      id,
      title,
      track: 'minmax(5.5rem, 1fr)',
      cell: (row) => show(value(row)),
      text: (row) => (value(row) === null || value(row) === undefined ? '' : show(value(row))),
      sortKey: (row) => value(row) ?? -1,
      alignRight: true,
      optional,
    });
    const common: Column<Row>[] = [
      {
        id: 'time',
        title: text('time'),
        track: 'minmax(11rem, 1fr)',
        cell: ({ atMs }) => format.dateTime(atMs),
        text: ({ atMs }) => format.dateTime(atMs),
        sortKey: ({ atMs }) => atMs,
        phone: 'title',
      },
      {
        id: 'agent',
        title: text('agent'),
        track: 'minmax(7rem, 1fr)',
        cell: (row) => agentName(row.series.agentNumber),
        text: (row) => agentName(row.series.agentNumber),
      },
    ];
    if (raw) {
      const outcome = ({ series: { raw: columnsOf }, index }: Row) =>
        stateWords(
          levelOfOutcome(columnsOf?.outcome[index] ?? 0, columnsOf?.rttNs[index] ?? 0),
          words,
          columnsOf?.code[index] ?? 0,
        );
      return [
        ...common,
        {
          id: 'outcome',
          title: text('outcome'),
          track: 'minmax(8rem, 1fr)',
          cell: outcome,
          text: outcome,
          phone: 'meta',
        },
        {
          ...figure('rtt', text('rtt'), (row) => row.series.raw?.rttNs[row.index], format.rtt),
          phone: 'meta',
        },
      ];
    }
    const count = (value: number | null | undefined) =>
      typeof value === 'number' ? format.number(value) : '—';
    const of =
      (name: 'minNs' | 'p25Ns' | 'p50Ns' | 'p75Ns' | 'p95Ns' | 'p99Ns' | 'maxNs' | 'jitterNs') =>
      (row: Row) =>
        row.series.rollup?.[name][row.index];
    const loss = (row: Row) => {
      const sent = row.series.rollup?.sent[row.index] ?? 0;
      return sent === 0 ? null : 1 - (row.series.rollup?.replies[row.index] ?? 0) / sent;
    };
    return [
      ...common,
      figure('sent', text('sent'), (row) => row.series.rollup?.sent[row.index], count),
      {
        ...figure('loss', text('lossShare'), loss, (value) =>
          typeof value === 'number' ? format.percent(value) : '—',
        ),
        phone: 'meta',
      },
      figure('min', text('minimum'), of('minNs'), format.rtt),
      figure('p25', 'p25', of('p25Ns'), format.rtt, true),
      { ...figure('p50', text('median'), of('p50Ns'), format.rtt), phone: 'meta' },
      figure('p75', 'p75', of('p75Ns'), format.rtt, true),
      figure('p95', 'p95', of('p95Ns'), format.rtt),
      figure('p99', 'p99', of('p99Ns'), format.rtt),
      figure('max', text('maximum'), of('maxNs'), format.rtt),
      figure('jitter', text('jitter'), of('jitterNs'), format.rtt, true),
    ];
  }, [raw, text, words, format, agentName]);
  return (
    <DataTable
      name={text('history')}
      id={raw ? 'samples' : 'rollups'}
      rows={rows}
      rowId={({ id }) => id}
      rowName={({ atMs }) => format.dateTime(atMs)}
      columns={columns}
      filter={filter}
      onFilter={setFilter}
      sort={sort}
      onSort={setSort}
      maxHeight="28rem"
    />
  );
}
