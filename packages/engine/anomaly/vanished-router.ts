/**
 * The router behind changes of route: whichever of those that the first one lost all others have lost too.
 * Each change that joins leaves fewer candidates; of those that are left, the nearest to the agents names
 * the cause, with the router that took its place where all agree on one. Where nothing was lost, it is what
 * came in between that they share.
 */
import type { RouteDifference } from '../route/route-difference.ts';

export interface Vanished {
  /** A lost router, or `→ ` and one that came; who stands instead. From the agent outwards. */
  candidates: Map<string, string | null>;
  /** Of the first change. */
  targetId: number;
  /** Other targets have lost it too. */
  shared: boolean;
}

const ARROW = ' → ';
const cameIn = (address: string) => `→ ${address}`;

function candidatesOf({ lost, gained }: RouteDifference): Map<string, string | null> {
  if (lost.length === 0) return new Map(gained.map((address) => [cameIn(address), null]));
  return new Map(lost.map(({ address, instead }) => [address, instead]));
}

export const namesOf = (difference: RouteDifference): Iterable<string> => candidatesOf(difference).keys();

export function vanishedFrom(difference: RouteDifference, targetId: number): Vanished | undefined {
  const candidates = candidatesOf(difference);
  return candidates.size === 0 ? undefined : { candidates, targetId, shared: false };
}

/** Whether a further change can have the same cause. */
export function isShared({ candidates }: Vanished, difference: RouteDifference): boolean {
  for (const name of namesOf(difference)) if (candidates.has(name)) return true;
  return false;
}

/** Whether the way leads through it again, or past what had come in between. */
export function isReturn({ candidates }: Vanished, { lost, gained }: RouteDifference): boolean {
  return (
    gained.some((address) => candidates.has(address)) ||
    lost.some(({ address }) => candidates.has(cameIn(address)))
  );
}

/** Of a cause that it shares: keeps what both lost. */
export function narrow(vanished: Vanished, difference: RouteDifference, targetId: number): void {
  const theirs = candidatesOf(difference);
  for (const [name, instead] of vanished.candidates)
    if (!theirs.has(name)) vanished.candidates.delete(name);
    else if (theirs.get(name) !== instead) vanished.candidates.set(name, null);
  if (targetId !== vanished.targetId) vanished.shared = true;
}

/** `A → B`: A is gone, B stands there; `A`; `→ B`. */
export function subjectOf({ candidates }: Vanished): string {
  for (const [name, instead] of candidates) return instead === null ? name : `${name}${ARROW}${instead}`;
  return '';
}

/** After a restart nothing is known of it but its name. */
export function vanishedNamed(subject: string): Vanished {
  const [name = '', instead = null] = subject.startsWith('→') ? [subject] : subject.split(ARROW);
  return { candidates: new Map([[name, instead]]), targetId: 0, shared: true };
}
