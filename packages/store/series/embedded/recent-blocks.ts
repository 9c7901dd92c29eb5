/**
 * The last hour in memory: the same compact blocks that the day files hold (exact to 10 ns and 1 µs), by
 * minute and agent packed into one array, as thousands of small ones would cost a tenth more. It is a copy,
 * never the truth: what it does not hold is read from the files. Bounded in bytes; the oldest minute goes
 * first.
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

interface PackedBlocks {
  data: Uint8Array;
  length: number;
  /** By block: where it begins times 2^20, and its length. */
  places: Map<number, number>;
}

const PLACE_BYTES = 48; // what V8 takes for an entry of a map
const MAX_BLOCK_BYTES = 2 ** 20;
const FIRST_BYTES = 8_192;

export function createRecentBlocks(maxBytes: number): RecentBlocks {
  const minutes = new Map<number, Map<number, PackedBlocks>>();
  let completeFrom = Number.POSITIVE_INFINITY;
  let newest = Number.NEGATIVE_INFINITY;
  let bytes = 0;
  /** Those with room that they may not need, or with blocks of which there is a newer one. */
  const loose = new Set<PackedBlocks>();

  const drop = (minute: number) => {
    for (const packed of minutes.get(minute)?.values() ?? []) {
      bytes -= packed.data.length + PLACE_BYTES * packed.places.size;
      loose.delete(packed);
    }
    minutes.delete(minute);
    completeFrom = Math.max(completeFrom, minute + 1);
  };
  const resize = (packed: PackedBlocks, capacity: number) => {
    const data = new Uint8Array(capacity);
    data.set(packed.data.subarray(0, packed.length));
    bytes += capacity - packed.data.length;
    packed.data = data;
  };
  const tighten = (packed: PackedBlocks) => {
    const { data, places } = packed;
    let length = 0;
    for (const place of places.values()) length += place % MAX_BLOCK_BYTES;
    packed.data = new Uint8Array(length);
    packed.length = 0;
    for (const [block, place] of places) {
      const start = Math.floor(place / MAX_BLOCK_BYTES);
      const size = place % MAX_BLOCK_BYTES;
      packed.data.set(data.subarray(start, start + size), packed.length);
      places.set(block, packed.length * MAX_BLOCK_BYTES + size);
      packed.length += size;
    }
    bytes += length - data.length;
  };
  const packedOf = (minute: number, agent: number): PackedBlocks => {
    let agents = minutes.get(minute);
    if (!agents) {
      // What was filled until now is most likely whole.
      for (const packed of loose) tighten(packed);
      loose.clear();
      agents = new Map();
      minutes.set(minute, agents);
    }
    let packed = agents.get(agent);
    if (!packed) {
      packed = { data: new Uint8Array(0), length: 0, places: new Map() };
      agents.set(agent, packed);
    }
    return packed;
  };
  const at = ({ data, places }: PackedBlocks, block: number): Uint8Array | undefined => {
    const place = places.get(block);
    if (place === undefined) return undefined;
    const start = Math.floor(place / MAX_BLOCK_BYTES);
    return data.subarray(start, start + (place % MAX_BLOCK_BYTES));
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
    put(minute, agent, block, data) {
      if (data.length >= MAX_BLOCK_BYTES) {
        // Nothing sends so much in a minute but by mistake: then it is read from the files.
        drop(minute);
        return;
      }
      const packed = packedOf(minute, agent);
      const end = packed.length + data.length;
      if (end > packed.data.length) resize(packed, Math.max(FIRST_BYTES, Math.ceil(1.5 * end)));
      packed.data.set(data, packed.length);
      if (!packed.places.has(block)) bytes += PLACE_BYTES;
      packed.places.set(block, packed.length * MAX_BLOCK_BYTES + data.length);
      packed.length = end;
      loose.add(packed);
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
