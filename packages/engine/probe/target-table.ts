/**
 * The targets, in slots of typed arrays. A slot whose target goes, or gets another address, is given
 * again only when its last probe has an outcome; its generation then tells old packets from new.
 */
import { growUint8, growUint32 } from './grow-arrays.ts';

export interface TargetEntry {
  id: number;
  /** The address as it was asked for, zone and all. */
  text: string;
  /** Four words in memory order; IPv4 uses the first. */
  address: Uint32Array;
  family: 4 | 6;
  zone: string | undefined;
  intervalMs: number;
  timeoutMs: number;
}

export interface TargetTable {
  readonly count: number;
  slotOf(id: number): number;
  ids(): IterableIterator<number>;
  add(entry: TargetEntry): number;
  /** The target is gone; its slot follows when nothing of it is in flight. */
  retire(id: number): void;
  setTimes(slot: number, intervalMs: number, timeoutMs: number): void;
  setZoneIndex(slot: number, index: number): void;
  idAt(slot: number): number;
  textAt(slot: number): string;
  familyAt(slot: number): number;
  intervalMsAt(slot: number): number;
  timeoutMsAt(slot: number): number;
  zoneAt(slot: number): string | undefined;
  zoneIndexAt(slot: number): number;
  generationAt(slot: number): number;
  /** Whether `words[at..at+3]` is the slot's address. */
  hasAddress(slot: number, words: Uint32Array, at: number): boolean;
  copyAddress(slot: number, words: Uint32Array, at: number): void;
  /** Whether this is the first reply since the slot began; once. */
  takeFirstReply(slot: number): boolean;
  probeBegan(slot: number): void;
  probeDecided(slot: number): void;
}

export function createTargetTable(): TargetTable {
  const slotsById = new Map<number, number>();
  const zones = new Map<number, string>(); // few targets have one
  const freeSlots: number[] = [];
  const texts: string[] = [];
  let used = 0; // slots ever given
  let ids = new Uint32Array(64);
  let generations = new Uint32Array(64);
  let addresses = new Uint32Array(4 * 64);
  let zoneIndexes = new Uint32Array(64);
  let intervals = new Uint32Array(64);
  let timeouts = new Uint32Array(64);
  let inFlight = new Uint32Array(64);
  let families = new Uint8Array(64);
  let states = new Uint8Array(64);

  const RETIRED = 1;
  const REPLIED = 2;

  const takeSlot = () => {
    const free = freeSlots.pop();
    if (free !== undefined) return free;
    if (used === ids.length) {
      ids = growUint32(ids, 0);
      generations = growUint32(generations, 0);
      addresses = growUint32(addresses, 0);
      zoneIndexes = growUint32(zoneIndexes, 0);
      intervals = growUint32(intervals, 0);
      timeouts = growUint32(timeouts, 0);
      inFlight = growUint32(inFlight, 0);
      families = growUint8(families, 0);
      states = growUint8(states, 0);
    }
    return used++;
  };
  const release = (slot: number) => {
    generations[slot] = (generations[slot] as number) + 1;
    zones.delete(slot);
    freeSlots.push(slot);
  };

  return {
    get count() {
      return slotsById.size;
    },
    slotOf: (id) => slotsById.get(id) ?? -1,
    ids: () => slotsById.keys(),
    add(entry) {
      const slot = takeSlot();
      slotsById.set(entry.id, slot);
      ids[slot] = entry.id;
      texts[slot] = entry.text;
      addresses.set(entry.address, 4 * slot);
      families[slot] = entry.family;
      if (entry.zone !== undefined) zones.set(slot, entry.zone);
      zoneIndexes[slot] = 0;
      intervals[slot] = entry.intervalMs;
      timeouts[slot] = entry.timeoutMs;
      inFlight[slot] = 0;
      states[slot] = 0;
      return slot;
    },
    retire(id) {
      const slot = slotsById.get(id);
      if (slot === undefined) return;
      slotsById.delete(id);
      states[slot] = (states[slot] as number) | RETIRED;
      if (inFlight[slot] === 0) release(slot);
    },
    setTimes(slot, intervalMs, timeoutMs) {
      intervals[slot] = intervalMs;
      timeouts[slot] = timeoutMs;
    },
    setZoneIndex(slot, index) {
      zoneIndexes[slot] = index;
    },
    idAt: (slot) => ids[slot] as number,
    textAt: (slot) => texts[slot] as string,
    familyAt: (slot) => families[slot] as number,
    intervalMsAt: (slot) => intervals[slot] as number,
    timeoutMsAt: (slot) => timeouts[slot] as number,
    zoneAt: (slot) => zones.get(slot),
    zoneIndexAt: (slot) => zoneIndexes[slot] as number,
    generationAt: (slot) => generations[slot] as number,
    hasAddress(slot, words, at) {
      const own = 4 * slot;
      return (
        addresses[own] === words[at] &&
        addresses[own + 1] === words[at + 1] &&
        addresses[own + 2] === words[at + 2] &&
        addresses[own + 3] === words[at + 3]
      );
    },
    copyAddress(slot, words, at) {
      const own = 4 * slot;
      for (let word = 0; word < 4; word++) words[at + word] = addresses[own + word] as number;
    },
    takeFirstReply(slot) {
      const first = ((states[slot] as number) & REPLIED) === 0;
      states[slot] = (states[slot] as number) | REPLIED;
      return first;
    },
    probeBegan(slot) {
      inFlight[slot] = (inFlight[slot] as number) + 1;
    },
    probeDecided(slot) {
      const left = (inFlight[slot] as number) - 1;
      inFlight[slot] = left;
      if (left === 0 && ((states[slot] as number) & RETIRED) !== 0) release(slot);
    },
  };
}
