/** The targets that a person means, by number or by address; all are found, or none is touched. */
import { canonicalIpAddress } from '@maille/base/ip-address';
import { Problem } from '@maille/base/problem';
import type { Target } from '@maille/wire/rest/targets';

export function chooseTargets(targets: Target[], words: string[]): Target[] {
  const byId = new Map(targets.map((target) => [String(target.id), target]));
  const byHost = new Map(targets.map((target) => [target.host, target]));
  const chosen = words.map((word) => {
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
