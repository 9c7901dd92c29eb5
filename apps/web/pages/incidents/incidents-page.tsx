/** Incidents: those that are open come first, live; then those that touch the time of the time bar. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { useNow, useTime } from '@maille/ui/time/time.tsx';
import { windowOf } from '@maille/ui/time/time-position';
import { type Incident, listIncidents } from '@maille/wire/rest/incidents';
import { Button, Loader, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { appText } from '../../app/app-text.ts';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { Ago } from '../../parts/ago.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { StateMark } from '../../parts/state-mark.tsx';
import { DataTable } from '../../table/data-table.tsx';
import { formatSort, parseSort } from '../../table/row-order.ts';
import type { Column } from '../../table/table-props.ts';
import { toneOf, useIncidentWords } from './incident-words.ts';
import { incidentsText } from './incidents-text.ts';

const PAGE = 200;
const byId = ({ id }: Incident) => id;
/** Open before ended, severe before notable, nobody on it before somebody; then the newest. */
const rankOf = ({ id, state, severity, acknowledgedBy }: Incident) =>
  (state === 'ended' ? 4 : 0) +
  (severity === 'severe' ? 0 : 2) +
  (acknowledgedBy === null ? 0 : 1) -
  id / 1e12;

export function IncidentsPage() {
  const text = useText(incidentsText);
  const app = useText(appText);
  const words = useIncidentWords();
  const navigate = useNavigate({ from: '/incidents' });
  const { q = '', sort } = useSearch({ from: '/incidents' });
  const { incidents, error, loading, more, loadingMore } = useIncidents();
  const columns = useIncidentColumns();
  const { position } = useTime();
  const open = useCallback(
    ({ id }: Incident) => void navigate({ to: '/incidents/$id', params: { id: String(id) } }),
    [navigate],
  );

  return (
    <>
      <PageHead title={text('title')} lede={text('lede')} />
      {error && <ProblemAlert error={error} />}
      {loading && !error && <Loader aria-label={app('loading')} />}
      {!loading && (
        <Stack gap="md">
          <DataTable
            id="incidents"
            name={text('title')}
            rows={incidents}
            rowId={byId}
            rowName={words.name}
            columns={columns}
            filter={q}
            onFilter={(filter) =>
              void navigate({ search: (before) => ({ ...before, q: filter || undefined }), replace: true })
            }
            sort={parseSort(sort, { column: 'state', descending: false })}
            onSort={(next) =>
              void navigate({ search: (before) => ({ ...before, sort: formatSort(next) }), replace: true })
            }
            onOpen={open}
            empty={
              <EmptyState icon="check" sentence={text(position.mode === 'live' ? 'allWell' : 'allWellPast')}>
                <Text size="sm" c="dimmed" maw="34rem">
                  {text('learning')}
                </Text>
              </EmptyState>
            }
          />
          {more && (
            <Button variant="default" loading={loadingMore} onClick={more} style={{ alignSelf: 'center' }}>
              {text('older')}
            </Button>
          )}
        </Stack>
      )}
    </>
  );
}

