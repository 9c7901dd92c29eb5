/**
 * What `main.ts` wires by hand is stopped in the reverse order of its start, each part within a bound,
 * so that Ctrl-C always ends a process and says which part would not stop.
 */
export interface Part {
  stop(): Promise<void> | void;
}

export interface Lifecycle {
  /** Registers a part that has started; returns it, so that wiring reads as one line. */
  add<T extends Part>(name: string, part: T): T;
  /** Stops every part, last first. Calling it again waits for the same stop. */
  stop(): Promise<StopReport>;
}

export interface StopReport {
  /** Parts that threw or did not stop in time, with the reason. */
  failed: { name: string; reason: string }[];
}

export function createLifecycle(stopTimeoutMs = 5_000): Lifecycle {
  const parts: { name: string; part: Part }[] = [];
  let stopping: Promise<StopReport> | undefined;

  async function stopOne(part: Part): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`did not stop within ${stopTimeoutMs} ms`)), stopTimeoutMs);
    });
    try {
      await Promise.race([part.stop(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    add(name, part) {
      parts.push({ name, part });
      return part;
    },
    stop() {
      stopping ??= (async () => {
        const failed: StopReport['failed'] = [];
        for (const { name, part } of parts.reverse()) {
          try {
            await stopOne(part);
          } catch (error) {
            failed.push({ name, reason: error instanceof Error ? error.message : String(error) });
          }
        }
        return { failed };
      })();
      return stopping;
    },
  };
}
