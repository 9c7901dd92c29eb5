/**
 * Which common causes explain a handful of alarms of the same moment. Each group that alarms share (a prefix
 * or a router on the way, as all agents see it or as one does; a tag; the agent itself) is asked two things:
 *
 * - Is it chance? P(Bin(n, p) >= k) < 1e-6, with p the share of series that raise an alarm of their own in
 *   such a moment.
 * - How well does it explain? The logarithm of the likelihood ratio between "this group fails at its own
 *   rate k/n" and "each for itself": k ln((k/n)/p) + (n-k) ln((1-k/n)/(1-p)). It prefers the group that
 *   holds the alarms and little else.
 *
 * A wide group (agent, tag, router) is blamed where it explains more than the prefixes inside it do, each
 * of which costs what a cause of its own is unlikely: so a prefix of an agent is not the agent, and an
 * agent that fails everywhere is not forty prefixes. What goes by one router can fail in shares that differ
 * from prefix to prefix, as only some of the flows meet what is broken; where at least half of its prefixes
 * show it, that is still one cause. A tag says less than a way: it is blamed where no way explains nearly as
 * much. Pure: members in, causes out.
 */
import { binomialTail } from './binomial-tail.ts';
import { type Cell, type Counts, cellsOf, type Member } from './member-cells.ts';

export type GroupScope = 'prefix' | 'tag' | 'hop' | 'agent';

export interface Cause<M extends Member> {
  scope: GroupScope;
  /** `prefix 192.0.2.0/24`, `hop 192.0.2.1`, both also with ` agent 3` behind; `tag rack`, `agent 3`. */
  key: string;
  subject: string;
  alarms: M[];
  members: number;
  /** On the way to an alarm. */
  suspects: number;
  /** What it is made of: all that share it, well or not. */
  cells: Cell<M>[];
}

interface Group<M extends Member> extends Cause<M>, Counts {
  /** Undefined: all agents. */
  seenBy: number | undefined;
  explains: number;
}

export interface CorrelateOptions<M extends Member> {
  /** Whether only some of the flows between them meet a router: another stands beside it. */
  isParallel?(member: M, hop: string): boolean;
}

const CHANCE = 1e-6;
/** What another cause at the same moment is unlikely, as a logarithm. */
const COST = -Math.log(CHANCE);
/** What a share of its own for one more prefix costs, where the cause is the same. */
const SHARE_COST = 3;
const SHARE = 0.05;
/** Of what a tag explains, a way must explain no more than this. */
const TAG_WORTH = 0.8;
/**
 * As much must fail, or be on the way there, of what is to be blamed: of an agent half of what it probes, or it
 * is not the agent.
 */
const shareFor = { prefix: SHARE, hop: SHARE, tag: SHARE / TAG_WORTH, agent: 0.5 } as const;
/** From this share on all flows are met, and not only those by one of several routers in parallel. */
const ALL_FLOWS = 0.9;
const TIE = 1e-6;

