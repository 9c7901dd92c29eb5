/**
 * The most that one machine asks: fifty thousand echoes a second. Beside it the C loop at the same rate, which
 * shows where the kernel is the limit and not the program: what an echo costs it, and what it loses too.
 */
import { type AnsweringNetwork, createAnsweringNetwork } from './answering-network.ts';
import { compileEchoLoop, startEchoLoop } from './c-loop.ts';
import { type BenchPart, type Figure, pause } from './figure.ts';
import { costOf, machineCost } from './process-cost.ts';
import { echoTargets, startSensorLoad } from './sensor-load.ts';

const PER_SECOND = 50_000;
const TICK_MS = 5;
const WARM_MS = 3_000;

/** Over a span of time: shares of one core, and what the kernel threw away. */
async function watch(network: AnsweringNetwork, pid: number, seconds: number) {
  const look = () => ({
    process: costOf(pid),
    machine: machineCost(),
    asked: network.echoesAsked(),
    drops: network.kernelDrops(),
    atMs: performance.now(),
  });
  const from = look();
  await pause(seconds * 1_000);
  const to = look();
  const took = (to.atMs - from.atMs) / 1_000;
  const share = (after: number, before: number) => (100 * (after - before)) / took;
  return {
    perSecond: (to.asked - from.asked) / took,
    cpu: share(to.process.cpuSeconds, from.process.cpuSeconds),
    user: share(to.process.userSeconds, from.process.userSeconds),
    busy: share(to.machine.busySeconds, from.machine.busySeconds),
    softirq: share(to.machine.softirqSeconds, from.machine.softirqSeconds),
    drops: to.drops - from.drops,
  };
}

export async function ceiling({ folder, seconds = 30, say }: BenchPart): Promise<Figure[]> {
  const network = createAnsweringNetwork();
  try {
    const load = await startSensorLoad(network.prober, folder, echoTargets(4, PER_SECOND));
    await pause(WARM_MS);
    say(`${PER_SECOND} echoes a second by the sensor …`);
    const own = await watch(network, load.pid, seconds);
    const { sent, replies, droppedPackets, droppedSamples } = await load.settle();
    const asked = network.echoesAsked();
    await load.end();
    const figures: Figure[] = [
      { name: 'echoes a second', value: own.perSecond, unit: '', atLeast: 0.99 * PER_SECOND },
      { name: 'sent, start to end', value: sent, unit: 'echoes' },
      { name: 'lost', value: sent - replies, unit: 'echoes', atMost: 0 },
      { name: 'sent that never reached the far kernel', value: sent - asked, unit: 'echoes' },
      { name: 'dropped by the socket', value: droppedPackets, unit: 'packets' },
      { name: 'samples dropped', value: droppedSamples, unit: 'samples', atMost: 0 },
      { name: 'dropped between the kernels', value: own.drops, unit: 'packets' },
      { name: 'sensor', value: own.cpu, unit: '% a core' },
      { name: 'of it in the program', value: own.user, unit: '% a core' },
      { name: 'whole machine, busy', value: own.busy, unit: '% a core' },
      { name: 'whole machine, in softirq', value: own.softirq, unit: '% a core' },
    ];
    const built = compileEchoLoop(folder);
    if ('missing' in built) {
      say(built.missing);
      return figures;
    }
    say('… and by the C loop');
    const how = { family: 4, targets: PER_SECOND, perSecond: PER_SECOND, tickMs: TICK_MS } as const;
    const loop = startEchoLoop(network.prober, built.program, { ...how, seconds: seconds + 2 });
    await pause(1_000);
    const bare = await watch(network, loop.pid, seconds);
    const report = await loop.done;
    return [
      ...figures,
      { name: 'C loop', value: bare.cpu, unit: '% a core' },
      { name: 'C loop: echoes a second', value: bare.perSecond, unit: '' },
      { name: 'C loop: lost', value: report.sent - report.replies, unit: 'echoes' },
      { name: 'C loop: dropped between the kernels', value: bare.drops, unit: 'packets' },
      { name: 'whole machine, in softirq, with the C loop', value: bare.softirq, unit: '% a core' },
    ];
  } finally {
    network.remove();
  }
}
