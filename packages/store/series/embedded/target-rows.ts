/** Rollups of a block's targets on their way into a closed row; what comes later takes the place of what came before. */
import type { Rollup } from '../rollup.ts';
import { type RollupColumns, type RollupRow, rollupAt } from './rollup-columns.ts';

export interface TargetRows {
  /** `at`: a minute of the hour, or an hour of the day. */
  put(low: number, at: number, rollup: Rollup): void;
  add(low: number, columns: RollupColumns): void;
  all(test: (rollup: Rollup) => boolean): boolean;
  /** Rows ascending. */
  byTarget(): Map<number, RollupRow[]>;
}

export function createTargetRows(): TargetRows {
  const targets = new Map<number, Map<number, Rollup>>();
  const rows: TargetRows = {
    put(low, at, rollup) {
      const known = targets.get(low);
      if (known) known.set(at, rollup);
      else targets.set(low, new Map([[at, rollup]]));
    },
    add(low, columns) {
      for (let i = 0; i < columns.count; i++) rows.put(low, columns.at[i] as number, rollupAt(columns, i));
    },
    all: (test) => [...targets.values()].every((of) => [...of.values()].every(test)),
    byTarget: () =>
      new Map(
        [...targets].map(([low, of]) => [
          low,
          [...of].sort(([a], [b]) => a - b).map(([at, rollup]) => ({ at, rollup })),
        ]),
      ),
  };
  return rows;
}