export function correlateAlarms<M extends Member>(
  members: Iterable<M>,
  ownRate: number,
  { isParallel = () => false }: CorrelateOptions<M> = {},
): Cause<M>[] {
  const significant = gather(cellsOf(members)).filter((group) => {
    const { alarms, members: n, suspects, scope } = group;
    const k = alarms.length;
    if (k < 2 || (k + suspects) / n < shareFor[scope]) return false;
    if (binomialTail(n, k, ownRate) >= CHANCE) return false;
    const alike = explained(n, k, ownRate);
    group.explains = scope === 'hop' ? Math.max(alike, explainedApart(group, ownRate)) : alike;
    return true;
  });
  const narrow = significant.filter(({ scope }) => scope === 'prefix');
  const wide = significant.filter(({ scope }) => scope !== 'prefix');
  const taken = new Set<M>();
  const causes: Cause<M>[] = [];
  for (;;) {
    const cover = coverOf(narrow, taken);
    const heldBy = new Map<M, number>();
    for (const { alarms, explains } of cover)
      for (const alarm of alarms) heldBy.set(alarm, (explains - COST) / alarms.length);
    let best: Group<M> | undefined;
    let bestGain = 0;
    for (const group of wide) {
      if (!isFresh(group, taken)) continue;
      let inside = 0;
      for (const alarm of group.alarms) inside += heldBy.get(alarm) ?? 0;
      const gain = (group.explains - COST - inside) * (group.scope === 'tag' ? TAG_WORTH : 1);
      const hair = TIE * group.explains;
      const isTie = best !== undefined && Math.abs(gain - bestGain) <= hair;
      if (isTie ? isBehind(group, best as Group<M>) : gain > bestGain + hair)
        [best, bestGain] = [group, gain];
    }
    if (!best) return [...causes, ...cover];
    for (const alarm of best.alarms) taken.add(alarm);
    causes.push(best);
  }

  /**
   * Of routers that all lie on the same ways the last one: what is before it may lead elsewhere as well. But
   * where some flows are spared, it is one that not all of them meet: what is known is only where they part.
   */
  function isBehind(group: Group<M>, before: Group<M>): boolean {
    if (group.scope !== 'hop' || before.scope !== 'hop' || group.seenBy !== before.seenBy) return false;
    if (group.touched >= ALL_FLOWS * group.members) return true;
    const [alarm] = group.alarms as [M];
    const upToIt = alarm.hops.slice(0, alarm.hops.indexOf(group.subject) + 1);
    return !upToIt.some((hop) => isParallel(alarm, hop));
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
  taken.size === 0 || !group.alarms.some((alarm) => taken.has(alarm));

function explained(n: number, k: number, p: number): number {
  const share = k / n;
  return k * Math.log(share / p) + (k === n ? 0 : (n - k) * Math.log((1 - share) / (1 - p)));
}

/** As one cause that each prefix behind it feels in a share of its own. */
function explainedApart<M extends Member>({ cells }: Group<M>, ownRate: number): number {
  const prefixes = new Map<string | undefined, { n: number; k: number; suspects: number }>();
  for (const { one, members, alarms, suspects } of cells) {
    const sum = prefixes.get(one.prefix) ?? { n: 0, k: 0, suspects: 0 };
    prefixes.set(one.prefix, sum);
    sum.n += members;
    sum.k += alarms.length;
    sum.suspects += suspects;
  }
  let [explains, felt] = [0, 0];
  for (const { n, k, suspects } of prefixes.values()) {
    if ((k + suspects) / n >= SHARE) felt++;
    if (k > 0) explains += explained(n, k, ownRate) - SHARE_COST;
  }
  return 2 * felt >= prefixes.size ? explains : 0;
}

/** Groups that hold an alarm, with all their members counted. In the order in which ties are decided. */
function gather<M extends Member>(cells: Cell<M>[]): Group<M>[] {
  const groups = new Map<string, Group<M>>();
  const failing = cells.filter(({ alarms }) => alarms.length > 0);
  for (const cell of failing)
    eachGroup(cell.one, (scope, key, subject, seenBy) => {
      if (groups.has(key)) return;
      groups.set(key, {
        ...{ scope, key, subject, seenBy, alarms: [], cells: [] },
        ...{ members: 0, suspects: 0, touched: 0, explains: 0 },
      });
    });
  for (const cell of cells)
    eachGroup(cell.one, (_scope, key) => {
      const group = groups.get(key);
      if (!group) return;
      group.cells.push(cell);
      for (const alarm of cell.alarms) group.alarms.push(alarm);
      group.members += cell.members;
      group.suspects += cell.suspects;
      group.touched += cell.touched;
    });
  // A tag that everything carries explains nothing.
  const everything = cells.reduce((sum, { members }) => sum + members, 0);
  return [...groups.values()].filter(({ scope, members }) => scope !== 'tag' || members < everything);
}

function eachGroup(
  { agentNumber, prefix, tags, hops }: Member,
  tell: (scope: GroupScope, key: string, subject: string, seenBy?: number) => void,
): void {
  if (prefix !== undefined) {
    tell('prefix', `prefix ${prefix}`, prefix);
    tell('prefix', `prefix ${prefix} agent ${agentNumber}`, prefix, agentNumber);
  }
  tell('agent', `agent ${agentNumber}`, String(agentNumber), agentNumber);
  for (const hop of hops) tell('hop', `hop ${hop}`, hop);
  for (const hop of hops) tell('hop', `hop ${hop} agent ${agentNumber}`, hop, agentNumber);
  for (const tag of tags) tell('tag', `tag ${tag}`, tag);
}
