/**
 * What the overview knows of each target. It names those that do not answer, up to a bound: only where it has
 * named all of them does whoever is left answer.
 */
import type { Overview } from '@maille/wire/rest/operations';

export type KnownState =
  | { state: 'silent' | 'refusing' | 'noData' | 'answering' }
  | { state: 'notSent'; errno: number };

export function statesOf(told: Overview['targets'] | undefined): (id: number) => KnownState | undefined {
  const known = new Map<number, KnownState>();
  if (!told) return () => undefined;
  const kinds = [
    ['silent', told.silentIds],
    ['refusing', told.refusingIds],
    ['noData', told.noDataIds],
  ] as const;
  for (const [state, ids] of kinds) for (const id of ids) known.set(id, { state });
  told.notSentIds.forEach((id, i) => {
    known.set(id, { state: 'notSent', errno: told.notSentErrnos[i] ?? 0 });
  });
  const allNamed = known.size === told.silent + told.refusing + told.notSent + told.noData;
  return (id) => known.get(id) ?? (allNamed ? { state: 'answering' } : undefined);
}
