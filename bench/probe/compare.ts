/**
 * What an echo costs: the sensor, fping, and the least that it can cost (echo-loop.c), turn by turn in one
 * namespace. Each is measured alike: processor time of the process between two moments, over the echoes
 * that the far kernel counted between them. A packet crosses the cable, is answered, and the answer comes
 * back, within the system call that sends it; so all three carry the answering kernel's work in the same way.
 */
import { type AnsweringNetwork, createAnsweringNetwork, type Family } from './answering-network.ts';
import { compileEchoLoop, startEchoLoop } from './c-loop.ts';
import { type BenchPart, type Figure, median, pause } from './figure.ts';
import { startFping } from './fping.ts';
import { costOf } from './process-cost.ts';
import { echoTargets, startSensorLoad } from './sensor-load.ts';

const FPING_TARGETS = 5_000;
const TARGETS = 10_000;
const ROUNDS = 3;
/** As the sensor does, at these rates. */
const TICK_MS = 5;
/** Before measuring: Node compiles what runs often, and a sensor runs for months. */
const SENSOR_WARM_MS = 12_000;
const FPING_WARM_MS = 3_000;

interface Cost {
  cpuUs: number;
  userUs: number;
}

export async function measureCost(network: AnsweringNetwork, pid: number, seconds: number): Promise<Cost> {
  const from = { ...costOf(pid), echoes: network.echoesAsked() };
  await pause(seconds * 1_000);
  const to = { ...costOf(pid), echoes: network.echoesAsked() };
  const echoes = to.echoes - from.echoes;
  return {
    cpuUs: ((to.cpuSeconds - from.cpuSeconds) / echoes) * 1e6,
    userUs: ((to.userSeconds - from.userSeconds) / echoes) * 1e6,
  };
}

export async function compare({ folder, seconds = 10, say }: BenchPart): Promise<Figure[]> {
  const built = compileEchoLoop(folder);
  if ('missing' in built) say(built.missing);
  const network = createAnsweringNetwork();
  let lost = 0;

  const sensor = async (family: Family, targets: number) => {
    const load = await startSensorLoad(network.prober, folder, echoTargets(family, targets));
    await pause(SENSOR_WARM_MS);
    const cost = await measureCost(network, load.pid, seconds);
    const { sent, replies } = await load.settle();
    lost += sent - replies;
    await load.end();
    return cost;
  };
  const fping = async () => {
    const run = startFping(network.prober, folder, FPING_TARGETS);
    await pause(FPING_WARM_MS);
    const cost = await measureCost(network, run.pid, seconds);
    await run.end();
    return cost;
  };
  const bare = async (family: Family, targets: number): Promise<Cost> => {
    if (!('program' in built)) return { cpuUs: Number.NaN, userUs: Number.NaN };
    const run = startEchoLoop(network.prober, built.program, {
      family,
      targets,
      perSecond: targets,
      seconds: seconds + 2,
      tickMs: TICK_MS,
    });
    await pause(1_000);
    const cost = await measureCost(network, run.pid, seconds);
    await run.done;
    return cost;
  };

  try {
    const runs: { name: string; run: () => Promise<Cost>; costs: Cost[] }[] = [
      { name: 'fping, 5,000', run: fping, costs: [] },
      { name: 'sensor, 5,000', run: () => sensor(4, FPING_TARGETS), costs: [] },
      { name: 'C loop, 10,000', run: () => bare(4, TARGETS), costs: [] },
      { name: 'sensor, 10,000', run: () => sensor(4, TARGETS), costs: [] },
      { name: 'C loop, 10,000 IPv6', run: () => bare(6, TARGETS), costs: [] },
      { name: 'sensor, 10,000 IPv6', run: () => sensor(6, TARGETS), costs: [] },
    ];
    for (let round = 1; round <= ROUNDS; round++) {
      for (const { name, run, costs } of runs) {
        const cost = await run();
        costs.push(cost);
        say(`${name}: ${cost.cpuUs.toFixed(2)} µs an echo (round ${round} of ${ROUNDS})`);
      }
    }
    const figures: Figure[] = runs.flatMap(({ name, costs }) => [
      { name: `${name}: CPU an echo`, value: median(costs.map(({ cpuUs }) => cpuUs)), unit: 'µs' },
      { name: `${name}: of it in the program`, value: median(costs.map(({ userUs }) => userUs)), unit: 'µs' },
    ]);
    const ratio = (over: number, under: number) =>
      median(
        (runs[over]?.costs ?? []).map(
          ({ cpuUs }, round) => cpuUs / (runs[under]?.costs[round]?.cpuUs ?? Number.NaN),
        ),
      );
    figures.push({ name: 'sensor to fping', value: ratio(1, 0), unit: 'x', atMost: 0.5 });
    if ('program' in built) {
      figures.push({ name: 'sensor to C loop', value: ratio(3, 2), unit: 'x', atMost: 1.3 });
      figures.push({ name: 'sensor to C loop, IPv6', value: ratio(5, 4), unit: 'x', atMost: 1.3 });
    }
    figures.push({ name: 'lost by the sensor', value: lost, unit: 'echoes', atMost: 0 });
    return figures;
  } finally {
    network.remove();
  }
}
