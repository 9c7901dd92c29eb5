/**
 * The last hour in memory: the same compact blocks that the day files hold (exact to 10 ns and 1 µs), by
 * minute. It is a copy, never the truth: what it does not hold is read from the files. Bounded in bytes;
 * the oldest minute goes first.
 */
export interface RecentBlocks {
  /** From this minute on, what is not here is nowhere. */
  readonly completeFrom: number;
  /** No later minute is here. */
  readonly newest: number;
  readonly bytes: number;
  get(minute: number, agent: number, block: number): Uint8Array | undefined;
  /** Calls `visit` with every block of the minute. */
  eachOf(minute: number, visit: (agent: number, block: number, data: Uint8Array) => void): void;
  agents(minute: number): Iterable<number>;
  put(minute: number, agent: number, block: number, data: Uint8Array): void;
  /** Says that all of this minute has been put, and all later ones. */
  completeSince(minute: number): void;
  evictBefore(minute: number): void;
}

const ROW_OVERHEAD_BYTES = 200; // what V8 takes for a small array of its own

export function createRecentBlocks(maxBytes: number): RecentBlocks {
  const minutes = new Map<number, Map<number, Map<number, Uint8Array>>>();
  let completeFrom = Number.POSITIVE_INFINITY;
  let newest = Number.NEGATIVE_INFINITY;
  let bytes = 0;

  const drop = (minute: number) => {
    for (const blocks of minutes.get(minute)?.values() ?? []) {
      for (const data of blocks.values()) bytes -= data.length + ROW_OVERHEAD_BYTES;
    }
    minutes.delete(minute);
    completeFrom = Math.max(completeFrom, minute + 1);
  };

  return {
    get completeFrom() {
      return completeFrom;
    },
    get newest() {
      return newest;
    },
    get bytes() {
      return bytes;
    },
    get: (minute, agent, block) => minutes.get(minute)?.get(agent)?.get(block),
    eachOf(minute, visit) {
      for (const [agent, blocks] of minutes.get(minute) ?? []) {
        for (const [block, data] of blocks) visit(agent, block, data);
      }
    },
    agents: (minute) => minutes.get(minute)?.keys() ?? [],
    put(minute, agent, block, data) {
      const agents = minutes.get(minute) ?? new Map<number, Map<number, Uint8Array>>();
      minutes.set(minute, agents);
      const blocks = agents.get(agent) ?? new Map<number, Uint8Array>();
      agents.set(agent, blocks);
      const before = blocks.get(block);
      bytes += data.length + ROW_OVERHEAD_BYTES;
      if (before) bytes -= before.length + ROW_OVERHEAD_BYTES;
      blocks.set(block, data);
      newest = Math.max(newest, minute);
      while (bytes > maxBytes && minutes.size > 1) drop(Math.min(...minutes.keys()));
    },
    completeSince(minute) {
      completeFrom = Math.min(completeFrom, minute);
    },
    evictBefore(minute) {
      for (const old of [...minutes.keys()]) if (old < minute) drop(old);
      completeFrom = Math.max(completeFrom, minute);
    },
  };
}
