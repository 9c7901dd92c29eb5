/** Which targets a cause covers, by the name that the correlation gives it. */
import type { Machine } from '@maille/wire/rest/machines';
import type { Target } from '@maille/wire/rest/targets';
import type { Way } from '../routes/route-registry.ts';
import { isProbedBy } from '../targets/is-probed-by.ts';
import type { KnownWays } from './known-ways.ts';

export interface CoveredTargetsOptions {
  machines: { list(): Machine[] };
  /** Where they are known. */
  ways(): KnownWays;
}

export function createCovers({ machines, ways }: CoveredTargetsOptions) {
  /** Looked up once, not for each of many thousand targets. */
  const probedBy = (agentNumber: number): ((target: Target) => boolean) => {
    const machine = machines.list().find((one) => one.agentNumber === agentNumber);
    return (target) => machine !== undefined && isProbedBy(target, machine);
  };
  return (scopeKey: string): ((target: Target) => boolean) => {
    const [scope, first = '', second, third] = scopeKey.split(' ');
    switch (scope) {
      case 'target':
        return ({ id }) => id === Number(first);
      case 'prefix': {
        const isProbed = second === undefined ? () => true : probedBy(Number(third));
        return (target) => target.prefix === first && isProbed(target);
      }
      case 'tag':
        return ({ tags }) => tags.includes(first);
      case 'hop': {
        const known = ways();
        const isProbed = second === undefined ? () => true : probedBy(Number(third));
        const leadsThere = (agentNumber: number, { hops }: Way) =>
          (second === undefined || agentNumber === Number(third)) && hops.includes(first);
        return (target) =>
          isProbed(target) &&
          [...(known.get(target.id) ?? [])].some(([agent, way]) => leadsThere(agent, way));
      }
      case 'agent':
        return probedBy(Number(first));
      default:
        // `router`: the ways lead past it by now, and only those that were told are known to have led there.
        return () => false;
    }
  };
}

export type Covers = ReturnType<typeof createCovers>;
