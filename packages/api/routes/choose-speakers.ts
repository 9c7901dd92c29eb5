/**
 * Who speaks for a prefix: of all targets of one prefix that the same agents probe, one is traced. It is one
 * that answers, by ping rather than by TCP, and it stays while it answers: a route's history is worth most
 * unbroken. Where none answers the choice stays too, for a route shows how far the way still goes.
 */
import { tcpPortOf } from '@maille/wire/probe-method';
import type { Settings } from '@maille/wire/rest/operations';
import type { Target } from '@maille/wire/rest/targets';
import type { TracePlan } from '@maille/wire/traceroute';

export interface Speakers {
  /** By group: who speaks for it. */
  readonly byGroup: ReadonlyMap<string, number>;
  readonly plans: ReadonlyMap<number, TracePlan>;
}

export interface ChooseSpeakersOptions {
  targets: Iterable<Target>;
  settings: Pick<Settings, 'traceroutePrefixes' | 'tracerouteIntervalMs' | 'tracerouteFlows'>;
  /** Who spoke until now. */
  before: ReadonlyMap<string, number>;
  /** Answers, or has not been silent for long. */
  answers(target: Target): boolean;
  /** There is a route to it from an earlier time. */
  isKnown(targetId: number): boolean;
}

/** Names of one tile have nothing in common but that; each may lie anywhere. */
const NAMES = 'names';

/** Targets of one group are probed from the same places to the same prefix. */
export function groupOf({ prefix, agents }: Pick<Target, 'prefix' | 'agents'>): string | undefined {
  if (prefix === NAMES) return undefined;
  return `${prefix} ${agents.by === 'mesh' ? 'mesh' : JSON.stringify(agents)}`;
}

export function chooseSpeakers({
  targets,
  settings,
  before,
  answers,
  isKnown,
}: ChooseSpeakersOptions): Speakers {
  const byGroup = new Map<string, number>();
  const plans = new Map<number, TracePlan>();
  if (!settings.traceroutePrefixes) return { byGroup, plans };
  const best = new Map<string, { target: Target; rank: number }>();
  for (const target of targets) {
    const group = groupOf(target);
    if (group === undefined) continue;
    const held = before.get(group);
    const rank =
      (answers(target) ? 16 : 0) +
      (held === target.id ? 8 : 0) +
      // Who is traced anyway costs nothing more.
      (target.traceroute !== null ? 4 : 0) +
      (tcpPortOf(target.probe) === undefined ? 2 : 0) +
      (isKnown(target.id) ? 1 : 0);
    const found = best.get(group);
    if (!found || rank > found.rank || (rank === found.rank && target.id < found.target.id))
      best.set(group, { target, rank });
  }
  const { tracerouteIntervalMs: everyMs, tracerouteFlows: flows } = settings;
  for (const [group, { target }] of best) {
    const port = tcpPortOf(target.probe);
    byGroup.set(group, target.id);
    plans.set(
      target.id,
      port === undefined ? { method: 'icmp', everyMs, flows } : { method: 'tcp', port, everyMs, flows },
    );
  }
  return { byGroup, plans };
}
