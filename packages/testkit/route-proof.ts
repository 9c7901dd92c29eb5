/**
 * The proof of routes: real packets through the network of route-network.ts, the history's judgement of each
 * round, and a path that really changes. For each target: changes that were told while nothing changed, and
 * after how many rounds the true change was told.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createRouteHistory, type RouteHistory } from '@maille/engine/route/route-history';
import type { TraceTarget } from '@maille/engine/route/tracer';
import type { TraceRound } from '@maille/wire/traceroute';
import { createRouteNetwork, LINK, type RouteNetwork, TARGET_4, TARGET_6 } from './route-network.ts';

type RouteChange = NonNullable<NonNullable<ReturnType<RouteHistory['observe']>>['change']>;

export interface RouteProof {
  /** Of each target. */
  rounds: number;
  falseChanges: number;
  /** By target: after how many rounds the detour was told, and the way back; 0 for never. */
  found: { name: string; detour: number; back: number }[];
  /** Distances without an answer, of all that were asked. */
  silentHops: number;
  hops: number;
  /** Distances at which more than one router was met. */
  parallel: number[];
  /** What was told of the true change that is not true. */
  wrong: string[];
  seconds: number;
}

export interface RouteProofOptions {
  rounds: number;
  flows: number;
  packetsPerSecond?: number;
  onProgress?(round: number): void;
  /** One that is there already, and stays. */
  network?: RouteNetwork;
}

const AGENT = 1;
/** After a change, to see that nothing else is told. */
const ROUNDS_AFTER = 10;
const NEVER_MS = 86_400_000;
const program = fileURLToPath(import.meta.resolve('./trace-process.ts'));
const CHANGED_DISTANCE = 4;

const kinds = [
  { name: 'icmp, IPv4', method: 'icmp', address: TARGET_4 },
  { name: 'icmp, IPv6', method: 'icmp', address: TARGET_6 },
  { name: 'udp, IPv4', method: 'udp', address: TARGET_4 },
  { name: 'udp, IPv6', method: 'udp', address: TARGET_6 },
  { name: 'tcp, IPv4', method: 'tcp', address: TARGET_4 },
  { name: 'tcp, IPv6', method: 'tcp', address: TARGET_6 },
] as const;

export async function proveRoutes(options: RouteProofOptions): Promise<RouteProof> {
  if (options.network) return prove(options.network, options);
  const network = createRouteNetwork();
  try {
    return await prove(network, options);
  } finally {
    network.remove();
  }
}

async function prove(network: RouteNetwork, options: RouteProofOptions): Promise<RouteProof> {
  const startedMs = performance.now();
  const targets: TraceTarget[] = kinds.map(({ method, address }, i) => ({
    id: i + 1,
    address,
    plan: { method, everyMs: NEVER_MS, flows: options.flows, ...(method === 'tcp' && { port: 8_080 }) },
  }));
  const wanted = JSON.stringify({ targets, packetsPerSecond: options.packetsPerSecond ?? 1_000 });
  const tracer = network.prober.spawn(process.execPath, [program, wanted], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: tracer.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const history = createRouteHistory();
  const proof: RouteProof = {
    rounds: 0,
    falseChanges: 0,
    found: kinds.map(({ name }) => ({ name, detour: 0, back: 0 })),
    silentHops: 0,
    hops: 0,
    parallel: [],
    wrong: [],
    seconds: 0,
  };
  const met = new Map<number, Set<string>>();

  const count = (round: TraceRound) => {
    for (const { hops } of round.flows) {
      for (const [i, { address }] of hops.entries()) {
        proof.hops++;
        if (address === null) proof.silentHops++;
        else met.set(i + 1, (met.get(i + 1) ?? new Set()).add(address));
      }
    }
  };
  /** One round of every target; what was told, by the target's place. */
  const trace = async (): Promise<Map<number, RouteChange>> => {
    tracer.stdin?.write('\n');
    const told = new Map<number, RouteChange>();
    for (const _ of targets) {
      const { value, done } = await lines.next();
      if (done) throw new Error('the tracer has ended');
      const round = JSON.parse(value) as TraceRound;
      count(round);
      const change = history.observe(AGENT, round)?.change;
      if (change) told.set(round.targetId - 1, change);
    }
    return told;
  };
  const watchChange = async (which: 'detour' | 'back', newRouter: (change: RouteChange) => boolean) => {
    for (let round = 1; round <= ROUNDS_AFTER; round++) {
      for (const [i, change] of await trace()) {
        const found = proof.found[i] as RouteProof['found'][number];
        if (found[which] !== 0) proof.wrong.push(`${found.name}: told again after ${round} rounds`);
        else found[which] = round;
        if (change.distance !== CHANGED_DISTANCE || !newRouter(change))
          proof.wrong.push(`${found.name}: ${JSON.stringify(change.after.hops)} from ${change.distance}`);
      }
    }
  };
  const goesBy = (link: number) => (change: RouteChange) =>
    change.after.hops[CHANGED_DISTANCE - 1]?.routers.some(({ address }) =>
      [`10.50.${link}.1`, `fd50:${link}::1`].includes(address),
    ) === true;

  try {
    for (; proof.rounds < options.rounds; proof.rounds++) {
      proof.falseChanges += (await trace()).size;
      options.onProgress?.(proof.rounds + 1);
    }
    proof.parallel = [...met].filter(([, addresses]) => isParallel(addresses)).map(([distance]) => distance);
    network.detour();
    await watchChange('detour', goesBy(LINK.r5));
    network.direct();
    await watchChange('back', goesBy(LINK.r6));
  } finally {
    tracer.stdin?.end();
    if (tracer.exitCode === null) await once(tracer, 'exit');
  }
  proof.seconds = (performance.now() - startedMs) / 1_000;
  return proof;
}

const isParallel = (addresses: Set<string>) =>
  [4, 6].some(
    (family) => [...addresses].filter((address) => address.includes(':') === (family === 6)).length > 1,
  );

/** Why the proof fails; empty where it holds. */
export function failuresOf(proof: RouteProof, withinRounds: number): string[] {
  const late = proof.found.flatMap(({ name, detour, back }) =>
    [detour, back].every((rounds) => rounds > 0 && rounds <= withinRounds)
      ? []
      : [`${name}: the change was told after ${detour} rounds, the way back after ${back} (0: never)`],
  );
  return [
    ...(proof.falseChanges > 0 ? [`${proof.falseChanges} changes told where there was none`] : []),
    ...(proof.parallel.includes(2) ? [] : ['the two arms of the diamond were not both seen']),
    ...late,
    ...proof.wrong,
  ];
}
