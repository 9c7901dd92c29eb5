/**
 * Two routes beside each other: hops that share a router stand on one line, as a text's lines do in a
 * comparison, so that one router more does not make all that follow differ. A silent hop is like any other.
 */
import type { RouteHop } from '@maille/wire/rest/traceroutes';

export type HopState = 'same' | 'differs' | 'onlyLeft' | 'onlyRight';
export interface ComparedHop {
  state: HopState;
  /** Distances, from 1; absent on the side that has no such hop. */
  left?: number;
  right?: number;
}

const isSilent = ({ routers }: RouteHop) => routers.length === 0;

function fit(left: RouteHop, right: RouteHop): boolean {
  if (isSilent(left) || isSilent(right)) return isSilent(left) && isSilent(right);
  return left.routers.some(({ address }) => right.routers.some((other) => other.address === address));
}

export function compareHops(left: readonly RouteHop[], right: readonly RouteHop[]): ComparedHop[] {
  // How many hops fit at best from here to the end; at most 30 by 30.
  const best = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  const at = (i: number, j: number) => best[i]?.[j] ?? 0;
  const fits = (i: number, j: number) => fit(left[i] as RouteHop, right[j] as RouteHop);
  for (let i = left.length - 1; i >= 0; i--)
    for (let j = right.length - 1; j >= 0; j--)
      (best[i] as number[])[j] = fits(i, j) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));

  const rows: ComparedHop[] = [];
  let gone: number[] = [];
  let fresh: number[] = [];
  const flush = () => {
    const both = Math.min(gone.length, fresh.length);
    for (let k = 0; k < both; k++) {
      const [l, r] = [gone[k] as number, fresh[k] as number];
      // A hop that is silent on one side may be the other's: nothing says that it differs.
      const anybody = isSilent(left[l] as RouteHop) || isSilent(right[r] as RouteHop);
      rows.push({ state: anybody ? 'same' : 'differs', left: l + 1, right: r + 1 });
    }
    for (const l of gone.slice(both)) rows.push({ state: 'onlyLeft', left: l + 1 });
    for (const r of fresh.slice(both)) rows.push({ state: 'onlyRight', right: r + 1 });
    gone = [];
    fresh = [];
  };
  for (let i = 0, j = 0; i < left.length || j < right.length; ) {
    if (i < left.length && j < right.length && fits(i, j)) {
      flush();
      rows.push({ state: 'same', left: ++i, right: ++j });
    } else if (j >= right.length || (i < left.length && at(i + 1, j) >= at(i, j + 1))) gone.push(i++);
    else fresh.push(j++);
  }
  flush();
  return rows;
}

/** One letter a route that is the same, in the order of their first time: A, B, … Z, AA. */
export function lettersOf(routes: readonly { hops: readonly RouteHop[] }[]): string[] {
  const known: { hops: readonly RouteHop[]; letter: string }[] = [];
  return routes.map(({ hops }) => {
    const found = known.find((one) => compareHops(one.hops, hops).every(({ state }) => state === 'same'));
    if (found) return found.letter;
    const letter = letterOf(known.length);
    known.push({ hops, letter });
    return letter;
  });
}

function letterOf(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letterOf(Math.floor(index / 26) - 1) + last;
}
