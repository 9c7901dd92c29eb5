/**
 * A load experiment within the sensor's own bounds, whatever server and agent say: so many probes a second
 * in all, and into a prefix that the Internet carries no more than everyday probes may be. What is private
 * can only be the operator's own.
 */
import { parseIpAddress } from '@maille/base/ip-address';
import { isPrivateAddress } from '@maille/base/own-addresses';
import { Problem } from '@maille/base/problem';
import type { ExperimentPlan } from '@maille/wire/experiment';
import { prefixKeyOf, type RateBounds } from '../probe/rate-guard.ts';

/** Throws a Problem `too-many`. */
export function requireSensorBounds({ addresses, toRate }: ExperimentPlan, bounds: RateBounds): void {
  const refuse = (perSecond: number, bound: number, where: string) => {
    if (perSecond > bound)
      throw new Problem('too-many', `${perSecond} probes a second ${where} are over this sensor’s ${bound}`);
  };
  refuse(toRate * addresses.length, bounds.perSecond, 'in all');
  const perPrefix = new Map<string, number>();
  for (const text of addresses) {
    const address = parseIpAddress(text);
    if (!address || isPrivateAddress(address)) continue;
    const key = prefixKeyOf(text);
    const perSecond = (perPrefix.get(key) ?? 0) + toRate;
    perPrefix.set(key, perSecond);
    refuse(perSecond, bounds.perSecondOfPrefix[address.family], `into the prefix of ${text}`);
  }
}
