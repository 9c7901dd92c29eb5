/**
 * How often a key (an address, a login) may try. Windows of fixed length, in a bounded table: an
 * attacker with many addresses makes us forget old keys, never grow.
 */

import { enclosingCidr, formatCidr } from '@maille/base/cidr';
import type { Clock } from '@maille/base/clock';
import { parseIpAddress } from '@maille/base/ip-address';
import { Problem } from '@maille/base/problem';

export interface AttemptLimit {
  /** Counts one attempt. Throws a Problem `too-many` beyond the bound. */
  take(key: string): void;
  /** Forgets a key's attempts, after a success. */
  clear(key: string): void;
}

export interface AttemptLimitOptions {
  clock: Clock;
  attempts: number;
  windowMs: number;
  maxKeys?: number;
}

export function createAttemptLimit({
  clock,
  attempts,
  windowMs,
  maxKeys = 10_000,
}: AttemptLimitOptions): AttemptLimit {
  const windows = new Map<string, { endsMs: number; count: number }>();
  return {
    take(key) {
      const nowMs = clock.monoMs();
      let window = windows.get(key);
      if (!window || window.endsMs <= nowMs) {
        windows.delete(key);
        if (windows.size >= maxKeys) windows.delete(windows.keys().next().value as string);
        window = { endsMs: nowMs + windowMs, count: 0 };
        windows.set(key, window);
      }
      if (window.count >= attempts) {
        const retryAfterSeconds = Math.max(1, Math.ceil((window.endsMs - nowMs) / 1_000));
        throw new Problem('too-many', `too many attempts; try again in ${retryAfterSeconds} s`, {
          retryAfterSeconds,
        });
      }
      window.count++;
    },
    clear(key) {
      windows.delete(key);
    },
  };
}

/** One household or host of IPv6 owns a /64: its addresses count as one. */
export function addressKey(address: string): string {
  const bare = address.startsWith('::ffff:') ? address.slice(7) : address;
  const parsed = parseIpAddress(bare);
  if (parsed?.family !== 6) return bare;
  return formatCidr(enclosingCidr({ family: 6, bytes: parsed.bytes }, 64));
}
