/** Watch, Routes: the way to each prefix and target that is traced, by each agent, at the time shown. */
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import type { RouteSummary } from '@maille/wire/rest/traceroutes';
import { Button, Loader } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { useMay } from '../../app/session.tsx';
import { Ago } from '../../parts/ago.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { StateMark } from '../../parts/state-mark.tsx';
import { DataTable } from '../../table/data-table.tsx';
import { formatSort, parseSort } from '../../table/row-order.ts';
import type { Column } from '../../table/table-props.ts';
import { AgentChoice } from '../agent-choice.tsx';
import { useAgentName } from '../use-watch.ts';
import { WatchTabs } from '../watch-tabs.tsx';
import classes from './routes.module.css';
import { routesText } from './routes-text.ts';
import { toneOfEnd, useRouteWords } from './use-route-words.ts';
import { useMoment, useRouteList } from './use-routes.ts';

interface Search {
  q?: string | undefined;
  sort?: string | undefined;
  agent?: string | undefined;
}
const rowId = ({ targetId, agentNumber }: RouteSummary) => targetId * 65_536 + agentNumber;
const changedAt = ({ began, sinceMs }: RouteSummary) => (began === 'first' ? 0 : sinceMs);

export function RoutesPage() {
  const text = useText(routesText);
  const navigate = useNavigate();
  const { q = '', sort, agent } = useSearch({ strict: false }) as Search;
  const { data, error } = useRouteList();
  const momentMs = useMoment();
  const may = useMay('operator');
  const columns = useRouteColumns();
  const nameOf = useAgentName();
  const change = (next: Search) =>
    void navigate({
      to: '.',
      search: ((before: Search) => ({ ...before, ...next })) as never,
      replace: true,
    });
  const open = useCallback(
    ({ targetId, agentNumber }: RouteSummary) =>
      void navigate({
        to: '/watch/routes/$id',
        params: { id: String(targetId) } as never,
        search: { agent: String(agentNumber) } as never,
      }),
    [navigate],
  );
  const chosen = agent === undefined ? undefined : Number(agent);
  const routes = useMemo(
    () => (data?.routes ?? []).filter((one) => chosen === undefined || one.agentNumber === chosen),
    [data, chosen],
  );
  const waiting = useMemo(() => {
    const known = new Set(data?.routes.map(({ targetId }) => targetId));
    return (data?.traced ?? []).filter((id) => !known.has(id)).length;
  }, [data]);

  return (
    <>
      <WatchTabs />
      <PageHead title={text('title')} lede={text('lede')}>
        <AgentChoice
          agent={chosen}
          onChange={(next) => change({ agent: next === undefined ? undefined : String(next) })}
        />
      </PageHead>
      {error && <ProblemAlert error={error} />}
      {!data && !error && <Loader aria-label={text('title')} />}
      {data && (
        <DataTable
          id="routes"
          name={text('title')}
          rows={routes}
          rowId={rowId}
          rowName={(row) => `${row.host}, ${nameOf(row.agentNumber)}`}
          columns={columns}
          filter={q}
          onFilter={(filter) => change({ q: filter || undefined })}
          sort={parseSort(sort, { column: 'changed', descending: true })}
          onSort={(next) => change({ sort: formatSort(next) })}
          onOpen={open}
          empty={
            waiting > 0 && momentMs === undefined ? (
              <EmptyState icon="clock" sentence={text('waiting', { count: waiting })} />
            ) : (
              <EmptyState icon="target" sentence={text(momentMs === undefined ? 'empty' : 'emptyPast')}>
                {may && momentMs === undefined && (
                  <Button component={Link} to="/targets" search={{ add: '1' } as never}>
                    {text('addTargets')}
                  </Button>
                )}
              </EmptyState>
            )
          }
        />
      )}
      {data && (
        <div className={classes.notes}>
          {routes.some(({ forPrefix }) => forPrefix) && <span>● {text('forPrefix')}</span>}
          {waiting > 0 && routes.length > 0 && momentMs === undefined && (
            <span>{text('waiting', { count: waiting })}</span>
          )}
          {data.forgotten > 0 && <span>{text('forgotten', { count: data.forgotten })}</span>}
          {may && (
            <Link to="/settings/server" className="maille-link">
              {text('toSettings')}
            </Link>
          )}
        </div>
      )}
    </>
  );
}

function useRouteColumns(): Column<RouteSummary>[] {
  const text = useText(routesText);
  const words = useRouteWords();
  const format = useFormat();
  const nameOf = useAgentName();
  return useMemo<Column<RouteSummary>[]>(
    () => [
      {
        id: 'target',
        title: text('target'),
        track: 'minmax(10rem, 2fr)',
        phone: 'title',
        text: ({ host }) => host,
        cell: ({ host, targetId, agentNumber }) => (
          <Link
            to="/watch/routes/$id"
            params={{ id: String(targetId) } as never}
            search={{ agent: String(agentNumber) } as never}
            className="maille-link"
          >
            {host}
          </Link>
        ),
      },
      {
        id: 'prefix',
        title: text('prefix'),
        track: 'minmax(9rem, 1.5fr)',
        phone: 'meta',
        text: ({ prefix, forPrefix }) => (forPrefix ? `${prefix} ●` : prefix),
        sortKey: ({ prefix }) => prefix,
        cell: ({ prefix, forPrefix }) => (
          <span title={forPrefix ? text('forPrefix') : undefined}>
            {prefix}
            {forPrefix && (
              <>
                <span aria-hidden="true"> ●</span>
                <span className="maille-visually-hidden"> {text('forPrefix')}</span>
              </>
            )}
          </span>
        ),
      },
      {
        id: 'agent',
        title: text('agent'),
        track: 'minmax(7rem, 1fr)',
        phone: 'meta',
        text: ({ agentNumber }) => nameOf(agentNumber),
        cell: ({ agentNumber }) => nameOf(agentNumber),
      },
      {
        id: 'length',
        title: text('length'),
        track: '5rem',
        alignRight: true,
        text: ({ length }) => String(length),
        sortKey: ({ length }) => length,
        cell: ({ length }) => format.number(length),
      },
      {
        id: 'end',
        title: text('end'),
        track: 'minmax(9rem, 1fr)',
        phone: 'end',
        text: words.end,
        cell: (route) => <StateMark tone={toneOfEnd(route)} label={words.end(route)} />,
      },
      {
        id: 'changed',
        title: text('changed'),
        track: '11rem',
        text: (route) => (changedAt(route) === 0 ? text('never') : format.dateTime(route.sinceMs)),
        sortKey: changedAt,
        cell: (route) =>
          changedAt(route) === 0 ? (
            <span style={{ color: 'var(--maille-dimmed)' }}>{text('never')}</span>
          ) : (
            <Ago ms={route.sinceMs} />
          ),
      },
      {
        id: 'changes',
        title: text('changes'),
        track: '8.5rem',
        alignRight: true,
        text: ({ changes }) => String(changes),
        sortKey: ({ changes }) => changes,
        cell: ({ changes }) => format.number(changes),
      },
      {
        id: 'seen',
        title: text('seen'),
        track: '9rem',
        text: ({ lastSeenMs }) => format.dateTime(lastSeenMs),
        sortKey: ({ lastSeenMs }) => lastSeenMs,
        cell: ({ lastSeenMs }) => <Ago ms={lastSeenMs} />,
      },
    ],
    [text, words, format, nameOf],
  );
}
