/**
 * The sensor's own bound on what it sends, whatever it is asked for: this is a tool to watch one's own
 * addresses, and a mistake elsewhere must not make it a flood. So many probes a second in all, and so many
 * into one prefix (a /24, a /64); and where the machine's administrator has named prefixes, nothing outside
 * of them. What is over a rate waits, and comes in when there is room again; what is outside stays outside.
 */
import { parseIpAddress, unmapIpAddress } from '@maille/base/ip-address';
import type { SensorTarget } from '@maille/wire/sensor/messages';
import type { OwnPrefixes } from './own-prefixes.ts';

export interface RateBounds {
  perSecond: number;
  /** Into one /24, and into one /64. */
  perSecondOfPrefix: { 4: number; 6: number };
  /** Absent: any address. */
  ownPrefixes?: OwnPrefixes | undefined;
}

export const defaultRateBounds: RateBounds = {
  perSecond: 60_000,
  // Every address of a /24 in four ways, once a second. A /64 has no size that says how many it may be.
  perSecondOfPrefix: { 4: 1_024, 6: 20_000 },
};

/** What a list or a change becomes within the bounds. */
export interface GuardedChange {
  put: SensorTarget[];
  remove: number[];
}

export interface RateGuard {
  setTargets(targets: readonly SensorTarget[]): SensorTarget[];
  change(put: readonly SensorTarget[], remove: readonly number[]): GuardedChange;
  /** Targets that are not probed, and the bound that each met first; `outside`: the own prefixes. */
  readonly held: Readonly<Record<'total' | 'prefix' | 'outside', number>>;
}

interface Admitted {
  perSecond: number;
  prefix: string;
}

export function createRateGuard(bounds: RateBounds): RateGuard {
  const admitted = new Map<number, Admitted>();
  const perPrefix = new Map<string, number>();
  const waiting = new Map<number, SensorTarget>();
  /** No room makes these fit, so they do not wait. */
  const outside = new Set<number>();
  const held = { total: 0, prefix: 0, outside: 0 };
  let perSecond = 0;

  const forget = (id: number) => {
    waiting.delete(id);
    outside.delete(id);
    const known = admitted.get(id);
    if (!known) return;
    admitted.delete(id);
    perSecond -= known.perSecond;
    const left = (perPrefix.get(known.prefix) ?? 0) - known.perSecond;
    if (left > SLACK) perPrefix.set(known.prefix, left);
    else perPrefix.delete(known.prefix);
  };

  /** Undefined, or the bound that is in the way. */
  const admit = (target: SensorTarget): 'total' | 'prefix' | 'outside' | undefined => {
    if (bounds.ownPrefixes?.includes(target.address) === false) return 'outside';
    const own = 1_000 / target.intervalMs;
    if (perSecond + own > bounds.perSecond + SLACK) return 'total';
    const prefix = prefixKeyOf(target.address);
    const ofPrefix = (perPrefix.get(prefix) ?? 0) + own;
    if (ofPrefix > bounds.perSecondOfPrefix[prefix.includes(':') ? 6 : 4] + SLACK) return 'prefix';
    admitted.set(target.id, { perSecond: own, prefix });
    perSecond += own;
    perPrefix.set(prefix, ofPrefix);
    return undefined;
  };

  /** Takes them in as far as they fit; those that do not, wait. */
  const admitAll = (targets: Iterable<SensorTarget>): SensorTarget[] => {
    const fitting: SensorTarget[] = [];
    for (const target of [...targets]) {
      const obstacle = admit(target);
      if (obstacle === 'outside') outside.add(target.id);
      else if (obstacle) {
        held[obstacle]++;
        waiting.set(target.id, target);
      } else {
        waiting.delete(target.id);
        fitting.push(target);
      }
    }
    held.outside = outside.size;
    return fitting;
  };

  return {
    held,
    setTargets(targets) {
      admitted.clear();
      perPrefix.clear();
      waiting.clear();
      outside.clear();
      perSecond = 0;
      held.total = held.prefix = 0;
      return admitAll(targets);
    },
    change(put, remove) {
      for (const id of remove) forget(id);
      const before = new Set(put.filter(({ id }) => admitted.has(id)).map(({ id }) => id));
      for (const { id } of put) forget(id);
      const candidates = [...put, ...waiting.values()];
      held.total = held.prefix = 0;
      const fitting = admitAll(candidates);
      for (const { id } of fitting) before.delete(id);
      // What was probed, and does not fit as it is wanted now, is not probed as it was either.
      return { put: fitting, remove: [...remove, ...before] };
    },
  };
}

/** Sums of fractions are not exact. */
const SLACK = 1e-6;

/** The /24 or /64 that an address lies in, as a key. */
export function prefixKeyOf(address: string): string {
  const parsed = parseIpAddress(address);
  if (!parsed) return address; // refused by whoever would probe it
  const { family, bytes } = unmapIpAddress(parsed);
  return family === 4 ? bytes.subarray(0, 3).join('.') : bytes.subarray(0, 8).join(':');
}
