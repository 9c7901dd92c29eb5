/** Which targets a filter lets through: every word must be found in address, label, prefix or tags. */
import type { Target } from '@maille/wire/rest/targets';

export function filterTargets(
  targets: ReadonlyMap<number, Target>,
  filter: string,
): ReadonlyMap<number, Target> {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return targets;
  const kept = new Map<number, Target>();
  for (const [id, target] of targets) {
    const all = [target.host, target.label, target.prefix, ...target.tags].join('\n').toLowerCase();
    if (words.every((word) => all.includes(word))) kept.set(id, target);
  }
  return kept;
}
