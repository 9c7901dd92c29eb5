/**
 * A trace as lines for a person. Flows that part at some distance stand below each other, each address
 * with the flows that met it; names come from strangers and are shown, never obeyed.
 */
import type { TraceFlow, TraceHop, TraceRound } from '@maille/wire/traceroute';
import type { Paint } from '../terminal/paint.ts';
import { safeText } from '../terminal/safe-text.ts';

export type NameOf = (address: string) => string | undefined;

const MILLISECOND_NS = 1_000_000;

/** The lines of one distance; `met` is what each flow found there, undefined where it had ended before. */
export function hopLines(
  distance: number,
  met: readonly (TraceHop | undefined)[],
  nameOf: NameOf,
  paint: Paint,
): string[] {
  const flowsOf = new Map<string, number[]>();
  for (const [flow, hop] of met.entries()) {
    if (!hop) continue;
    const key = hop.address ?? '*';
    flowsOf.set(key, [...(flowsOf.get(key) ?? []), flow]);
  }
  const here = met.filter((hop) => hop !== undefined).length;
  return [...flowsOf].map(([address, flows], i) => {
    const number = i === 0 ? String(distance).padStart(3) : '   ';
    const which = flowsOf.size === 1 && here === met.length ? '' : `  ${paint.quiet(flowWords(flows))}`;
    if (address === '*') return `${number}  ${paint.quiet('*')}${which}`;
    const name = nameOf(address);
    const who = name === undefined ? safeText(address) : `${safeText(name)} (${safeText(address)})`;
    const times = flows.map((flow) => met[flow]?.rttNs ?? 0);
    return `${number}  ${who}  ${timeWords(times)}${which}`;
  });
}

const flowWords = (flows: readonly number[]) =>
  `${flows.length === 1 ? 'flow' : 'flows'} ${flows.map((flow) => flow + 1).join(' ')}`;

function timeWords(timesNs: readonly number[]): string {
  const [least, most] = [Math.min(...timesNs), Math.max(...timesNs)].map(milliseconds) as [string, string];
  return least === most ? `${least} ms` : `${least} to ${most} ms`;
}

function milliseconds(ns: number): string {
  return (ns / MILLISECOND_NS).toFixed(ns < MILLISECOND_NS ? 3 : ns < 100 * MILLISECOND_NS ? 2 : 0);
}

/** How it ended, in words; one line an end, since flows may end differently. */
export function endLines(round: TraceRound, nameOf: NameOf): string[] {
  const byWords = new Map<string, number[]>();
  for (const flow of round.flows) {
    const words = endWords(flow, round, nameOf);
    byWords.set(words, [...(byWords.get(words) ?? []), flow.flow]);
  }
  return [...byWords].map(([words, flows]) =>
    byWords.size === 1 ? words : `${words} (${flowWords(flows)})`,
  );
}

function endWords({ end, hops, code }: TraceFlow, { address }: TraceRound, nameOf: NameOf): string {
  const last = hops.at(-1)?.address;
  if (end === 'reached') return `Reached ${address} at distance ${hops.length}.`;
  if (end === 'too-far') return `Not reached within ${hops.length} hops.`;
  if (end === 'silent') {
    const known = hops.findLastIndex((hop) => hop.address !== null);
    return known < 0
      ? 'Nobody answered, from the first hop on; the rest was not asked.'
      : `Nobody answered beyond distance ${known + 1}; the rest was not asked. It may be that what is there does not answer.`;
  }
  if (!last) return 'There is no route from this machine.';
  const name = nameOf(last);
  const who = name === undefined ? last : `${safeText(name)} (${last})`;
  return `${who} says: ${unreachableWords(address.includes(':') ? 6 : 4, code)}.`;
}

const words4: Record<number, string> = {
  0: 'network unreachable',
  1: 'host unreachable',
  2: 'protocol unreachable',
  3: 'port unreachable',
  4: 'packet too large, and it must not be cut',
  9: 'network administratively prohibited',
  10: 'host administratively prohibited',
  13: 'administratively prohibited',
};
const words6: Record<number, string> = {
  0: 'no route there',
  1: 'administratively prohibited',
  2: 'beyond the scope of the source address',
  3: 'address unreachable',
  4: 'port unreachable',
  5: 'source address not allowed',
  6: 'route rejected',
};

function unreachableWords(family: 4 | 6, code: number | undefined): string {
  const words = (family === 4 ? words4 : words6)[code ?? -1];
  return words === undefined ? `unreachable (code ${code ?? '?'})` : `${words} (code ${code})`;
}
