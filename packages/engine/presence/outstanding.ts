/**
 * Tokens that we sent to one peer and wait to see again. Nobody who did not get the datagram can know
 * one: that is what makes an answer a proof of life and of address, and what lets it past the budgets
 * that a flood exhausts. A few tries each: a forger on the path can burn one probe, not the processor.
 */
import type { Endpoint } from '@maille/wire/presence/presence-port';

const MAX_TRIES = 4;

export interface Question {
  /** Who alone can answer. */
  about: string;
  /** Whose address the answer proves; absent when it comes by another peer's hands. */
  address?: string;
  /** Who asked us to ask, and gets the answer as it is. */
  handTo?: Endpoint;
  /** Asked for this piece of this inventory. */
  inventory?: string;
  piece?: number;
}

interface Entry extends Question {
  untilMs: number;
  tries: number;
}

export interface Outstanding {
  /** False when there are too many already. */
  add(token: string, question: Question, nowMs: number): boolean;
  /** The question behind a token, when there is one that this peer may answer; counts the try. */
  attempt(token: string, from: string, nowMs: number): Question | undefined;
  settle(token: string): void;
  has(match: (question: Question) => boolean, nowMs: number): boolean;
}

export function createOutstanding(lifeMs: number, max: number): Outstanding {
  const entries = new Map<string, Entry>(); // in order of expiry, as every life is as long
  const expire = (nowMs: number) => {
    for (const [token, entry] of entries) {
      if (entry.untilMs > nowMs) return;
      entries.delete(token);
    }
  };
  return {
    add(token, question, nowMs) {
      expire(nowMs);
      if (entries.size >= max || entries.has(token)) return false;
      entries.set(token, { ...question, untilMs: nowMs + lifeMs, tries: 0 });
      return true;
    },
    attempt(token, from, nowMs) {
      const entry = entries.get(token);
      if (!entry || entry.about !== from || entry.untilMs <= nowMs || entry.tries >= MAX_TRIES)
        return undefined;
      entry.tries++;
      return entry;
    },
    settle(token) {
      entries.delete(token);
    },
    has(match, nowMs) {
      expire(nowMs);
      for (const entry of entries.values()) if (match(entry)) return true;
      return false;
    },
  };
}
