/**
 * Keeps Maille a tool to watch one's own addresses. Others' are taken only when somebody says that they
 * may be probed; neither an agent nor what is sent to one prefix goes over a stated rate, and the server
 * takes on no more series than it has room for: a slip of the keyboard (a /8, everything each second from
 * everywhere) is refused whole instead of sent. So is a machine whose approval would lead there.
 */
import { parseIpAddress } from '@maille/base/ip-address';
import { createOwnAddresses } from '@maille/base/own-addresses';
import { Problem } from '@maille/base/problem';
import type { Finding } from '@maille/wire/link/messages';
import type { Machine } from '@maille/wire/rest/machines';
import type { Settings } from '@maille/wire/rest/operations';
import type { Target } from '@maille/wire/rest/targets';
import { isProbedBy } from './is-probed-by.ts';

export type GuardSettings = Pick<
  Settings,
  'ownPrefixes' | 'maxProbesPerSecond' | 'maxPrefixProbesPerSecond' | 'maxSeries' | 'mesh'
>;

type BoundedTarget = Pick<Target, 'agents' | 'prefix' | 'intervalMs'>;

export interface TargetGuard {
  /** Those that are not known to be the operator's own: addresses elsewhere, and names, which may lead anywhere. */
  foreign(hosts: Iterable<string>): string[];
  /** Throws a Problem where the change would lead over a bound, and further than before. */
  requireBounds(before: Iterable<BoundedTarget>, after: Iterable<BoundedTarget>, field: string): void;
  /** The same for a machine that is approved, or selected by other tags. */
  requireMachine(machine: Agent, targets: readonly BoundedTarget[], field: string): void;
  /** How many series there are. */
  series(targets: Iterable<BoundedTarget>): number;
}

export interface TargetGuardOptions {
  settings: () => GuardSettings;
  machines: () => readonly Pick<Machine, 'id' | 'tags' | 'state' | 'label' | 'facts'>[];
}

type Agent = ReturnType<TargetGuardOptions['machines']>[number];

interface Load {
  /** A target as one agent sees it is one. */
  series: number;
  /** Probes a second by machine id; under `''` what an agent gets that only the targets for all agents reach. */
  perAgent: Map<string, number>;
  perPrefix: Map<string, number>;
}

const NAMES = 'names';
const MESH_INTERVAL_MS = 1_000;

export function createTargetGuard({ settings, machines }: TargetGuardOptions): TargetGuard {
  const approved = () => machines().filter(({ state }) => state === 'approved');

  function requireLoad(then: Load, now: () => Load, agents: readonly Agent[], field: string): void {
    const { maxProbesPerSecond, maxPrefixProbesPerSecond, maxSeries } = settings();
    // What stays below all bounds is most of what is asked: the state before is then not looked at.
    let before: Load | undefined;
    const was = () => (before ??= now());
    const worst = (rates: Map<string, number>, bound: number, of: (load: Load) => Map<string, number>) =>
      [...rates].find(([key, rate]) => rate > bound && rate > (of(was()).get(key) ?? 0));
    const agent = worst(then.perAgent, maxProbesPerSecond, ({ perAgent }) => perAgent);
    if (agent) throw overRate(nameOf(agent[0], agents), agent[1], maxProbesPerSecond, field);
    const prefix = worst(then.perPrefix, maxPrefixProbesPerSecond, ({ perPrefix }) => perPrefix);
    if (prefix)
      throw overRate(`to ${prefix[0]}, all agents together`, prefix[1], maxPrefixProbesPerSecond, field);
    if (then.series > maxSeries && then.series > was().series)
      throw overSeries(then.series, maxSeries, field);
  }

  return {
    foreign(hosts) {
      const isOwn = createOwnAddresses(settings().ownPrefixes);
      return [...hosts].filter((host) => {
        const address = parseIpAddress(host);
        return address === undefined ? host !== 'localhost' : !isOwn(address);
      });
    },

    requireBounds(before, after, field) {
      const agents = approved();
      requireLoad(loadOf(after, agents), () => loadOf(before, agents), agents, field);
    },

    requireMachine(machine, targets, field) {
      const before = approved();
      const after = [...before.filter(({ id }) => id !== machine.id), machine];
      const isNew = !before.some(({ id }) => id === machine.id);
      // The mesh makes its target a moment later; of its prefix it is judged then.
      const own = { agents: { by: 'mesh' as const, machineId: machine.id }, prefix: NAMES };
      const more = isNew && settings().mesh ? [{ ...own, intervalMs: MESH_INTERVAL_MS }] : [];
      requireLoad(loadOf([...targets, ...more], after), () => loadOf(targets, before), after, field);
    },

    series: (targets) => loadOf(targets, approved()).series,
  };
}

