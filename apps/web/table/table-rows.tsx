// biome-ignore-all lint/a11y/useSemanticElements: a table element cannot hold rows that are placed by hand
// biome-ignore-all lint/a11y/useFocusableInteractive: in a table (not a grid) rows and headers hold what is focused
/** The rows in sight of a DataTable, and the keys that walk through them. */
import { useText } from '@maille/ui/language/language.tsx';
import { Checkbox } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type KeyboardEvent, type ReactNode, useRef, useState } from 'react';
import classes from './data-table.module.css';
import type { RowId } from './row-order.ts';
import type { Column, DataTableProps } from './table-props.ts';
import { tableText } from './table-text.ts';

const ROW_PX = 32;
const CARD_PX = 56;

interface RowsProps<Row>
  extends Omit<DataTableProps<Row>, 'filter' | 'onFilter' | 'tools' | 'selectionTools'> {
  phone: boolean;
  onPointing: (pointing: boolean) => void;
  foot: ReactNode;
}

export function TableRows<Row>(props: RowsProps<Row>) {
  const { rows, columns, rowId, rowName, selected, onSelect, onOpen, sort, phone } = props;
  const text = useText(tableText);
  const scroll = useRef<HTMLDivElement>(null);
  const [cursor, setCursor] = useState<number>();
  const lastChosen = useRef<number>(undefined);
  const headPx = phone ? 0 : ROW_PX;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => (phone ? CARD_PX : ROW_PX),
    overscan: 12,
    scrollPaddingStart: headPx,
  });

  const choose = (index: number, through: boolean) => {
    if (!selected || !onSelect) return;
    const next = new Set(selected);
    const from = through && lastChosen.current !== undefined ? lastChosen.current : index;
    const on = !next.has(rowId(rows[index] as Row));
    for (let i = Math.min(from, index); i <= Math.max(from, index); i++) {
      const id = rowId(rows[i] as Row);
      if (on) next.add(id);
      else next.delete(id);
    }
    lastChosen.current = index;
    onSelect(next);
  };

  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = cursor === undefined ? undefined : rows[cursor];
    const moves: Record<string, number> = {
      j: 1,
      ArrowDown: 1,
      k: -1,
      ArrowUp: -1,
      PageDown: 15,
      PageUp: -15,
    };
    const step = moves[event.key];
    const to =
      event.key === 'Home'
        ? 0
        : event.key === 'End'
          ? rows.length - 1
          : step === undefined
            ? undefined
            : Math.min(rows.length - 1, Math.max(0, (cursor ?? -1) + step));
    if (to !== undefined && rows.length > 0) {
      event.preventDefault();
      setCursor(to);
      virtual.scrollToIndex(to);
    } else if (event.target === scroll.current && row !== undefined && cursor !== undefined) {
      if (event.key === 'Enter') onOpen?.(row);
      else if (event.key === 'x' || event.key === ' ') choose(cursor, event.shiftKey);
      else return;
      event.preventDefault();
    }
  };

  const allShown = selected !== undefined && rows.length > 0 && rows.every((row) => selected.has(rowId(row)));
  const tracks = [...(selected ? ['2.25rem'] : []), ...columns.map(({ track }) => track)].join(' ');
  const leastRem = columns.reduce(
    (sum, { track }) => sum + (Number(/[\d.]+(?=rem)/.exec(track)?.[0]) || 6),
    selected ? 2.25 : 0,
  );
  const frameStyle = {
    '--columns': tracks,
    '--least-width': phone ? '0' : `${leastRem}rem`,
    maxHeight: props.maxHeight ?? 'max(20rem, calc(100dvh - 15rem))',
  } as CSSProperties;

  return (
    <div className={classes.frame} style={frameStyle}>
      <div
        ref={scroll}
        className={classes.scroll}
        role="table"
        aria-label={props.name}
        aria-rowcount={rows.length + 1}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onKeyDown={onKey}
        onPointerEnter={(event) => event.pointerType === 'mouse' && props.onPointing(true)}
        onPointerLeave={() => props.onPointing(false)}
      >
        <div role="rowgroup" className={phone ? 'maille-visually-hidden' : undefined}>
          <div role="row" className={classes.head} aria-rowindex={1}>
            {selected && (
              <div role="columnheader" className={classes.check}>
                <Checkbox
                  size="xs"
                  aria-label={text('chooseAll')}
                  checked={allShown}
                  indeterminate={!allShown && selected.size > 0}
                  onChange={() => onSelect?.(allShown ? new Set() : new Set(rows.map(rowId)))}
                  {...(phone && { tabIndex: -1 })}
                />
              </div>
            )}
            {columns.map((column) => (
              <div
                key={column.id}
                role="columnheader"
                className={classes.cell}
                {...(column.alignRight && { 'data-right': true })}
                aria-sort={sort.column !== column.id ? 'none' : sort.descending ? 'descending' : 'ascending'}
              >
                <button
                  type="button"
                  className={classes.sort}
                  title={text('sortBy', { name: column.title })}
                  {...(phone && { tabIndex: -1 })}
                  onClick={() =>
                    props.onSort({
                      column: column.id,
                      descending: sort.column === column.id ? !sort.descending : false,
                    })
                  }
                >
                  {column.title}
                  {sort.column === column.id && (
                    <span className={classes.arrow} aria-hidden>
                      {sort.descending ? '▼' : '▲'}
                    </span>
                  )}
                </button>
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" className={classes.body} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index] as Row;
            const id: RowId = rowId(row);
            const isSelected = selected?.has(id) ?? false;
            return (
              <div
                key={id}
                role="row"
                aria-rowindex={item.index + 2}
                className={`${classes.row} ${phone ? classes.card : ''}`}
                style={{ top: item.start, height: item.size }}
                {...(isSelected && { 'data-selected': true })}
                {...(cursor === item.index && { 'data-cursor': true })}
              >
                {selected && (
                  <div role="cell" className={classes.check}>
                    <Checkbox
                      size={phone ? 'sm' : 'xs'}
                      aria-label={text('chooseRow', { name: rowName(row) })}
                      checked={isSelected}
                      onChange={() => {}}
                      onClick={(event) => choose(item.index, event.shiftKey)}
                    />
                  </div>
                )}
                {phone ? <Card row={row} columns={columns} /> : <Cells row={row} columns={columns} />}
              </div>
            );
          })}
        </div>
      </div>
      {rows.length === 0 && <div style={{ padding: '1rem' }}>{props.empty}</div>}
      <div className={classes.foot}>{props.foot}</div>
    </div>
  );
}

function Cells<Row>({ row, columns }: { row: Row; columns: readonly Column<Row>[] }) {
  return columns.map((column) => (
    <div
      key={column.id}
      role="cell"
      className={classes.cell}
      title={column.text(row)}
      {...(column.alignRight && { 'data-right': true })}
    >
      {column.cell(row)}
    </div>
  ));
}

function Card<Row>({ row, columns }: { row: Row; columns: readonly Column<Row>[] }) {
  const line = (which: Column<Row>['phone']) => columns.filter(({ phone }) => phone === which);
  return (
    <>
      <div role="cell" className={classes.cardText}>
        <div className={classes.cardTitle}>
          {line('title').map((column) => (
            <span key={column.id}>{column.cell(row)}</span>
          ))}
        </div>
        <div className={classes.cardMeta}>
          {line('meta')
            .filter((column) => column.text(row) !== '')
            .map((column) => (
              <span key={column.id}>{column.cell(row)}</span>
            ))}
        </div>
      </div>
      {line('end').map((column) => (
        <div role="cell" key={column.id}>
          {column.cell(row)}
        </div>
      ))}
    </>
  );
}
