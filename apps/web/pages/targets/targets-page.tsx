/** Targets: ten thousand rows in one table, added by the thousand, changed and deleted many at once. */
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { Anchor, Button, Loader, Text } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { appText } from '../../app/app-text.ts';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { useMay } from '../../app/session.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { usePageKeys } from '../../shell/use-shortcuts.ts';
import { DataTable } from '../../table/data-table.tsx';
import { formatSort, parseSort, type RowId } from '../../table/row-order.ts';
import { ChangeDialog } from './change-dialog.tsx';
import { PasteDialog } from './paste-dialog.tsx';
import { useTargetActions } from './target-actions.ts';
import { targetId, targetName, useTargetColumns } from './target-columns.tsx';
import { targetsText } from './targets-text.ts';

export function TargetsPage() {
  const text = useText(targetsText);
  const app = useText(appText);
  const may = useMay('operator');
  const { data, problem } = useLive('targets');
  const navigate = useNavigate({ from: '/targets' });
  const { q = '', sort, add } = useSearch({ from: '/targets' });
  const [selected, setSelected] = useState<ReadonlySet<RowId>>(new Set());
  const [changing, setChanging] = useState(false);
  const actions = useTargetActions();
  const columns = useTargetColumns();
  const targets = useMemo(() => [...(data?.targets.values() ?? [])], [data]);
  // What another person deleted meanwhile is no longer chosen.
  const chosen = useMemo(() => targets.filter(({ id }) => selected.has(id)), [targets, selected]);
  const setAdding = (adding: boolean) =>
    void navigate({ search: (before) => ({ ...before, add: adding ? '1' : undefined }), replace: true });
  usePageKeys(may ? { n: () => setAdding(true) } : {});

  return (
    <>
      <PageHead title={text('title')} lede={text('lede')}>
        {may && (
          <Button leftSection={<Icon name="plus" />} onClick={() => setAdding(true)}>
            {text('add')}
          </Button>
        )}
      </PageHead>
      {problem && <ProblemAlert error={problem} />}
      {data === undefined && !problem ? (
        <Loader aria-label={app('loading')} />
      ) : (
        <DataTable
          id="targets"
          name={text('title')}
          rows={targets}
          rowId={targetId}
          rowName={targetName}
          columns={columns}
          filter={q}
          onFilter={(filter) =>
            void navigate({ search: (before) => ({ ...before, q: filter || undefined }), replace: true })
          }
          sort={parseSort(sort, { column: 'host', descending: false })}
          onSort={(next) =>
            void navigate({ search: (before) => ({ ...before, sort: formatSort(next) }), replace: true })
          }
          onOpen={(target) => void navigate({ to: '/watch/target/$id', params: { id: String(target.id) } })}
          {...(may && { selected, onSelect: setSelected })}
          selectionTools={
            <>
              <Button
                variant="default"
                leftSection={<Icon name="pencil" />}
                onClick={() => setChanging(true)}
              >
                {text('changeCount', { count: chosen.length })}
              </Button>
              <Button
                variant="default"
                leftSection={<Icon name="trash" />}
                disabled={chosen.some(({ agents }) => agents.by === 'mesh')}
                onClick={() => {
                  setSelected(new Set());
                  actions.remove(chosen);
                }}
              >
                {text('removeCount', { count: chosen.length })}
              </Button>
              <Button variant="subtle" color="gray" onClick={() => setSelected(new Set())}>
                {text('clear')}
              </Button>
              {chosen.some(({ agents }) => agents.by === 'mesh') && (
                <Text size="sm" role="note">
                  {text('meshHint')}{' '}
                  <Anchor component={Link} to={'/watch/mesh' as never}>
                    {text('toMesh')}
                  </Anchor>
                </Text>
              )}
            </>
          }
          empty={
            <EmptyState icon="target" sentence={text('empty')}>
              {may && (
                <Button leftSection={<Icon name="plus" />} onClick={() => setAdding(true)}>
                  {text('add')}
                </Button>
              )}
            </EmptyState>
          }
        />
      )}
      {may && <PasteDialog opened={add !== undefined} onClose={() => setAdding(false)} />}
      {may && <ChangeDialog targets={chosen} opened={changing} onClose={() => setChanging(false)} />}
    </>
  );
}
