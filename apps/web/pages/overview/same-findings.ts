/** What many machines lack alike is said once, with the names of all. */
import type { OverviewItem } from '@maille/wire/rest/operations';

export function mergeSame(items: readonly OverviewItem[], list: (names: string[]) => string): OverviewItem[] {
  const groups = new Map<string, OverviewItem[]>();
  for (const item of items) {
    const key = `${item.kind} ${item.detail}`;
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()].map((group) => ({
    ...(group[0] as OverviewItem),
    subject: list([...new Set(group.map(({ subject }) => subject))]),
  }));
}
