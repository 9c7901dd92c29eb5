/** Routers that die, as rounds of traceroute see it one prefix after the other: one incident each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '@maille/testkit/random';
import { createRouteWorld } from '@maille/testkit/route-world';
import { createSampleBatch, OUTCOME_TIMEOUT } from '@maille/wire/link/samples';
import type { TraceRound } from '@maille/wire/traceroute';
import fc from 'fast-check';
import { createRouteHistory } from '../route/route-history.ts';
import { createAnomalyWatch } from './anomaly-watch.ts';
import type { OpenedIncident } from './tracked-incident.ts';

const START = 1_700_000_000_000;
const EVERY_MS = 300_000;
const STEP_MS = 5_000;

/** `A B|C`: two flows of four by B, two by C; `*` says nothing; `B !`: B says no way; else then the target. */
function roundOf(targetId: number, atMs: number, way: string, isLost = () => false): TraceRound {
  const address = `target-${targetId}`;
  const flows = [0, 1, 2, 3].map((flow) => ({
    flow,
    hops: [...way.split(' '), address].map((part) => {
      const choices = part.split('|');
      const name = choices[Math.floor((flow * choices.length) / 4)] as string;
      const silent = name === '*' || (name !== address && isLost());
      return { address: silent ? null : name, rttNs: silent ? null : 1e6 };
    }),
    end: 'reached' as const,
  }));
  if (way.endsWith('!'))
    for (const flow of flows) {
      const refusing = { address: way.split(' ').at(-2) as string, rttNs: 1e6 };
      Object.assign(flow, { hops: [...flow.hops.slice(0, -2), refusing], end: 'unreachable', code: 0 });
    }
  return { targetId, address, atMs, method: 'icmp', flows };
}

interface Fleet {
  prefixes: number;
  agents?: number;
  /** How an agent reaches a prefix, minutes after what happens. */
  round(agentNumber: number, targetId: number, atMs: number, minutes: number): TraceRound;
  minutes?: number;
  /** Whether pings go unanswered then. */
  silent?: (targetId: number, seconds: number) => boolean;
}

/** Twenty rounds of each as ever, each target at a moment of its own; then it happens. */
function run({ prefixes, agents = 1, round, minutes = 12, silent = () => false }: Fleet) {
  const told = new Map<number, OpenedIncident>();
  let lastId = 0;
  const watch = createAnomalyWatch({
    nextId: () => ++lastId,
    placeOf: (id) => ({
      ...{ host: `target-${id}`, prefix: `10.0.${id}.0/24`, tags: ['all'] },
      ...{ intervalMs: 1_000, timeoutMs: 1_000 },
    }),
    hopsOf: () => ['A'],
    agentName: String,
    ofTargets: () => 1,
    changed: (opened) => told.set(opened.incident.id, { ...opened, incident: { ...opened.incident } }),
  });
  const histories = Array.from({ length: agents }, () => createRouteHistory());
  const happensMs = START + 20 * EVERY_MS;
  for (let nowMs = START; nowMs < happensMs + minutes * 60_000; nowMs += STEP_MS) {
    for (const [i, history] of histories.entries()) {
      const agentNumber = i + 1;
      for (let targetId = 1; targetId <= prefixes; targetId++) {
        const phaseMs = Math.floor((((targetId - 1) / prefixes + i / 7) % 1) * EVERY_MS);
        const turnMs = nowMs - START - phaseMs;
        if (turnMs < 0 || turnMs % EVERY_MS >= STEP_MS) continue;
        const change = history.observe(
          agentNumber,
          round(agentNumber, targetId, nowMs, (nowMs - happensMs) / 60_000),
        )?.change;
        if (change) watch.routeChanged(change, nowMs);
      }
      const batch = createSampleBatch(prefixes, nowMs);
      batch.count = prefixes;
      for (let id = 1; id <= prefixes; id++) {
        batch.targetIds[id - 1] = id;
        batch.rtts10ns[id - 1] = 1_000_000;
        if (silent(id, (nowMs - happensMs) / 1_000)) batch.outcomes[id - 1] = OUTCOME_TIMEOUT;
      }
      watch.take(agentNumber, batch, nowMs);
    }
    watch.tick(nowMs);
  }
  return [...told.values()];
}

const inWords = (all: OpenedIncident[]) =>
  all
    .map(({ incident: { kind, scope, subject, affectedMost, state, agentNumbers } }) =>
      [kind, scope, subject, affectedMost, state, agentNumbers].join(' '),
    )
    .sort();

test('forty prefixes behind a router that dies, each found at its own minute, are one incident', () => {
  const all = run({
    prefixes: 80,
    round: (_agent, id, atMs, minutes) =>
      roundOf(id, atMs, `A ${id % 2 === 1 ? 'S' : minutes >= 0 ? 'X M' : 'B M'} edge-${id}`),
  });
  assert.deepEqual(inWords(all), ['route hop B → X 40 open 1']);
  assert.equal(all[0]?.incident.severity, 'notable');
});

test('a router that goes without another in its place is named by what was behind the one that says so', () => {
  const all = run({
    prefixes: 20,
    round: (_agent, id, atMs, minutes) => roundOf(id, atMs, minutes >= 0 ? 'A !' : `A B edge-${id}`),
  });
  assert.deepEqual(inWords(all), ['route hop B 20 open 1']);
});

