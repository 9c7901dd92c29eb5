/**
 * A load experiment within the sensor's own bounds, whatever server and agent say: so many probes a second
 * in all, and into a prefix that the Internet carries no more than everyday probes may be. What is private
 * can only be the operator's own. Where the machine has own prefixes, nothing outside of them is touched.
 */
import { parseIpAddress, unmapIpAddress } from '@maille/base/ip-address';
import { isPrivateAddress } from '@maille/base/own-addresses';
import { Problem } from '@maille/base/problem';
import type { ExperimentPlan } from '@maille/wire/experiment';
import { OUTSIDE_REMEDY } from '../probe/own-prefixes.ts';
import { prefixKeyOf, type RateBounds } from '../probe/rate-guard.ts';

/** Throws a Problem: `forbidden` for an address outside the machine's own prefixes, else `too-many`. */
export function requireSensorBounds({ addresses, toRate }: ExperimentPlan, bounds: RateBounds): void {
  const refuse = (perSecond: number, bound: number, where: string) => {
    if (perSecond > bound)
      throw new Problem('too-many', `${perSecond} probes a second ${where} are over this sensor’s ${bound}`);
  };
  addresses.forEach((text, i) => {
    if (bounds.ownPrefixes?.includes(text) !== false) return;
    throw new Problem('forbidden', `${text} is outside the own prefixes of this machine`, {
      field: `/plan/addresses/${i}`,
      remedy: OUTSIDE_REMEDY,
    });
  });
  refuse(toRate * addresses.length, bounds.perSecond, 'in all');
  const perPrefix = new Map<string, number>();
  for (const text of addresses) {
    const parsed = parseIpAddress(text);
    const address = parsed && unmapIpAddress(parsed);
    if (!address || isPrivateAddress(address)) continue;
    const key = prefixKeyOf(text);
    const perSecond = (perPrefix.get(key) ?? 0) + toRate;
    perPrefix.set(key, perSecond);
    refuse(perSecond, bounds.perSecondOfPrefix[address.family], `into the prefix of ${text}`);
  }
}
