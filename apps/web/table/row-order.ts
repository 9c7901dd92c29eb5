/**
 * Which rows a table shows, in which order. While the pointer is over the rows the order stays as it was:
 * rows that went leave, new ones join at the end, and nothing jumps under a click.
 */
export interface Sort {
  column: string;
  descending: boolean;
}

export type SortKey = string | number;
export type RowId = string | number;

export function sortRows<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => SortKey,
  descending: boolean,
  compareText: (a: string, b: string) => number,
): Row[] {
  const keyed = rows.map((row, index) => ({ row, index, key: keyOf(row) }));
  const sign = descending ? -1 : 1;
  keyed.sort((a, b) => {
    const order =
      typeof a.key === 'number' && typeof b.key === 'number'
        ? a.key - b.key
        : compareText(String(a.key), String(b.key));
    return order === 0 ? a.index - b.index : sign * order;
  });
  return keyed.map(({ row }) => row);
}

/** The rows of `sorted` in the order that `frozen` had. */
export function keepOrder<Row>(
  sorted: readonly Row[],
  idOf: (row: Row) => RowId,
  frozen: readonly RowId[],
): Row[] {
  const byId = new Map(sorted.map((row) => [idOf(row), row]));
  const kept: Row[] = [];
  for (const id of frozen) {
    const row = byId.get(id);
    if (row === undefined) continue;
    kept.push(row);
    byId.delete(id);
  }
  for (const row of sorted) if (byId.has(idOf(row))) kept.push(row);
  return kept;
}

/** As it stands in the URL: `column`, or `-column` for descending. */
export function parseSort(text: string | undefined, otherwise: Sort): Sort {
  if (!text) return otherwise;
  return text.startsWith('-')
    ? { column: text.slice(1), descending: true }
    : { column: text, descending: false };
}

export function formatSort({ column, descending }: Sort): string {
  return descending ? `-${column}` : column;
}
