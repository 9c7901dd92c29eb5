/** What a table is told: its rows, its columns, and what stands in the URL. */
import type { ReactNode } from 'react';
import type { RowId, Sort } from './row-order.ts';

export interface Column<Row> {
  id: string;
  title: string;
  /** A grid track: `8rem`, `minmax(10rem, 2fr)`. */
  track: string;
  cell: (row: Row) => ReactNode;
  /** For filtering, exporting, and sorting unless `sortKey` says otherwise. */
  text: (row: Row) => string;
  sortKey?: (row: Row) => number | string;
  alignRight?: boolean;
  /** Shown only when chosen. */
  optional?: boolean;
  /** On a phone: the card's first line, its second, its end, or not at all. */
  phone?: 'title' | 'meta' | 'end';
}

export interface DataTableProps<Row> {
  /** Names the table: for assistive technology, for the export, for the columns that are remembered. */
  name: string;
  id: string;
  rows: readonly Row[];
  rowId: (row: Row) => RowId;
  rowName: (row: Row) => string;
  columns: readonly Column<Row>[];
  filter: string;
  onFilter: (filter: string) => void;
  sort: Sort;
  onSort: (sort: Sort) => void;
  selected?: ReadonlySet<RowId>;
  onSelect?: (selected: ReadonlySet<RowId>) => void;
  onOpen?: (row: Row) => void;
  /** Buttons over the table. */
  tools?: ReactNode;
  /** Replaces the tools while rows are chosen. */
  selectionTools?: ReactNode;
  empty?: ReactNode;
  /** Height of the scrolling part; tall by default. */
  maxHeight?: string;
}
