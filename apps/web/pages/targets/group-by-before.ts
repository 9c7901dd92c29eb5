import type { Target, TargetChange } from '@maille/wire/rest/targets';

/** Targets that had the same before go back together. */
export function groupByBefore(
  targets: readonly Target[],
  change: TargetChange,
): { ids: number[]; change: TargetChange }[] {
  const fields = Object.keys(change) as (keyof TargetChange)[];
  const groups = new Map<string, { ids: number[]; change: TargetChange }>();
  for (const target of targets) {
    const before = Object.fromEntries(fields.map((field) => [field, target[field]])) as TargetChange;
    const key = JSON.stringify(before);
    const group = groups.get(key);
    if (group) group.ids.push(target.id);
    else groups.set(key, { ids: [target.id], change: before });
  }
  return [...groups.values()];
}
