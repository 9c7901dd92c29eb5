/**
 * Reads that go through much of what is stored. Each gives way every few milliseconds, but a hundred side by
 * side would still take the thread from samples and live pages, and hold a hundred answers in memory. So a
 * few are done at once, and whoever waits has turns by caller: who asks for fifty charts delays themselves.
 * What has no place any more is refused at once, with the time after which to come again.
 */
import { Problem } from '@maille/base/problem';

export interface HeavyReads {
  /** A place for a request until its answer has been taken, by the function that it returns. */
  enter(caller: string): () => void;
  /** Waits for the caller's turn. What takes turns again and again bounds by itself how much of it there is. */
  turn<T>(caller: string, work: () => Promise<T> | T): Promise<T>;
}

export interface HeavyReadsBounds {
  atOnce: number;
  /** Waiting, being read, and on their way to who asked. */
  places: number;
  placesACaller: number;
}

/** Three browser tabs ask for 18 things at once; a minute of ten thousand targets is an answer of 11 MB. */
const BOUNDS: HeavyReadsBounds = { atOnce: 2, places: 64, placesACaller: 24 };

export function createHeavyReads({ atOnce, places, placesACaller }: HeavyReadsBounds = BOUNDS): HeavyReads {
  const taken = new Map<string, number>();
  let takenInAll = 0;
  /** In the order of turns. */
  const waiting = new Map<string, (() => void)[]>();
  let running = 0;

  function begin(): void {
    for (const [caller, queue] of waiting) {
      if (running >= atOnce) return;
      waiting.delete(caller);
      const start = queue.shift() as () => void;
      if (queue.length > 0) waiting.set(caller, queue);
      running++;
      start();
    }
  }

  return {
    enter(caller) {
      const here = taken.get(caller) ?? 0;
      if (here >= placesACaller)
        throw new Problem('too-many', `${placesACaller} reads of the past at a time is the bound`, {
          remedy: 'Wait for the answers of the others.',
          retryAfterSeconds: 2,
        });
      if (takenInAll >= places)
        throw new Problem('unavailable', 'too many people read the past at the moment', {
          remedy: 'Try again in a moment.',
          retryAfterSeconds: 5,
        });
      taken.set(caller, here + 1);
      takenInAll++;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        takenInAll--;
        const others = (taken.get(caller) ?? 1) - 1;
        if (others === 0) taken.delete(caller);
        else taken.set(caller, others);
      };
    },
    async turn(caller, work) {
      await new Promise<void>((resolve) => {
        const queue = waiting.get(caller);
        if (queue) queue.push(resolve);
        else waiting.set(caller, [resolve]);
        begin();
      });
      try {
        return await work();
      } finally {
        running--;
        begin();
      }
    },
  };
}
