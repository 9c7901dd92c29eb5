/**
 * Which series has which place in the state of all: one a target and agent that sees it. A place that is
 * given back is another's, as it was at first.
 */
import { createSeriesState, FLAGS, growSeriesState, TIMES, VALUES } from './series-state.ts';

export interface PlacedSeries {
  agentNumber: number;
  targetId: number;
  series: number;
}

const FIRST_CAPACITY = 1_024;
const NONE: ReadonlyMap<number, number> = new Map();

export function createSeriesPlaces() {
  const state = createSeriesState(FIRST_CAPACITY);
  let capacity = FIRST_CAPACITY;
  let agents = new Uint16Array(capacity);
  let targets = new Uint32Array(capacity);
  /** By agent, then target. */
  const places = new Map<number, Map<number, number>>();
  const free: number[] = [];
  let used = 0;

  function grow(): void {
    capacity *= 2;
    growSeriesState(state, capacity);
    const [grownAgents, grownTargets] = [new Uint16Array(capacity), new Uint32Array(capacity)];
    grownAgents.set(agents);
    grownTargets.set(targets);
    agents = grownAgents;
    targets = grownTargets;
  }

  function release(ofAgent: Map<number, number>, targetId: number): number | undefined {
    const series = ofAgent.get(targetId);
    if (series === undefined) return undefined;
    ofAgent.delete(targetId);
    state.values.fill(0, series * VALUES, (series + 1) * VALUES);
    state.times.fill(0, series * TIMES, (series + 1) * TIMES);
    state.flags.fill(0, series * FLAGS, (series + 1) * FLAGS);
    free.push(series);
    return series;
  }

  return {
    state,
    agentOf: (series: number) => agents[series] as number,
    targetOf: (series: number) => targets[series] as number,
    /** Of one agent, by target. */
    of: (agentNumber: number): ReadonlyMap<number, number> => places.get(agentNumber) ?? NONE,

    /** The place of a series, a new one where it has none. */
    take(agentNumber: number, targetId: number): number {
      let ofAgent = places.get(agentNumber);
      if (!ofAgent) {
        ofAgent = new Map();
        places.set(agentNumber, ofAgent);
      }
      let series = ofAgent.get(targetId);
      if (series === undefined) {
        series = free.pop() ?? used++;
        if (series >= capacity) grow();
        agents[series] = agentNumber;
        targets[series] = targetId;
        ofAgent.set(targetId, series);
      }
      return series;
    },

    /** Of all agents; returns what was theirs. */
    forget(targetId: number): number[] {
      return [...places.values()].flatMap((ofAgent) => release(ofAgent, targetId) ?? []);
    },
    forgetSeries(agentNumber: number, targetId: number): void {
      const ofAgent = places.get(agentNumber);
      if (!ofAgent) return;
      release(ofAgent, targetId);
      if (ofAgent.size === 0) places.delete(agentNumber);
    },

    *all(): Generator<PlacedSeries> {
      for (const [agentNumber, ofAgent] of places)
        for (const [targetId, series] of ofAgent) yield { agentNumber, targetId, series };
    },
  };
}
