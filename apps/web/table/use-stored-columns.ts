/** Which columns of a table are shown: as this browser chose, else those that are not optional. */
import { useState } from 'react';

interface ColumnChoice {
  id: string;
  optional?: boolean;
}

export function useStoredColumns(
  tableId: string,
  columns: readonly ColumnChoice[],
): [shown: ReadonlySet<string>, set: (id: string, shown: boolean) => void] {
  const key = `maille.columns.${tableId}`;
  const [changes, setChanges] = useState<Record<string, boolean>>(() => {
    try {
      return JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, boolean>;
    } catch {
      return {};
    }
  });
  const shown = new Set(
    columns
      .filter(({ id, optional }, index) => index === 0 || (changes[id] ?? !optional))
      .map(({ id }) => id),
  );
  return [
    shown,
    (id, show) => {
      const next = { ...changes, [id]: show };
      setChanges(next);
      try {
        localStorage.setItem(key, JSON.stringify(next));
      } catch {
        // Then only until the page is reloaded.
      }
    },
  ];
}
