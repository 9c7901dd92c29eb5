/** Audit: newest first and live; a search asks the server, older entries come on demand. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { type AuditEntry, listAudit } from '@maille/wire/rest/operations';
import { Button, Code, Loader, Modal, Stack, Text, UnstyledButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { appText } from '../../app/app-text.ts';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { FactsList } from '../../parts/facts-list.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { StateMark } from '../../parts/state-mark.tsx';
import { DataTable } from '../../table/data-table.tsx';
import { formatSort, parseSort } from '../../table/row-order.ts';
import type { Column } from '../../table/table-props.ts';
import { actionText } from './action-text.ts';
import { auditText } from './audit-text.ts';

const PAGE = 500;
const tones = { done: 'calm', refused: 'notable', failed: 'severe' } as const;
const byId = (entry: AuditEntry) => entry.id;
const entryName = (entry: AuditEntry) => entry.action;

export function AuditPage() {
  const text = useText(auditText);
  const app = useText(appText);
  const call = useCall();
  const navigate = useNavigate({ from: '/settings/audit' });
  const { q = '', sort } = useSearch({ from: '/settings/audit' });
  const [search] = useDebouncedValue(q.trim().slice(0, 100), 300);
  const [opened, setOpened] = useState<AuditEntry>();
  const live = useLive('audit').data;
  const { data, error, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['audit', search],
    initialPageParam: undefined as number | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(listAudit, {
        query: {
          limit: PAGE,
          ...(pageParam !== undefined && { before: pageParam }),
          ...(search !== '' && { search }),
        },
        signal,
      }),
    getNextPageParam: (page) => page.nextBefore,
  });
  const entries = useMemo(() => {
    const known = new Map<number, AuditEntry>();
    for (const page of data?.pages ?? []) for (const entry of page.entries) known.set(entry.id, entry);
    // While nothing is searched for, what happens now joins at the top.
    if (search === '') for (const entry of live ?? []) known.set(entry.id, entry);
    return [...known.values()].sort((a, b) => b.id - a.id);
  }, [data, live, search]);
  const columns = useAuditColumns(setOpened);

  return (
    <>
      <PageHead title={text('title')} lede={text('lede')} />
      {error && <ProblemAlert error={error} />}
      {!data && !error && <Loader aria-label={app('loading')} />}
      {data && (
        <Stack gap="md">
          <DataTable
            id="audit"
            name={text('title')}
            rows={entries}
            rowId={byId}
            rowName={entryName}
            columns={columns}
            filter={q}
            onFilter={(filter) =>
              void navigate({ search: (before) => ({ ...before, q: filter || undefined }), replace: true })
            }
            sort={parseSort(sort, { column: 'when', descending: true })}
            onSort={(next) =>
              void navigate({ search: (before) => ({ ...before, sort: formatSort(next) }), replace: true })
            }
            onOpen={setOpened}
            empty={text('empty')}
          />
          {hasNextPage && (
            <Button
              variant="default"
              loading={isFetchingNextPage}
              onClick={() => void fetchNextPage()}
              style={{ alignSelf: 'center' }}
            >
              {text('older')}
            </Button>
          )}
        </Stack>
      )}
      <EntryDialog entry={opened} onClose={() => setOpened(undefined)} />
    </>
  );
}

function useActionName(): (action: string) => string {
  const text = useText(actionText);
  return useCallback((action) => (action in actionText.en ? text(action as 'signIn') : action), [text]);
}

function useAuditColumns(onOpen: (entry: AuditEntry) => void): Column<AuditEntry>[] {
  const text = useText(auditText);
  const actionName = useActionName();
  const format = useFormat();
  return useMemo<Column<AuditEntry>[]>(
    () => [
      {
        id: 'when',
        title: text('when'),
        track: '12rem',
        phone: 'meta',
        text: ({ atMs }) => format.dateTime(atMs),
        sortKey: ({ id }) => id,
        cell: ({ atMs }) => format.dateTime(atMs),
      },
      {
        id: 'who',
        title: text('who'),
        track: 'minmax(8rem, 1.2fr)',
        phone: 'meta',
        text: ({ actor }) => actor,
        cell: ({ actor }) => actor,
      },
      {
        id: 'action',
        title: text('action'),
        track: 'minmax(13rem, 1.6fr)',
        phone: 'title',
        text: ({ action }) => actionName(action),
        cell: (entry) => (
          <UnstyledButton
            className="maille-link"
            onClick={() => onOpen(entry)}
            fz="inherit"
            maw="100%"
            display="block"
          >
            <Text span inherit truncate display="block">
              {actionName(entry.action)}
            </Text>
          </UnstyledButton>
        ),
      },
      {
        id: 'subject',
        title: text('subject'),
        track: 'minmax(9rem, 2fr)',
        text: ({ subject }) => subject,
        cell: ({ subject }) => subject || '—',
      },
      {
        id: 'outcome',
        title: text('outcome'),
        track: '7rem',
        phone: 'meta',
        text: ({ outcome }) => text(outcome),
        cell: ({ outcome }) => <StateMark tone={tones[outcome]} label={text(outcome)} />,
      },
      {
        id: 'address',
        title: text('address'),
        track: '9rem',
        text: ({ address }) => address,
        cell: ({ address }) => <span className="maille-mono">{address}</span>,
      },
      {
        id: 'kind',
        title: text('kind'),
        track: '6rem',
        optional: true,
        text: ({ actorKind }) => text(actorKind),
        cell: ({ actorKind }) => text(actorKind),
      },
      {
        id: 'detail',
        title: text('detail'),
        track: 'minmax(12rem, 3fr)',
        optional: true,
        text: ({ detail }) => detail,
        cell: ({ detail }) => <span className="maille-mono">{detail}</span>,
      },
    ],
    [text, actionName, format, onOpen],
  );
}

function EntryDialog({ entry, onClose }: { entry: AuditEntry | undefined; onClose: () => void }) {
  const text = useText(auditText);
  const app = useText(appText);
  const format = useFormat();
  return (
    <Modal
      opened={entry !== undefined}
      onClose={onClose}
      title={text('entry', { id: entry?.id ?? 0 })}
      size="lg"
      closeButtonProps={{ 'aria-label': app('close') }}
    >
      {entry && (
        <Stack gap="md">
          <FactsList
            facts={[
              [text('when'), format.dateTime(entry.atMs)],
              [text('who'), `${entry.actor} (${text(entry.actorKind)})`],
              [text('action'), <Code key="a">{entry.action}</Code>],
              [text('subject'), entry.subject || '—'],
              [
                text('outcome'),
                <StateMark key="o" tone={tones[entry.outcome]} label={text(entry.outcome)} />,
              ],
              [text('address'), entry.address || '—'],
            ]}
          />
          {entry.detail && <Code block>{readable(entry.detail)}</Code>}
        </Stack>
      )}
    </Modal>
  );
}

function readable(detail: string): string {
  try {
    return JSON.stringify(JSON.parse(detail), null, 2);
  } catch {
    return detail;
  }
}
