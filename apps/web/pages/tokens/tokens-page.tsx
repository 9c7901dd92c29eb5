/** API tokens: for programs that act in a person's name. */
import { useCall } from '@maille/ui/api/api.tsx';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { type ApiToken, deleteToken, listMyTokens } from '@maille/wire/rest/people';
import { Button, Loader } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useAction } from '../../app/action.tsx';
import { appText } from '../../app/app-text.ts';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { Ago } from '../../parts/ago.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { usePageKeys } from '../../shell/use-shortcuts.ts';
import { DataTable } from '../../table/data-table.tsx';
import type { Sort } from '../../table/row-order.ts';
import type { Column } from '../../table/table-props.ts';
import { CreateTokenDialog } from './create-token-dialog.tsx';
import { scopeWords } from './scope-words.ts';
import { tokensText } from './tokens-text.ts';

export const tokensKey = ['my-tokens'];
const byId = (token: ApiToken) => token.id;
const byName = (token: ApiToken) => token.name;

export function TokensPage() {
  const text = useText(tokensText);
  const app = useText(appText);
  const format = useFormat();
  const call = useCall();
  const act = useAction();
  const queries = useQueryClient();
  const navigate = useNavigate({ from: '/settings/tokens' });
  const { add } = useSearch({ from: '/settings/tokens' });
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState<Sort>({ column: 'name', descending: false });
  const { data, error } = useQuery({
    queryKey: tokensKey,
    queryFn: ({ signal }) => call(listMyTokens, { signal }),
  });
  const setCreating = (creating: boolean) =>
    void navigate({ search: (before) => ({ ...before, add: creating ? '1' : undefined }), replace: true });
  usePageKeys({ n: () => setCreating(true) });

  const columns = useMemo<Column<ApiToken>[]>(() => {
    const expires = ({ expiresAtMs }: ApiToken) =>
      expiresAtMs === undefined ? text('never') : format.date(expiresAtMs);
    const withdraw = (token: ApiToken) =>
      void act({
        doing: text('withdrawing', { name: token.name }),
        run: async () => {
          await call(deleteToken, { params: { id: token.id } });
          await queries.invalidateQueries({ queryKey: tokensKey });
        },
        done: () => text('withdrawn', { name: token.name }),
      });
    const scopes = (token: ApiToken) => scopeWords(text, token.scopes);
    return [
      {
        id: 'name',
        title: text('name'),
        track: 'minmax(9rem, 1.5fr)',
        phone: 'title',
        text: byName,
        cell: byName,
      },
      {
        id: 'scopes',
        title: text('scopes'),
        track: 'minmax(12rem, 3fr)',
        phone: 'meta',
        text: scopes,
        cell: scopes,
      },
      {
        id: 'prefix',
        title: text('begins'),
        track: '8rem',
        text: ({ prefix }) => prefix,
        cell: ({ prefix }) => <span className="maille-mono">{prefix}…</span>,
      },
      {
        id: 'expires',
        title: text('expires'),
        track: '8rem',
        text: expires,
        sortKey: ({ expiresAtMs }) => expiresAtMs ?? Number.MAX_SAFE_INTEGER,
        cell: expires,
      },
      {
        id: 'used',
        title: text('used'),
        track: '8rem',
        text: ({ lastUsedMs }) => (lastUsedMs === undefined ? text('unused') : format.dateTime(lastUsedMs)),
        sortKey: ({ lastUsedMs }) => -(lastUsedMs ?? 0),
        cell: ({ lastUsedMs }) => (lastUsedMs === undefined ? text('unused') : <Ago ms={lastUsedMs} />),
      },
      {
        id: 'actions',
        title: text('actions'),
        track: '8rem',
        phone: 'end',
        text: () => '',
        cell: (token) => (
          <Button size="compact-sm" variant="default" onClick={() => withdraw(token)}>
            {text('withdraw')}
          </Button>
        ),
      },
    ];
  }, [text, format, call, act, queries]);

  return (
    <>
      <PageHead title={text('title')} lede={text('lede')}>
        <Button leftSection={<Icon name="plus" />} onClick={() => setCreating(true)}>
          {text('create')}
        </Button>
      </PageHead>
      {error && <ProblemAlert error={error} />}
      {!data && !error && <Loader aria-label={app('loading')} />}
      {data && (
        <DataTable
          id="tokens"
          name={text('title')}
          rows={data.tokens}
          rowId={byId}
          rowName={byName}
          columns={columns}
          filter={filter}
          onFilter={setFilter}
          sort={sort}
          onSort={setSort}
          empty={
            <EmptyState icon="key" sentence={text('empty')}>
              <Button leftSection={<Icon name="plus" />} onClick={() => setCreating(true)}>
                {text('create')}
              </Button>
            </EmptyState>
          }
        />
      )}
      <CreateTokenDialog opened={add !== undefined} onClose={() => setCreating(false)} />
    </>
  );
}
