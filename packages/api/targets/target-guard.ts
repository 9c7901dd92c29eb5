/**
 * Keeps Maille a tool to watch one's own addresses. Others' are taken only when somebody says that they
 * may be probed; and neither an agent nor what is sent to one prefix goes over a stated rate, so that a
 * slip of the keyboard (a /8, everything each second from everywhere) is refused whole instead of sent.
 */
import { parseIpAddress } from '@maille/base/ip-address';
import { createOwnAddresses } from '@maille/base/own-addresses';
import { Problem } from '@maille/base/problem';
import type { Machine } from '@maille/wire/rest/machines';
import type { Settings } from '@maille/wire/rest/operations';
import type { Target } from '@maille/wire/rest/targets';
import { isProbedBy } from './is-probed-by.ts';

export type GuardSettings = Pick<Settings, 'ownPrefixes' | 'maxProbesPerSecond' | 'maxPrefixProbesPerSecond'>;

type RatedTarget = Pick<Target, 'agents' | 'prefix' | 'intervalMs'>;

export interface TargetGuard {
  /** Those that are not known to be the operator's own: addresses elsewhere, and names, which may lead anywhere. */
  foreign(hosts: Iterable<string>): string[];
  /** Throws a Problem `too-many` where the change would lead over a rate, and further than before. */
  requireRates(before: Iterable<RatedTarget>, after: Iterable<RatedTarget>, field: string): void;
}

export interface TargetGuardOptions {
  settings: () => GuardSettings;
  machines: () => readonly Pick<Machine, 'id' | 'tags' | 'state' | 'label' | 'facts'>[];
}

type Agent = ReturnType<TargetGuardOptions['machines']>[number];

interface Rates {
  /** By machine id; under `''` what an agent gets that only the targets for all agents reach. */
  perAgent: Map<string, number>;
  perPrefix: Map<string, number>;
}

const NAMES = 'names';

export function createTargetGuard({ settings, machines }: TargetGuardOptions): TargetGuard {
  return {
    foreign(hosts) {
      const isOwn = createOwnAddresses(settings().ownPrefixes);
      return [...hosts].filter((host) => {
        const address = parseIpAddress(host);
        return address === undefined ? host !== 'localhost' : !isOwn(address);
      });
    },

    requireRates(before, after, field) {
      const { maxProbesPerSecond, maxPrefixProbesPerSecond } = settings();
      const agents = machines().filter(({ state }) => state === 'approved');
      const then = ratesOf(after, agents);
      // What stays below both bounds is most of what is asked: the state before is then not looked at.
      const overAgent = [...then.perAgent].find(([, rate]) => rate > maxProbesPerSecond);
      const overPrefix = [...then.perPrefix].find(([, rate]) => rate > maxPrefixProbesPerSecond);
      if (!overAgent && !overPrefix) return;
      const now = ratesOf(before, agents);
      if (overAgent && overAgent[1] > (now.perAgent.get(overAgent[0]) ?? 0))
        throw overRate(nameOf(overAgent[0], agents), overAgent[1], maxProbesPerSecond, field);
      if (overPrefix && overPrefix[1] > (now.perPrefix.get(overPrefix[0]) ?? 0))
        throw overRate(
          `to ${overPrefix[0]}, all agents together`,
          overPrefix[1],
          maxPrefixProbesPerSecond,
          field,
        );
    },
  };
}

/** Probes a second that the targets ask for. Grouped by who probes them: few groups, many targets. */
function ratesOf(targets: Iterable<RatedTarget>, agents: readonly Agent[]): Rates {
  const groups = new Map<string, { agents: Target['agents']; prefixes: Map<string, number> }>();
  for (const { agents: selection, prefix, intervalMs } of targets) {
    const key = selection.by === 'all' ? 'all' : JSON.stringify(selection);
    let group = groups.get(key);
    if (!group) {
      group = { agents: selection, prefixes: new Map() };
      groups.set(key, group);
    }
    group.prefixes.set(prefix, (group.prefixes.get(prefix) ?? 0) + 1_000 / intervalMs);
  }
  const rates: Rates = { perAgent: new Map(), perPrefix: new Map() };
  const add = (to: Map<string, number>, key: string, rate: number) => to.set(key, (to.get(key) ?? 0) + rate);
  for (const group of groups.values()) {
    const probing = agents.filter((agent) => isProbedBy(group, agent)).map(({ id }) => id);
    // Before the first agent is approved a list is judged as one agent would meet it.
    const ids = probing.length === 0 && group.agents.by === 'all' ? [''] : probing;
    for (const [prefix, rate] of group.prefixes) {
      for (const id of ids) add(rates.perAgent, id, rate);
      // Names lead to many networks: together they say nothing of one.
      if (prefix !== NAMES) add(rates.perPrefix, prefix, rate * ids.length);
    }
  }
  return rates;
}

function nameOf(id: string, agents: readonly Agent[]): string {
  const agent = agents.find((one) => one.id === id);
  return agent ? `from ${agent.label || agent.facts.hostname}` : 'from one agent';
}

function overRate(what: string, rate: number, bound: number, field: string): Problem {
  const whole = (value: number) => Math.ceil(value).toLocaleString('en');
  return new Problem(
    'too-many',
    `${whole(rate)} probes a second ${what} are over the bound of ${whole(bound)}`,
    { field, remedy: 'Probe less often or from fewer agents, or raise the bound in Settings, Server.' },
  );
}
