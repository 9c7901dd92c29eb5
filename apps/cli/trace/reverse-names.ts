/** Names of the routers on the way: asked for as each shows itself, all at once, never waited for long. */
import { Resolver } from 'node:dns/promises';
import type { Clock } from '@maille/base/clock';

export interface ReverseNames {
  /** Once, as soon as an address is known. */
  ask(address: string): void;
  /** Resolves when all that were asked for are there, or after a while. */
  settle(): Promise<void>;
  of(address: string): string | undefined;
  stop(): void;
}

const ANSWER_MS = 1_000;
/** From the first hop to the last. */
const SETTLE_MS = 2_000;
const MAX_NAME_CHARACTERS = 253;

export function createReverseNames(
  clock: Clock,
  resolver: Pick<Resolver, 'reverse' | 'cancel'> = new Resolver({ timeout: ANSWER_MS, tries: 1 }),
): ReverseNames {
  const names = new Map<string, string | undefined>();
  const asked = new Set<Promise<void>>();

  const look = async (address: string) => {
    try {
      const [name] = await resolver.reverse(address);
      if (name) names.set(address, name.slice(0, MAX_NAME_CHARACTERS));
    } catch {
      // Most routers have none.
    }
  };

  return {
    ask(address) {
      if (names.has(address)) return;
      names.set(address, undefined);
      const question = look(address.replace(/%.*/, '')).finally(() => asked.delete(question));
      asked.add(question);
    },
    async settle() {
      if (asked.size === 0) return;
      await new Promise<void>((resolve) => {
        const cancel = clock.after(SETTLE_MS, resolve);
        void Promise.all(asked).then(() => {
          cancel();
          resolve();
        });
      });
    },
    of: (address) => names.get(address),
    stop: () => resolver.cancel(),
  };
}
