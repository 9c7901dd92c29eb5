/**
 * One read for all who wait for it. A read that has begun may miss what came since, so who comes meanwhile
 * gets the next one; that one serves all of them. So a thousand pages that come back after a restart cost
 * two reads, one after the other, and share what was read.
 */
export function shareNext<T>(read: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return () => {
    next ??= running.then(() => {
      next = undefined;
      const begun = read();
      running = begun.catch(() => {});
      return begun;
    });
    return next;
  };
}