/** What the server keeps of the time shown, and over it what is news. */
function useIncidents() {
  const call = useCall();
  const { position } = useTime();
  const nowMs = useNow(60_000);
  const live = useLive('incidents').data;
  // Live windows move by the minute: news come over the live line, not by asking again.
  const { fromMs, toMs } = windowOf(position, Math.floor(nowMs / 60_000) * 60_000);
  const question = position.mode === 'live' ? { spanMs: position.spanMs } : { fromMs, toMs };
  const { data, error, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['incidents', question],
    initialPageParam: undefined as number | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(listIncidents, {
        query: {
          limit: PAGE,
          fromMs,
          ...(position.mode !== 'live' && { toMs }),
          ...(pageParam !== undefined && { beforeId: pageParam }),
        },
        signal,
      }),
    getNextPageParam: ({ incidents }) => (incidents.length < PAGE ? undefined : incidents.at(-1)?.id),
  });
  const incidents = useMemo(() => {
    const known = new Map<number, Incident>();
    for (const page of data?.pages ?? []) for (const one of page.incidents) known.set(one.id, one);
    // What became part of another is told by that one.
    for (const one of live?.values() ?? [])
      if (one.mergedInto !== null) known.delete(one.id);
      else if (position.mode === 'live' ? (one.endedAtMs ?? nowMs) >= fromMs : known.has(one.id))
        known.set(one.id, one);
    return [...known.values()];
  }, [data, live, position.mode, fromMs, nowMs]);
  return {
    incidents,
    error,
    loading: data === undefined,
    more: hasNextPage ? () => void fetchNextPage() : undefined,
    loadingMore: isFetchingNextPage,
  };
}

function useIncidentColumns(): Column<Incident>[] {
  const text = useText(incidentsText);
  const words = useIncidentWords();
  const format = useFormat();
  return useMemo<Column<Incident>[]>(
    () => [
      {
        id: 'what',
        title: text('what'),
        track: 'minmax(13rem, 2fr)',
        phone: 'title',
        text: (incident) => `${words.name(incident)} ${incident.note}`,
        sortKey: words.name,
        cell: (incident) => (
          <Link to="/incidents/$id" params={{ id: String(incident.id) }} className="maille-link">
            {words.name(incident)}
          </Link>
        ),
      },
      {
        id: 'state',
        title: text('state'),
        track: 'minmax(9rem, 1fr)',
        phone: 'meta',
        text: words.state,
        sortKey: rankOf,
        cell: (incident) => <StateMark tone={toneOf(incident)} label={words.state(incident)} />,
      },
      {
        id: 'since',
        title: text('since'),
        track: '8.5rem',
        phone: 'end',
        text: ({ sinceMs }) => format.dateTime(sinceMs),
        sortKey: ({ sinceMs }) => sinceMs,
        cell: ({ sinceMs }) => <Ago ms={sinceMs} />,
      },
      {
        id: 'lasted',
        title: text('lasted'),
        track: '6.5rem',
        text: words.lasted,
        sortKey: ({ sinceMs, endedAtMs }) =>
          endedAtMs === null ? Number.POSITIVE_INFINITY : endedAtMs - sinceMs,
        cell: words.lasted,
      },
      {
        id: 'affected',
        title: text('affected'),
        track: '10.5rem',
        alignRight: true,
        phone: 'meta',
        text: words.affected,
        sortKey: ({ affectedMost }) => affectedMost,
        cell: words.affected,
      },
      {
        id: 'loss',
        title: text('lossRatio'),
        track: '7.5rem',
        alignRight: true,
        text: ({ lossRatio }) => words.loss(lossRatio),
        sortKey: ({ lossRatio }) => lossRatio ?? -1,
        cell: ({ lossRatio }) => words.loss(lossRatio),
      },
      {
        id: 'rtt',
        title: text('rttAtWorst'),
        track: '14rem',
        alignRight: true,
        text: ({ rttNs, baselineRttNs }) => words.rtt(rttNs, baselineRttNs),
        sortKey: ({ rttNs }) => rttNs ?? -1,
        cell: ({ rttNs, baselineRttNs }) => words.rtt(rttNs, baselineRttNs),
      },
      {
        id: 'confidence',
        title: text('confidence'),
        track: '7rem',
        alignRight: true,
        optional: true,
        text: ({ confidence }) => words.confidence(confidence),
        sortKey: ({ confidence }) => confidence,
        cell: ({ confidence }) => words.confidence(confidence),
      },
      {
        id: 'note',
        title: text('note'),
        track: 'minmax(10rem, 2fr)',
        optional: true,
        text: ({ note }) => note,
        cell: ({ note }) => note,
      },
    ],
    [text, words, format],
  );
}
