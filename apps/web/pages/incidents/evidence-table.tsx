/** What spoke against each address. Filter and order are this page's own: nobody links to a row. */
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import type { IncidentEvidence } from '@maille/wire/rest/incidents';
import { Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { DataTable } from '../../table/data-table.tsx';
import type { Sort } from '../../table/row-order.ts';
import type { Column } from '../../table/table-props.ts';
import { useAgentName } from '../../watch/use-watch.ts';
import { useIncidentWords } from './incident-words.ts';
import { incidentsText } from './incidents-text.ts';

const rowId = ({ targetId, agentNumber, kind, raisedAtMs }: IncidentEvidence) =>
  `${targetId} ${agentNumber} ${kind} ${raisedAtMs}`;
const rowName = ({ host }: IncidentEvidence) => host;

export function EvidenceTable({ evidence }: { evidence: readonly IncidentEvidence[] }) {
  const text = useText(incidentsText);
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState<Sort>({ column: 'score', descending: true });
  const columns = useEvidenceColumns();
  return (
    <DataTable
      id="evidence"
      name={text('evidence')}
      rows={evidence}
      rowId={rowId}
      rowName={rowName}
      columns={columns}
      filter={filter}
      onFilter={setFilter}
      sort={sort}
      onSort={setSort}
      maxHeight="28rem"
      empty={
        <Text size="sm" c="dimmed">
          {text('evidenceNone')}
        </Text>
      }
    />
  );
}

function useEvidenceColumns(): Column<IncidentEvidence>[] {
  const text = useText(incidentsText);
  const words = useIncidentWords();
  const format = useFormat();
  const agentName = useAgentName();
  return useMemo<Column<IncidentEvidence>[]>(() => {
    const rtt = (ns: number | null) => (ns === null ? '—' : format.rtt(ns));
    // The year is the incident's; it is in what is exported.
    const shortTime = (ms: number) => `${format.day(ms)} ${format.time(ms)}`;
    const cleared =
      (write: (ms: number) => string) =>
      ({ clearedAtMs }: IncidentEvidence) =>
        clearedAtMs === null ? text('notYet') : write(clearedAtMs);
    const score = ({ score: reached, threshold }: IncidentEvidence) =>
      text('scoreOf', { score: format.number(reached, 1), threshold: format.number(threshold, 1) });
    return [
      {
        id: 'address',
        title: text('address'),
        track: 'minmax(8rem, 1.5fr)',
        phone: 'title',
        text: ({ host }) => host,
        cell: ({ targetId, host }) => (
          <Link to="/watch/target/$id" params={{ id: String(targetId) }} className="maille-link maille-mono">
            {host}
          </Link>
        ),
      },
      {
        id: 'kind',
        title: text('what'),
        track: '6.5rem',
        phone: 'meta',
        text: ({ kind }) => text(kind),
        cell: ({ kind }) => text(kind),
      },
      {
        id: 'agent',
        title: text('seenBy'),
        track: 'minmax(7rem, 1fr)',
        phone: 'meta',
        text: ({ agentNumber }) => agentName(agentNumber),
        cell: ({ agentNumber }) => agentName(agentNumber),
      },
      {
        id: 'since',
        title: text('since'),
        track: '9rem',
        text: ({ sinceMs }) => format.dateTime(sinceMs),
        sortKey: ({ sinceMs }) => sinceMs,
        cell: ({ sinceMs }) => shortTime(sinceMs),
      },
      {
        id: 'cleared',
        title: text('cleared'),
        track: '9rem',
        text: cleared(format.dateTime),
        sortKey: ({ clearedAtMs }) => clearedAtMs ?? Number.POSITIVE_INFINITY,
        cell: cleared(shortTime),
      },
      {
        id: 'loss',
        title: text('loss'),
        track: '5.5rem',
        alignRight: true,
        phone: 'end',
        text: ({ lossRatio }) => words.loss(lossRatio),
        sortKey: ({ lossRatio }) => lossRatio ?? -1,
        cell: ({ lossRatio }) => words.loss(lossRatio),
      },
      {
        id: 'rtt',
        title: text('rttColumn'),
        track: '5.5rem',
        alignRight: true,
        text: ({ rttNs }) => rtt(rttNs),
        sortKey: ({ rttNs }) => rttNs ?? -1,
        cell: ({ rttNs }) => rtt(rttNs),
      },
      {
        id: 'usual',
        title: text('usualColumn'),
        track: '7rem',
        alignRight: true,
        text: ({ baselineRttNs }) => rtt(baselineRttNs),
        sortKey: ({ baselineRttNs }) => baselineRttNs ?? -1,
        cell: ({ baselineRttNs }) => rtt(baselineRttNs),
      },
      {
        id: 'score',
        title: text('score'),
        track: '9.5rem',
        alignRight: true,
        text: score,
        sortKey: ({ score: reached }) => reached,
        cell: score,
      },
    ];
  }, [text, words, format, agentName]);
}
