/**
 * The last hour in memory: the same compact blocks that the day files hold (exact to 10 ns and 1 µs), by
 * minute and agent packed into one array, as thousands of small ones would cost a tenth more. An array is
 * made whole, ahead and in slices, and put in one step: ten agents' minute is 30 MB. It is a copy, never the
 * truth: what it does not hold is read from the files. Bounded in bytes; the oldest minute goes first.
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
  /** What is here of the minute and agent, with these blocks in place of those of before. */
  pack(minute: number, agent: number, blocks: readonly NewBlock[]): PackedMinute;
  put(packed: PackedMinute): void;
  /** Says that all of this minute has been put, and all later ones. */
  completeSince(minute: number): void;
  evictBefore(minute: number): void;
}

export interface NewBlock {
  block: number;
  data: Uint8Array;
}

export interface PackedMinute {
  minute: number;
  agent: number;
  /** Undefined where a block is too large. Nothing sends so much in a minute but by mistake: it is read from the files. */
  blocks: PackedBlocks | undefined;
  /** What it was made of: if that is not here any more, it is made anew. */
  base: PackedBlocks | undefined;
  added: ReadonlySet<number>;
}

interface PackedBlocks {
  data: Uint8Array;
  /** By block: where it begins times 2^20, and its length. */
  places: Map<number, number>;
}

const PLACE_BYTES = 48; // what V8 takes for an entry of a map
const MAX_BLOCK_BYTES = 2 ** 20;

export function createRecentBlocks(maxBytes: number): RecentBlocks {
  const minutes = new Map<number, Map<number, PackedBlocks>>();
  let completeFrom = Number.POSITIVE_INFINITY;
  let newest = Number.NEGATIVE_INFINITY;
  let bytes = 0;

  const sizeOf = ({ data, places }: PackedBlocks) => data.length + PLACE_BYTES * places.size;
  const drop = (minute: number) => {
    for (const packed of minutes.get(minute)?.values() ?? []) bytes -= sizeOf(packed);
    minutes.delete(minute);
    completeFrom = Math.max(completeFrom, minute + 1);
  };
  const at = ({ data, places }: PackedBlocks, block: number): Uint8Array | undefined => {
    const place = places.get(block);
    if (place === undefined) return undefined;
    const start = Math.floor(place / MAX_BLOCK_BYTES);
    return data.subarray(start, start + (place % MAX_BLOCK_BYTES));
  };

  const recent: RecentBlocks = {
    get completeFrom() {
      return completeFrom;
    },
    get newest() {
      return newest;
    },
    get bytes() {
      return bytes;
    },
    get(minute, agent, block) {
      const packed = minutes.get(minute)?.get(agent);
      return packed && at(packed, block);
    },
    eachOf(minute, visit) {
      for (const [agent, packed] of minutes.get(minute) ?? []) {
        for (const block of packed.places.keys()) visit(agent, block, at(packed, block) as Uint8Array);
      }
    },
    agents: (minute) => minutes.get(minute)?.keys() ?? [],
    pack(minute, agent, blocks) {
      const base = minutes.get(minute)?.get(agent);
      const added = new Set(blocks.map(({ block }) => block));
      if (blocks.some(({ data }) => data.length >= MAX_BLOCK_BYTES))
        return { minute, agent, blocks: undefined, base, added };
      const all = [...blocks];
      for (const block of base?.places.keys() ?? [])
        if (!added.has(block)) all.push({ block, data: at(base as PackedBlocks, block) as Uint8Array });
      let length = 0;
      for (const { data } of all) length += data.length;
      const packed: PackedBlocks = { data: new Uint8Array(length), places: new Map() };
      let start = 0;
      for (const { block, data } of all) {
        packed.data.set(data, start);
        packed.places.set(block, start * MAX_BLOCK_BYTES + data.length);
        start += data.length;
      }
      return { minute, agent, blocks: packed, base, added };
    },
    put({ minute, agent, blocks, base, added }) {
      if (!blocks) {
        drop(minute);
        return;
      }
      const agents = minutes.get(minute) ?? new Map<number, PackedBlocks>();
      minutes.set(minute, agents);
      const known = agents.get(agent);
      if (known !== base) {
        // The minute was read from the files, or dropped, since.
        const again = [...added].map((block) => ({ block, data: at(blocks, block) as Uint8Array }));
        recent.put(recent.pack(minute, agent, again));
        return;
      }
      if (known) bytes -= sizeOf(known);
      agents.set(agent, blocks);
      bytes += sizeOf(blocks);
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
  return recent;
}
