/**
 * Members that share everything that could be blamed (agent, prefix, tags, ways) are counted as one cell, and
 * groups are sums of cells: ten thousand series are some hundred cells, and what is asked of each group costs
 * no more than those.
 */

export interface Member {
  agentNumber: number;
  targetId: number;
  /** Undefined where it has none worth the name. */
  prefix: string | undefined;
  tags: readonly string[];
  /** Routers on the way, from the agent outwards, without the target. */
  hops: readonly string[];
  alarm: boolean;
  /** On the way to an alarm. */
  suspect: boolean;
  /** Has lost anything in these seconds; absent: as it is suspect. */
  touched?: boolean;
}

export interface Cell<M extends Member> extends Counts {
  /** Whoever it is: all of the cell share what is asked for. */
  one: M;
  alarms: M[];
}

export interface Counts {
  members: number;
  /** On the way, and not there. */
  suspects: number;
  touched: number;
}

export function cellsOf<M extends Member>(members: Iterable<M>): Cell<M>[] {
  const cells = new Map<string, Cell<M>>();
  // Targets that are spoken for by another share its list of routers: looked at once, not written out each time.
  const numbers = new Map<readonly string[], number>();
  const byText = new Map<string, number>();
  const numberOf = (list: readonly string[]): number => {
    let number = numbers.get(list);
    if (number === undefined) {
      const text = list.join(' ');
      number = byText.get(text) ?? byText.size;
      byText.set(text, number);
      numbers.set(list, number);
    }
    return number;
  };
  for (const one of members) {
    const { agentNumber, prefix, tags, hops, alarm, suspect, touched = suspect } = one;
    const key = `${agentNumber} ${numberOf(tags)} ${numberOf(hops)} ${prefix}`;
    let cell = cells.get(key);
    if (!cell) {
      cell = { one, alarms: [], members: 0, suspects: 0, touched: 0 };
      cells.set(key, cell);
    }
    cell.members++;
    if (alarm) cell.alarms.push(one);
    else if (suspect) cell.suspects++;
    if (alarm || touched) cell.touched++;
  }
  return [...cells.values()];
}
