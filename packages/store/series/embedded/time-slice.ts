/**
 * Long work in short pieces, so that whatever shares the thread is never kept waiting. Real time on
 * purpose, whatever clock the engine has been given: it is about the thread, not about the samples.
 */
export interface TimeSlice {
  /** True once this piece has taken its time: then `await pause()`. */
  due(): boolean;
  pause(): Promise<void>;
}

export function createTimeSlice(maxMs = 5): TimeSlice {
  let startedMs = performance.now();
  return {
    due: () => performance.now() - startedMs > maxMs,
    async pause() {
      await new Promise<void>((resolve) => setImmediate(resolve));
      startedMs = performance.now();
    },
  };
}
