/** Things that wait for a short while: bounded in number, oldest first to go, and in age. */
import type { Clock } from '@maille/base/clock';

export interface ExpiringMap<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  delete(key: K): void;
}

export function createExpiringMap<K, V>(
  clock: Clock,
  lifetimeMs: number,
  maxEntries: number,
): ExpiringMap<K, V> {
  const entries = new Map<K, { value: V; endsMs: number }>();
  return {
    get(key) {
      const entry = entries.get(key);
      return entry && entry.endsMs > clock.monoMs() ? entry.value : undefined;
    },
    set(key, value) {
      entries.delete(key);
      if (entries.size >= maxEntries) entries.delete(entries.keys().next().value as K);
      entries.set(key, { value, endsMs: clock.monoMs() + lifetimeMs });
    },
    delete(key) {
      entries.delete(key);
    },
  };
}
