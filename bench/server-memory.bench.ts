/**
 * What a series, one target as one agent sees it, costs a server in memory that lasts: its pulse, its totals for
 * Prometheus, and what detection has learnt of it. The bound on series (decision 0020) comes from this. The last
 * hour of samples is bounded by itself, and not in it.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createProbeTotals } from '@maille/api/exports/probe-totals';
import { createTargetPulse } from '@maille/api/overview/target-pulse';
import { silentLog } from '@maille/base/log';
import { createAnomalyWatch } from '@maille/engine/anomaly/anomaly-watch';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { labBatch, labTarget } from '@maille/testkit/link-lab';

const AGENTS = 20;
const TARGETS = 5_000;
const SERIES = AGENTS * TARGETS;
const ROUNDS = 30;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
function heldBytes(): number {
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external; // external holds the array buffers
}

const targets = new Map(Array.from({ length: TARGETS }, (_, i) => [i + 1, labTarget(i + 1)] as const));
const ids = [...targets.keys()];
const clock = createFakeClock();
const batches = Array.from({ length: ROUNDS }, (_, i) => labBatch(ids, i * 1_000));

/** What stays of a part after it has heard of every series, beyond what it held before. */
function costOf<T>(
  start: () => { take(agentNumber: number, batch: (typeof batches)[number]): void; keep: T },
) {
  const before = heldBytes();
  const part = start();
  const startedMs = process.cpuUsage().user / 1_000;
  for (const batch of batches) for (let agent = 1; agent <= AGENTS; agent++) part.take(agent, batch);
  const cpuMs = process.cpuUsage().user / 1_000 - startedMs;
  const bytes = heldBytes() - before;
  return {
    bytesASeries: Math.round(bytes / SERIES),
    nsASample: Math.round((cpuMs * 1e6) / (SERIES * ROUNDS)),
    keep: part.keep,
  };
}

const pulse = costOf(() => {
  const bus = createLocalBus(silentLog);
  const keep = createTargetPulse({ bus, clock, targetOf: (id) => targets.get(id) });
  return { keep, take: keep.take };
});
const totals = costOf(() => {
  const bus = createLocalBus(silentLog);
  const keep = { bus, totals: createProbeTotals(bus, (id) => targets.has(id)) };
  return {
    keep,
    take: (agentNumber, batch) => bus.publish('samples', { agentNumber, backlog: false, batch }),
  };
});
const detection = costOf(() => {
  let nextId = 1;
  const keep = createAnomalyWatch({
    nextId: () => nextId++,
    placeOf: (id) => targets.get(id),
    hopsOf: () => [],
    agentName: String,
    ofTargets: () => TARGETS,
    changed() {},
  });
  return { keep, take: (agentNumber, batch) => keep.take(agentNumber, batch, batch.baseMs) };
});

const sum = [pulse, totals, detection].reduce((all, { bytesASeries }) => all + bytesASeries, 0);
console.log({
  series: SERIES,
  pulse: { ...pulse, keep: undefined },
  totals: { ...totals, keep: undefined },
  detection: { ...detection, keep: undefined },
  bytesASeries: sum,
  megabytesOf200_000: Math.round((sum * 200_000) / 1e6),
});
process.exit(0);
