/**
 * How often and how many strangers may knock. A proof costs this server a signature and a lookup, and a
 * connection costs memory before anybody has said who they are: both are bounded an address and in all.
 */
import type { Clock } from '@maille/base/clock';
import { addressKey } from '../auth/attempt-limit.ts';

/** A site behind one address may bring many agents back at once after a restart of the server. */
const BURST = 100;
const A_SECOND = 20;
const MAX_UNPROVEN = 512;
const MAX_UNPROVEN_AN_ADDRESS = 64;
const MAX_ADDRESSES = 10_000;

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

export interface ConnectionGate {
  /** Undefined when this address must wait; else called once the connection is proven or gone. */
  enter(address: string): (() => void) | undefined;
  readonly refused: number;
}

export function createConnectionGate(clock: Clock): ConnectionGate {
  const buckets = new Map<string, Bucket>();
  const unproven = new Map<string, number>();
  let unprovenInAll = 0;
  let refused = 0;

  function takeToken(address: string): boolean {
    const nowMs = clock.monoMs();
    const known = buckets.get(address) ?? { tokens: BURST, filledAtMs: nowMs };
    const tokens = Math.min(BURST, known.tokens + ((nowMs - known.filledAtMs) / 1_000) * A_SECOND);
    // Deleted and set: the map's order is the order of last use, so the first is the one to forget.
    buckets.delete(address);
    if (buckets.size >= MAX_ADDRESSES) buckets.delete(buckets.keys().next().value as string);
    buckets.set(address, { tokens: tokens < 1 ? tokens : tokens - 1, filledAtMs: nowMs });
    return tokens >= 1;
  }

  return {
    enter(from) {
      const address = addressKey(from);
      const here = unproven.get(address) ?? 0;
      if (unprovenInAll >= MAX_UNPROVEN || here >= MAX_UNPROVEN_AN_ADDRESS || !takeToken(address)) {
        refused++;
        return undefined;
      }
      unproven.set(address, here + 1);
      unprovenInAll++;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        unprovenInAll--;
        const count = (unproven.get(address) ?? 1) - 1;
        if (count === 0) unproven.delete(address);
        else unproven.set(address, count);
      };
    },
    get refused() {
      return refused;
    },
  };
}