test('two routers that die at the same time are two', () => {
  const all = run({
    prefixes: 80,
    round: (_agent, id, atMs, minutes) =>
      roundOf(
        id,
        atMs,
        `A ${minutes < 0 ? `B${id % 4}` : id % 4 < 2 ? `X${id % 4}` : `B${id % 4}`} edge-${id}`,
      ),
  });
  assert.deepEqual(inWords(all), ['route hop B0 → X0 20 open 1', 'route hop B1 → X1 20 open 1']);
});

test('agents that reach it on ways of their own tell which router they have lost both', () => {
  const all = run({
    prefixes: 20,
    agents: 2,
    round: (agent, id, atMs, minutes) =>
      roundOf(
        id,
        atMs,
        minutes < 0 ? `A${agent} P${agent} B edge-${id}` : `A${agent} Q${agent} X${agent} edge-${id}`,
      ),
  });
  assert.deepEqual(inWords(all), ['route hop B 20 open 1,2']);
});

test('a single route is told of its target; a router put in between is named as what came', () => {
  const one = run({
    prefixes: 10,
    round: (_agent, id, atMs, minutes) =>
      roundOf(id, atMs, minutes >= 0 && id === 3 ? 'A X T3' : `A B T${id}`),
  });
  assert.deepEqual(inWords(one), ['route target target-3 1 open 1']);
  const between = run({
    prefixes: 10,
    round: (_agent, id, atMs, minutes) => roundOf(id, atMs, minutes >= 0 ? `A N B T${id}` : `A B T${id}`),
  });
  assert.deepEqual(inWords(between), ['route hop → N 10 open 1']);
});

test('the way back through the router ends it; another router lost meanwhile is another cause', () => {
  const back = run({
    prefixes: 20,
    minutes: 30,
    round: (_agent, id, atMs, minutes) =>
      roundOf(id, atMs, `A ${minutes >= 0 && minutes < 10 ? 'X' : 'B'} edge-${id}`),
  });
  assert.deepEqual(inWords(back), ['route hop B → X 20 ended 1']);
  assert.equal(back[0]?.incident.ending, 'recovered');
  const other = run({
    prefixes: 20,
    minutes: 36,
    round: (_agent, id, atMs, minutes) =>
      roundOf(id, atMs, `A ${minutes >= 0 ? 'X' : 'B'} ${minutes >= 20 ? 'Y' : 'C'} edge-${id}`),
  });
  assert.deepEqual(inWords(other), ['route hop B → X 20 ended 1', 'route hop C → Y 20 open 1']);
});

test('loss that the dying router caused and the changes of route behind it are one incident', () => {
  const all = run({
    prefixes: 40,
    round: (_agent, id, atMs, minutes) =>
      roundOf(id, atMs, `A ${id % 2 === 1 ? 'S' : minutes >= 0 ? 'X' : 'B'} edge-${id}`),
    silent: (id, seconds) => id % 2 === 0 && seconds >= 0,
  });
  assert.equal(all.filter(({ incident }) => incident.state === 'open').length, 1, inWords(all).join('; '));
  assert.equal(all.find(({ incident }) => incident.state === 'open')?.incident.kind, 'silent');
});

test('balancers that move a flow now and then are no incident', () => {
  const random = createRandom(5);
  const worlds = Array.from({ length: 40 }, (_, i) =>
    createRouteWorld({ seed: 101 * (i + 1), targetId: i + 1 }),
  );
  const all = run({
    prefixes: 40,
    minutes: 120,
    round(_agent, id, atMs) {
      const world = worlds[id - 1] as (typeof worlds)[0];
      if (random() < 0.1) world.rehash();
      return { ...world.round(), atMs };
    },
  });
  assert.deepEqual(inWords(all), []);
});

test('whatever the tree behind it and whichever answers are lost: one incident, named for what died', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 3 }), (seed, agents) => {
      const random = createRandom(seed);
      const [cores, prefixes] = [2 + Math.floor(random() * 3), 12 + Math.floor(random() * 24)];
      // Who stands before whom is drawn once; the second core is the one that dies.
      const leafOf = Array.from({ length: prefixes + 1 }, () => Math.floor(random() * 2 * cores));
      const isLost = () => random() < 0.02;
      const all = run({
        ...{ prefixes, agents, minutes: 20 },
        round(agent, id, atMs, minutes) {
          const leaf = leafOf[id] as number;
          const core = leaf % cores;
          const middle = core === 1 && minutes >= 0 ? `spare spare-${leaf}` : `core-${core} leaf-${leaf}`;
          return roundOf(id, atMs, `gate-${agent} ${middle} edge-${id}`, isLost);
        },
      });
      const behind = leafOf.slice(1).filter((leaf) => leaf % cores === 1).length;
      if (behind < 2) return;
      assert.deepEqual(
        all.map(({ incident: { subject, affectedMost } }) => `${subject} ${affectedMost}`),
        [`core-1 → spare ${behind}`],
        `seed ${seed}, ${agents} agents`,
      );
    }),
    { numRuns: 12, seed: 7 },
  );
});
