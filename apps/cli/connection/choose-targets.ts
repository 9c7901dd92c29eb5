/** The targets that a person means, by number or by address (all that are probed there); all are found, or none is touched. */
import { canonicalIpAddress } from '@maille/base/ip-address';
import { Problem } from '@maille/base/problem';
import type { Target } from '@maille/wire/rest/targets';

export function chooseTargets(targets: Target[], words: string[]): Target[] {
  const byId = new Map(targets.map((target) => [String(target.id), target]));
  const byHost = Map.groupBy(targets, ({ host }) => host);
  const chosen = words.flatMap<Target | string>((word) => {
    const host = canonicalIpAddress(word) ?? word.toLowerCase();
    return byHost.get(host) ?? byId.get(word) ?? word;
  });
  const unknown = chosen.filter((one) => typeof one === 'string');
  if (unknown.length > 0) {
    throw new Problem('not-found', `there is no target ${unknown.slice(0, 5).join(', ')}`, {
      remedy: 'maille targets list',
    });
  }
  return [...new Set(chosen as Target[])];
}
