/**
 * Names of routers, by reverse look-up: only when somebody looks, a few at a time, and remembered for a
 * while, also that there is none. Who asks waits a moment at most; what is not known then, is known the next
 * time. A name is whatever the owner of the address wrote there: only what can be a host name is shown.
 */
import { Resolver } from 'node:dns/promises';
import type { Clock } from '@maille/base/clock';

export interface RouterNamesOptions {
  clock: Clock;
  /** Throws or gives nothing where there is no name. */
  reverse?: (address: string) => Promise<string[]>;
  isOn(): boolean;
  maxKept?: number;
  maxAtOnce?: number;
  maxWaiting?: number;
}

export interface RouterNames {
  /** What is known of these by then, by address. */
  lookUp(addresses: readonly string[], patienceMs?: number): Promise<Record<string, string>>;
  /** Look-ups left out because too many waited. */
  readonly dropped: number;
}

const FOUND_MS = 3_600_000;
const NONE_MS = 600_000;
const PATIENCE_MS = 1_500;
const RESOLVER_TIMEOUT_MS = 2_000;
const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*$/;

/** The name as it may be shown; undefined when it is none. */
export function cleanHostName(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const name = text.replace(/\.$/, '');
  return HOST_NAME.test(name) ? name.toLowerCase() : undefined;
}

export function createRouterNames(options: RouterNamesOptions): RouterNames {
  const { clock, isOn, maxKept = 10_000, maxAtOnce = 8, maxWaiting = 1_000 } = options;
  const resolver = new Resolver({ timeout: RESOLVER_TIMEOUT_MS, tries: 1 });
  const reverse = options.reverse ?? ((address: string) => resolver.reverse(address));
  const kept = new Map<string, { name: string | undefined; untilMs: number }>();
  const asked = new Map<string, Promise<void>>();
  const waiting: (() => void)[] = [];
  let running = 0;
  let dropped = 0;

  function keep(address: string, name: string | undefined): void {
    kept.delete(address);
    kept.set(address, { name, untilMs: clock.monoMs() + (name === undefined ? NONE_MS : FOUND_MS) });
    if (kept.size > maxKept) kept.delete(kept.keys().next().value as string);
  }
  const known = (address: string) => {
    const one = kept.get(address);
    return one && one.untilMs > clock.monoMs() ? one : undefined;
  };

  async function turn(): Promise<void> {
    if (running >= maxAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
  }
  function release(): void {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }

  function ask(address: string): Promise<void> | undefined {
    const already = asked.get(address);
    if (already) return already;
    if (asked.size >= maxWaiting) {
      dropped++;
      return undefined;
    }
    const answer = (async () => {
      await turn();
      try {
        keep(address, cleanHostName((await reverse(address))[0]));
      } catch {
        keep(address, undefined);
      } finally {
        release();
        asked.delete(address);
      }
    })();
    asked.set(address, answer);
    return answer;
  }

  return {
    async lookUp(addresses, patienceMs = PATIENCE_MS) {
      if (!isOn()) return {};
      const wanted = [...new Set(addresses)];
      const missing = wanted.filter((address) => !known(address)).flatMap((address) => ask(address) ?? []);
      if (missing.length > 0) {
        let cancel = () => {};
        const enough = new Promise<void>((resolve) => {
          cancel = clock.after(patienceMs, resolve);
        });
        await Promise.race([Promise.all(missing), enough]);
        cancel();
      }
      return Object.fromEntries(
        wanted.flatMap((address) => {
          const name = known(address)?.name;
          return name === undefined ? [] : [[address, name]];
        }),
      );
    },
    get dropped() {
      return dropped;
    },
  };
}
