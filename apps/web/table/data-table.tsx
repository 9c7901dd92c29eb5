/**
 * A table that holds ten thousand rows without pages: only those in sight are in the document. It sorts,
 * filters, chooses columns, exports, and on a phone becomes a list of two-line cards.
 */

import { csvText } from '@maille/base/csv';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { localeOf } from '@maille/ui/language/catalogue';
import { useLanguage, useText } from '@maille/ui/language/language.tsx';
import { ActionIcon, Group, Menu, NativeSelect, TextInput, Tooltip } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useDeferredValue, useMemo, useRef, useState } from 'react';
import { usePageKeys } from '../shell/use-shortcuts.ts';
import { downloadText } from './download-file.ts';
import { keepOrder, type RowId, sortRows } from './row-order.ts';
import type { Column, DataTableProps } from './table-props.ts';
import { TableRows } from './table-rows.tsx';
import { tableText } from './table-text.ts';
import { useStoredColumns } from './use-stored-columns.ts';

export function DataTable<Row>(props: DataTableProps<Row>) {
  const { rows, rowId, columns, filter, sort, selected } = props;
  const text = useText(tableText);
  const language = useLanguage();
  const phone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const [shownColumns, setShownColumns] = useStoredColumns(props.id, columns);
  const deferredFilter = useDeferredValue(filter);
  const [pointing, setPointing] = useState(false);
  const order = useRef<RowId[]>([]);
  const filterField = useRef<HTMLInputElement>(null);
  usePageKeys({ f: () => filterField.current?.focus() });

  const compare = useMemo(
    () => new Intl.Collator(localeOf(language), { numeric: true, sensitivity: 'base' }).compare,
    [language],
  );
  const filtered = useMemo(() => {
    const parts = deferredFilter.toLowerCase().split(/\s+/).filter(Boolean);
    if (parts.length === 0) return rows;
    return rows.filter((row) => {
      const all = columns
        .map((column) => column.text(row))
        .join('\n')
        .toLowerCase();
      return parts.every((part) => all.includes(part));
    });
  }, [rows, columns, deferredFilter]);
  const sorted = useMemo(() => {
    const column = columns.find(({ id }) => id === sort.column) ?? (columns[0] as Column<Row>);
    return sortRows(filtered, column.sortKey ?? column.text, sort.descending, compare);
  }, [filtered, columns, sort, compare]);
  const frozenFor = useRef('');
  const question = `${sort.column} ${sort.descending} ${deferredFilter}`;
  const shown = useMemo(() => {
    // A new question is answered at once, wherever the pointer is.
    const asked = frozenFor.current !== question;
    frozenFor.current = question;
    const next = pointing && !asked ? keepOrder(sorted, rowId, order.current) : sorted;
    order.current = next.map(rowId);
    return next;
  }, [sorted, pointing, rowId, question]);

  const visible = columns.filter(({ id }) => shownColumns.has(id));
  const exportCsv = () =>
    downloadText(
      `${props.id}.csv`,
      'text/csv',
      csvText(
        visible.map(({ title }) => title),
        shown.map((row) => visible.map((column) => column.text(row))),
      ),
    );

  /** Nothing to filter, sort or export: the sentence that teaches stands alone. */
  const bare = rows.length === 0 && filter === '';
  const choosing = selected !== undefined && selected.size > 0;
  return (
    <div style={{ minWidth: 0 }}>
      {!bare && (
        <Group gap="sm" mb="sm">
          <TextInput
            ref={filterField}
            aria-label={text('filter')}
            placeholder={text('filter')}
            leftSection={<Icon name="filter" />}
            value={filter}
            onChange={(event) => props.onFilter(event.currentTarget.value)}
            style={{ flex: '1 1 6rem', maxWidth: '22rem' }}
            rightSection={
              filter !== '' && (
                <ActionIcon
                  variant="transparent"
                  color="gray"
                  aria-label={text('clear')}
                  onClick={() => props.onFilter('')}
                >
                  <Icon name="cross" size={12} />
                </ActionIcon>
              )
            }
          />
          {phone && (
            <NativeSelect
              aria-label={text('order')}
              value={sort.column}
              onChange={(event) => props.onSort({ ...sort, column: event.currentTarget.value })}
              data={columns.map(({ id, title }) => ({ value: id, label: title }))}
              style={{ flex: '0 0 auto', maxWidth: '100%' }}
            />
          )}
          {phone && (
            <ActionIcon
              variant="default"
              aria-label={text(sort.descending ? 'descending' : 'ascending')}
              onClick={() => props.onSort({ column: sort.column, descending: !sort.descending })}
            >
              <Icon name={sort.descending ? 'down' : 'up'} />
            </ActionIcon>
          )}
          {choosing ? props.selectionTools : props.tools}
          <Group gap={2} ml="auto">
            {!phone && (
              <Menu position="bottom-end" closeOnItemClick={false} withArrow>
                <Menu.Target>
                  <Tooltip label={text('columns')}>
                    <ActionIcon variant="subtle" color="gray" aria-label={text('columns')}>
                      <Icon name="table" />
                    </ActionIcon>
                  </Tooltip>
                </Menu.Target>
                <Menu.Dropdown>
                  {columns.map(({ id, title }, index) => (
                    <Menu.Item
                      key={id}
                      role="menuitemcheckbox"
                      aria-checked={shownColumns.has(id)}
                      disabled={index === 0}
                      leftSection={
                        shownColumns.has(id) ? <Icon name="check" /> : <span style={{ width: 16 }} />
                      }
                      onClick={() => setShownColumns(id, !shownColumns.has(id))}
                    >
                      {title}
                    </Menu.Item>
                  ))}
                </Menu.Dropdown>
              </Menu>
            )}
            <Tooltip label={text('export')}>
              <ActionIcon variant="subtle" color="gray" aria-label={text('export')} onClick={exportCsv}>
                <Icon name="download" />
              </ActionIcon>
            </Tooltip>
          </Group>
        </Group>
      )}
      <TableRows
        {...props}
        rows={shown}
        columns={visible}
        phone={phone}
        onPointing={setPointing}
        empty={rows.length === 0 ? props.empty : text('nothingFits')}
        foot={
          <>
            <span>
              {shown.length === rows.length
                ? text('rows', { count: rows.length })
                : text('rowsOf', { shown: shown.length, total: rows.length })}
            </span>
            {choosing && <span>{text('chosen', { count: selected.size })}</span>}
          </>
        }
      />
    </div>
  );
}