/** What the targets ask for. Grouped by who probes them: few groups, many targets. */
function loadOf(targets: Iterable<BoundedTarget>, agents: readonly Agent[]): Load {
  const groups = new Map<
    string,
    { agents: Target['agents']; count: number; prefixes: Map<string, number> }
  >();
  for (const { agents: selection, prefix, intervalMs } of targets) {
    const key = selection.by === 'all' ? 'all' : JSON.stringify(selection);
    let group = groups.get(key);
    if (!group) {
      group = { agents: selection, count: 0, prefixes: new Map() };
      groups.set(key, group);
    }
    group.count++;
    group.prefixes.set(prefix, (group.prefixes.get(prefix) ?? 0) + 1_000 / intervalMs);
  }
  const load: Load = { series: 0, perAgent: new Map(), perPrefix: new Map() };
  const add = (to: Map<string, number>, key: string, rate: number) => to.set(key, (to.get(key) ?? 0) + rate);
  for (const group of groups.values()) {
    const probing = agents.filter((agent) => isProbedBy(group, agent)).map(({ id }) => id);
    // Before the first agent is approved a list is judged as one agent would meet it.
    const ids = probing.length === 0 && group.agents.by === 'all' ? [''] : probing;
    load.series += group.count * ids.length;
    for (const [prefix, rate] of group.prefixes) {
      for (const id of ids) add(load.perAgent, id, rate);
      // Names lead to many networks: together they say nothing of one.
      if (prefix !== NAMES) add(load.perPrefix, prefix, rate * ids.length);
    }
  }
  return load;
}

function nameOf(id: string, agents: readonly Agent[]): string {
  const agent = agents.find((one) => one.id === id);
  return agent ? `from ${agent.label || agent.facts.hostname}` : 'from one agent';
}

const whole = (value: number) => Math.ceil(value).toLocaleString('en');

function overRate(what: string, rate: number, bound: number, field: string): Problem {
  return new Problem(
    'too-many',
    `${whole(rate)} probes a second ${what} are over the bound of ${whole(bound)}`,
    { field, remedy: 'Probe less often or from fewer agents, or raise the bound in Settings, Server.' },
  );
}

function overSeries(series: number, bound: number, field: string): Problem {
  return new Problem(
    'too-large',
    `${whole(series)} series, a target as one agent sees it, are over the bound of ${whole(bound)}`,
    { field, remedy: SERIES_REMEDY },
  );
}

const SERIES_REMEDY =
  'Let fewer agents probe some of the targets, delete some, or raise the bound in Settings, Server: a series costs the server 0.7 kB of memory.';
/** From here on it is shown. */
const NEAR = 0.8;

/** How much of the bound on series is used. */
export function seriesFinding(series: number, bound: number): Finding {
  const share = series / bound;
  const title = `${whole(series)} of ${whole(bound)} series are in use: a target as one agent sees it is one`;
  if (share < NEAR) return { id: SERIES_FINDING, severity: 'fine', title };
  return {
    id: SERIES_FINDING,
    severity: share < 1 ? 'missing' : 'broken',
    title,
    remedy: SERIES_REMEDY,
  };
}
export const SERIES_FINDING = 'series-bound';
