/**
 * What the proof of "one cause, one incident" runs: two agents on one network that probe three prefixes by
 * ICMP and TCP, behind a gateway, two routers in parallel and a last one; nearly all carry one tag. The way of
 * a ping is drawn once for each agent and host, there and back, as routers with hashed flows do; each TCP
 * connection draws anew. No clock but the samples'; the whole history of what is told is kept.
 */
import { createAnomalyWatch } from '@maille/engine/anomaly/anomaly-watch';
import { createSampleBatch, OUTCOME_REPLY, OUTCOME_TIMEOUT } from '@maille/wire/link/samples';
import type { Incident } from '@maille/wire/rest/incidents';
import { createRandom } from './random.ts';

const START_MS = Date.UTC(2026, 0, 5);
const TIMEOUT_MS = 3_000;
const TICK_MS = 250;
/** Loss is believed after 180 samples. */
export const WARM_UP_S = 200;
const AGENTS = [1, 2];

export interface NetworkTarget {
  host: string;
  probe: 'icmp' | 'tcp:80' | 'tcp:443';
  prefix: string;
  tags: string[];
}

export const gateway = '10.77.0.254';
/** The routers in parallel, and the one behind them by the address that each of them sees. */
export const parallel = ['10.78.1.2', '10.78.2.2'];
export const last = ['10.78.3.2', '10.78.4.2'];

/** By which of the two routers in parallel a probe goes there and comes back. */
export interface Way {
  there: number;
  back: number;
}

/** The share of probes that is lost on that way now; 0 where it is as ever. */
export type CauseFault = (agentNumber: number, target: NetworkTarget, way: Way, second: number) => number;

export interface Told {
  /** Seconds after it began. */
  second: number;
  incident: Incident;
  scopeKey: string;
}

function drawTargets(): NetworkTarget[] {
  const all: NetworkTarget[] = [];
  const add = (
    prefix: string,
    from: number,
    count: number,
    probes: NetworkTarget['probe'][],
    tags: string[],
  ) => {
    for (let i = from; i < from + count; i++)
      for (const probe of probes) all.push({ host: `${prefix}.${i}`, probe, prefix: `${prefix}.0/24`, tags });
  };
  add('10.50.0', 1, 40, ['icmp', 'tcp:80', 'tcp:443'], ['lab']);
  add('10.50.0', 41, 40, ['icmp'], ['lab']);
  add('10.50.1', 1, 60, ['icmp'], ['lab']);
  add('93.184.216', 1, 14, ['icmp'], []);
  return all;
}

export interface CauseRunOptions {
  faultS?: number;
  afterS?: number;
  seed?: number;
  /** What is lost at all times. */
  noise?: number;
  /** Routers on the way as traceroute knows them, of each prefix; all of them unless told. */
  hopsOf?(prefix: string): readonly string[];
  /** What else is told to the watch while it goes on. */
  each?(second: number, nowMs: number, watch: ReturnType<typeof createAnomalyWatch>): void;
}

const allHops = [gateway, ...parallel, ...last];

export function runCause(fault: CauseFault, options: CauseRunOptions = {}): Told[] {
  const { faultS = 60, afterS = 120, seed = 11, noise = 0.001, hopsOf = () => allHops, each } = options;
  const random = createRandom(seed);
  const targets = drawTargets();
  const draw = (): Way => ({ there: random() < 0.5 ? 0 : 1, back: random() < 0.5 ? 0 : 1 });
  const ways = AGENTS.map(() => targets.map(draw));
  const places = targets.map(({ host, probe, ...one }) => ({
    ...one,
    host: probe === 'icmp' ? host : `${host} ${probe}`,
    intervalMs: 1_000,
    timeoutMs: TIMEOUT_MS,
  }));
  const told: Told[] = [];
  const faultMs = START_MS + WARM_UP_S * 1_000;
  let [nowMs, lastId] = [START_MS, 0];
  const watch = createAnomalyWatch({
    nextId: () => ++lastId,
    placeOf: (id) => places[id - 1],
    hopsOf: (_agentNumber, id) => hopsOf(targets[id - 1]?.prefix ?? ''),
    isParallel: (_agentNumber, _id, hop) => parallel.includes(hop) || last.includes(hop),
    agentName: (agentNumber) => `agent-${agentNumber}`,
    ofTargets(key) {
      const [scope, name = ''] = key.split(' ');
      const isOfIt = ({ prefix, tags }: NetworkTarget) =>
        scope === 'prefix'
          ? prefix === name
          : scope === 'tag'
            ? tags.includes(name)
            : hopsOf(prefix).includes(name);
      return scope === 'target' ? 1 : scope === 'agent' ? targets.length : targets.filter(isOfIt).length;
    },
    changed: ({ incident, scopeKey }) =>
      told.push({ second: (nowMs - faultMs) / 1_000, incident: { ...incident }, scopeKey }),
  });
  const late: { agentNumber: number; dueMs: number; batch: ReturnType<typeof createSampleBatch> }[] = [];
  for (let second = 0; second < WARM_UP_S + faultS + afterS; second++) {
    const baseMs = START_MS + second * 1_000;
    const since = second - WARM_UP_S;
    for (let quarter = 0; quarter < 4; quarter++) {
      nowMs = baseMs + (quarter + 1) * TICK_MS;
      while (late[0] && late[0].dueMs <= nowMs) {
        const { agentNumber, batch } = late.shift() as (typeof late)[0];
        watch.take(agentNumber, batch, nowMs);
      }
      for (const agentNumber of AGENTS) {
        const count = Math.ceil(targets.length / 4);
        const [now, lost] = [createSampleBatch(count, baseMs), createSampleBatch(count, baseMs)];
        for (let i = (quarter + agentNumber) % 4; i < targets.length; i += 4) {
          const target = targets[i] as NetworkTarget;
          const way = target.probe === 'icmp' ? (ways[agentNumber - 1]?.[i] as Way) : draw();
          const share = since >= 0 && since < faultS ? fault(agentNumber, target, way, since) : 0;
          const isLost = random() < Math.max(share, noise);
          const into = isLost ? lost : now;
          const at = into.count++;
          into.targetIds[at] = i + 1;
          into.offsetsUs[at] = quarter * TICK_MS * 1_000 + i;
          into.outcomes[at] = isLost ? OUTCOME_TIMEOUT : OUTCOME_REPLY;
          into.rtts10ns[at] = isLost ? 0 : 200_000 + Math.floor(5_000 * random());
        }
        watch.take(agentNumber, now, nowMs);
        if (lost.count > 0) late.push({ agentNumber, dueMs: nowMs + TIMEOUT_MS, batch: lost });
      }
      each?.(since, nowMs, watch);
      watch.tick(nowMs);
    }
  }
  return told;
}
