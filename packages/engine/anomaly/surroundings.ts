/**
 * What an alarm shares with others at this moment: whether those are on their way to one too, so that it is
 * worth a moment to see what comes of it. Counted once for all members, asked for each alarm.
 */
import type { Cause } from './correlate-alarms.ts';
import type { Member } from './member-cells.ts';

export interface TargetPlace {
  host: string;
  /** The tile; undefined where it is no network, as for names. */
  prefix: string | undefined;
  tags: readonly string[];
  intervalMs: number;
  timeoutMs: number;
}

export interface SeriesNow {
  agentNumber: number;
  targetId: number;
  lastSentMs: number;
  /** 0 to 1. */
  suspicion: number;
  /** Has lost anything in these seconds; absent: as it is suspect. */
  touched?: boolean;
}

interface Count {
  members: number;
  /** On the way to an alarm, and not there. */
  suspects: number;
  alarms: number;
}

export interface Surroundings {
  /** Whether others that share its prefix, target or agent are on the way to an alarm. */
  hasCompany(member: Member): boolean;
  /** Whether much else of its agents is on the way, too. */
  isSpreading(cause: Cause<Member>): boolean;
}

export function surroundingsOf(members: Iterable<Member>): Surroundings {
  const counts = new Map<string, Count>();
  const add = (key: string, { alarm, suspect }: Member): void => {
    const count = counts.get(key) ?? { members: 0, suspects: 0, alarms: 0 };
    if (count.members++ === 0) counts.set(key, count);
    if (alarm) count.alarms++;
    else if (suspect) count.suspects++;
  };
  const agents = new Set<number>();
  for (const member of members) {
    agents.add(member.agentNumber);
    for (const key of keysOf(member)) add(key, member);
  }

  return {
    hasCompany(member) {
      const [target, agent, prefix] = keysOf(member).map((key) => counts.get(key));
      if ((target?.suspects ?? 0) + (prefix?.suspects ?? 0) > 0) return true;
      return agent !== undefined && agent.suspects > Math.max(2, agent.members / 100);
    },
    isSpreading({ scope, alarms, suspects, members, cells }) {
      // An agent is looked at beside the others, all else beside what its agents see elsewhere.
      const seenBy = new Set(scope === 'agent' ? agents : cells.map(({ one }) => one.agentNumber));
      let [outside, onTheWay] = [-members, -(alarms.length + suspects)];
      for (const agentNumber of seenBy) {
        const agent = counts.get(`agent ${agentNumber}`);
        outside += agent?.members ?? 0;
        onTheWay += (agent?.suspects ?? 0) + (agent?.alarms ?? 0);
      }
      return onTheWay > Math.max(3, outside / 10);
    },
  };
}

function keysOf({ targetId, agentNumber, prefix }: Member): string[] {
  const keys = [`target ${targetId}`, `agent ${agentNumber}`];
  if (prefix !== undefined) keys.push(`prefix ${prefix}`);
  return keys;
}
