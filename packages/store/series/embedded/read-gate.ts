/**
 * Many readers, or one change of what they see: samples move from a journal to the day files in one
 * moment, never while somebody reads, so that nothing is read twice or missed. A waiting change goes
 * before readers that come later.
 */
export interface ReadGate {
  read<T>(fn: () => Promise<T>): Promise<T>;
  change<T>(fn: () => T): Promise<T>;
}

export function createReadGate(): ReadGate {
  let readers = 0;
  let changing: Promise<unknown> | undefined;
  let lastReaderLeft: (() => void) | undefined;

  return {
    async read(fn) {
      while (changing) await changing;
      readers++;
      try {
        return await fn();
      } finally {
        readers--;
        if (readers === 0) lastReaderLeft?.();
      }
    },
    async change(fn) {
      while (changing) await changing;
      let done = () => {};
      changing = new Promise<void>((resolve) => {
        done = resolve;
      });
      try {
        if (readers > 0) {
          await new Promise<void>((resolve) => {
            lastReaderLeft = resolve;
          });
        }
        return fn();
      } finally {
        lastReaderLeft = undefined;
        changing = undefined;
        done();
      }
    },
  };
}
