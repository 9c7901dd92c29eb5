/**
 * Which common causes explain a handful of alarms of the same moment. Each group that alarms share (a prefix,
 * as all agents see it or as one does; a tag; a router on the way; the agent itself) is asked two things:
 *
 * - Is it chance? P(Bin(n, p) >= k) < 1e-6, with p the share of series that raise an alarm of their own in
 *   such a moment.
 * - How well does it explain? The logarithm of the likelihood ratio between "this group fails at its own
 *   rate k/n" and "each for itself": k ln((k/n)/p) + (n-k) ln((1-k/n)/(1-p)). It prefers the group that
 *   holds the alarms and little else.
 *
 * A wide group (agent, tag, router) is blamed where it explains more than the prefixes inside it do, each
 * of which costs what a cause of its own is unlikely: so a prefix of an agent is not the agent, and an
 * agent that fails everywhere is not forty prefixes. Pure: members in, causes out.
 */
import { binomialTail } from './binomial-tail.ts';

export type GroupScope = 'prefix' | 'tag' | 'hop' | 'agent';

export interface Member {
  agentNumber: number;
  targetId: number;
  /** Undefined where it has none worth the name. */
  prefix: string | undefined;
  tags: readonly string[];
  /** Routers on the way, without the target. */
  hops: readonly string[];
  alarm: boolean;
  /** On the way to an alarm. */
  suspect: boolean;
}

export interface Cause<M extends Member> {
  scope: GroupScope;
  /** `prefix 192.0.2.0/24`, `prefix 192.0.2.0/24 agent 3`, `tag rack`, `hop 3 192.0.2.1`, `agent 3`. */
  key: string;
  subject: string;
  alarms: M[];
  members: number;
}

interface Group<M extends Member> extends Cause<M> {
  suspects: number;
  explains: number;
}

const CHANCE = 1e-6;
/** What another cause at the same moment is unlikely, as a logarithm. */
const COST = -Math.log(CHANCE);
/** An agent is blamed when at least half of what it probes fails, or is on the way there. */
const AGENT_SHARE = 0.5;
const SHARE = 0.05;

export function correlateAlarms<M extends Member>(members: Iterable<M>, ownRate: number): Cause<M>[] {
  const groups = gather([...members]);
  const significant = [...groups.values()].filter((group) => {
    const { alarms, members: n, suspects, scope } = group;
    const k = alarms.length;
    if (k < 2 || (k + suspects) / n < (scope === 'agent' ? AGENT_SHARE : SHARE)) return false;
    if (binomialTail(n, k, ownRate) >= CHANCE) return false;
    group.explains = explained(n, k, ownRate);
    return true;
  });
  const narrow = significant.filter(({ scope }) => scope === 'prefix');
  const wide = significant.filter(({ scope }) => scope !== 'prefix');
  const taken = new Set<M>();
  const causes: Cause<M>[] = [];
  for (;;) {
    const cover = coverOf(narrow, taken);
    let best: Group<M> | undefined;
    let bestGain = 0;
    for (const group of wide) {
      if (!isFresh(group, taken)) continue;
      const alarms = new Set(group.alarms);
      let inside = 0;
      for (const one of cover) {
        const shared = one.alarms.filter((alarm) => alarms.has(alarm)).length;
        inside += ((one.explains - COST) * shared) / one.alarms.length;
      }
      const gain = group.explains - COST - inside;
      // Of routers that all lie on the same ways, the last one: what is before it may lead elsewhere as well.
      const isLater = gain === bestGain && best?.scope === 'hop' && group.scope === 'hop';
      if (gain > bestGain || isLater) [best, bestGain] = [group, gain];
    }
    if (!best) {
      causes.push(...cover);
      return causes;
    }
    for (const alarm of best.alarms) taken.add(alarm);
    causes.push(best);
  }
}

/** Prefixes that explain most, none of whose alarms another explains. */
function coverOf<M extends Member>(narrow: Group<M>[], taken: ReadonlySet<M>): Group<M>[] {
  const mine = new Set(taken);
  const cover: Group<M>[] = [];
  for (const group of [...narrow].sort((a, b) => b.explains - a.explains)) {
    if (!isFresh(group, mine)) continue;
    for (const alarm of group.alarms) mine.add(alarm);
    cover.push(group);
  }
  return cover;
}

const isFresh = <M extends Member>(group: Group<M>, taken: ReadonlySet<M>): boolean =>
  !group.alarms.some((alarm) => taken.has(alarm));

function explained(n: number, k: number, p: number): number {
  const share = k / n;
  return k * Math.log(share / p) + (k === n ? 0 : (n - k) * Math.log((1 - share) / (1 - p)));
}

/** Groups that hold an alarm, with all their members counted. In the order in which ties are decided. */
function gather<M extends Member>(members: M[]): Map<string, Group<M>> {
  const groups = new Map<string, Group<M>>();
  for (const member of members) {
    if (!member.alarm) continue;
    eachGroup(member, (scope, key, subject) => {
      const group = groups.get(key);
      if (group) group.alarms.push(member);
      else groups.set(key, { scope, key, subject, alarms: [member], members: 0, suspects: 0, explains: 0 });
    });
  }
  for (const member of members) {
    eachGroup(member, (_scope, key) => {
      const group = groups.get(key);
      if (!group) return;
      group.members++;
      if (member.suspect && !member.alarm) group.suspects++;
    });
  }
  return groups;
}

function eachGroup(member: Member, tell: (scope: GroupScope, key: string, subject: string) => void): void {
  const { agentNumber, prefix, tags, hops } = member;
  if (prefix !== undefined) {
    tell('prefix', `prefix ${prefix}`, prefix);
    tell('prefix', `prefix ${prefix} agent ${agentNumber}`, prefix);
  }
  tell('agent', `agent ${agentNumber}`, String(agentNumber));
  for (const tag of tags) tell('tag', `tag ${tag}`, tag);
  for (const hop of hops) tell('hop', `hop ${agentNumber} ${hop}`, hop);
}
