/**
 * The targets, in slots of one typed array. A slot whose target goes, or gets another address, is given
 * again only when its last probe has an outcome; its generation then tells old packets from new.
 *
 * All that a send or an answer asks of a target stands together, in 64 bytes: targets come up in no order
 * that memory could be ready for, and so each costs one wait for it, not one a property.
 */
import { growUint32 } from './grow-arrays.ts';

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

/** Words of a row. */
const ROW_WORDS = 16;
const ADDRESS = 0; // four of them
const ID = 4;
const GENERATION = 5;
const FAMILY = 6;
const ZONE_INDEX = 7;
const INTERVAL_MS = 8;
const TIMEOUT_MS = 9;
const IN_FLIGHT = 10;
const STATE = 11;

const RETIRED = 1;
const REPLIED = 2;

export function createTargetTable(): TargetTable {
  const slotsById = new Map<number, number>();
  const zones = new Map<number, string>(); // few targets have one
  const freeSlots: number[] = [];
  const texts: string[] = [];
  let used = 0; // slots ever given
  let rows = new Uint32Array(64 * ROW_WORDS);

  const takeSlot = () => {
    const free = freeSlots.pop();
    if (free !== undefined) return free;
    if ((used + 1) * ROW_WORDS > rows.length) rows = growUint32(rows, 0);
    return used++;
  };
  const release = (slot: number) => {
    rows[slot * ROW_WORDS + GENERATION] = (rows[slot * ROW_WORDS + GENERATION] as number) + 1;
    zones.delete(slot);
    freeSlots.push(slot);
  };
  const word = (slot: number, at: number) => rows[slot * ROW_WORDS + at] as number;
  const setWord = (slot: number, at: number, value: number) => {
    rows[slot * ROW_WORDS + at] = value;
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
      texts[slot] = entry.text;
      if (entry.zone !== undefined) zones.set(slot, entry.zone);
      rows.set(entry.address, slot * ROW_WORDS + ADDRESS);
      setWord(slot, ID, entry.id);
      setWord(slot, FAMILY, entry.family);
      setWord(slot, ZONE_INDEX, 0);
      setWord(slot, INTERVAL_MS, entry.intervalMs);
      setWord(slot, TIMEOUT_MS, entry.timeoutMs);
      setWord(slot, IN_FLIGHT, 0);
      setWord(slot, STATE, 0);
      return slot;
    },
    retire(id) {
      const slot = slotsById.get(id);
      if (slot === undefined) return;
      slotsById.delete(id);
      setWord(slot, STATE, word(slot, STATE) | RETIRED);
      if (word(slot, IN_FLIGHT) === 0) release(slot);
    },
    setTimes(slot, intervalMs, timeoutMs) {
      setWord(slot, INTERVAL_MS, intervalMs);
      setWord(slot, TIMEOUT_MS, timeoutMs);
    },
    setZoneIndex: (slot, index) => setWord(slot, ZONE_INDEX, index),
    idAt: (slot) => word(slot, ID),
    textAt: (slot) => texts[slot] as string,
    familyAt: (slot) => word(slot, FAMILY),
    intervalMsAt: (slot) => word(slot, INTERVAL_MS),
    timeoutMsAt: (slot) => word(slot, TIMEOUT_MS),
    // Asked at every send, and few have one.
    zoneAt: (slot) => (zones.size === 0 ? undefined : zones.get(slot)),
    zoneIndexAt: (slot) => word(slot, ZONE_INDEX),
    generationAt: (slot) => word(slot, GENERATION),
    hasAddress(slot, words, at) {
      const own = slot * ROW_WORDS + ADDRESS;
      return (
        rows[own] === words[at] &&
        rows[own + 1] === words[at + 1] &&
        rows[own + 2] === words[at + 2] &&
        rows[own + 3] === words[at + 3]
      );
    },
    copyAddress(slot, words, at) {
      const own = slot * ROW_WORDS + ADDRESS;
      for (let i = 0; i < 4; i++) words[at + i] = rows[own + i] as number;
    },
    takeFirstReply(slot) {
      const state = word(slot, STATE);
      if ((state & REPLIED) !== 0) return false;
      setWord(slot, STATE, state | REPLIED);
      return true;
    },
    probeBegan: (slot) => setWord(slot, IN_FLIGHT, word(slot, IN_FLIGHT) + 1),
    probeDecided(slot) {
      const left = word(slot, IN_FLIGHT) - 1;
      setWord(slot, IN_FLIGHT, left);
      if (left === 0 && (word(slot, STATE) & RETIRED) !== 0) release(slot);
    },
  };
}
