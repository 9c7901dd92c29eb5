/**
 * A tracer with real sockets as a program, for inside a namespace: targets as its argument (JSON), each line
 * of standard input asks for one round of all, each round is a line of standard output.
 *   node trace-process.ts '{"targets": [TraceTarget…], "packetsPerSecond": 1000}'
 */
import { createInterface } from 'node:readline';
import { systemClock as clock } from '@maille/base/clock';
import { createTracer, type TraceTarget } from '@maille/engine/route/tracer';
import { openTracePorts } from '@maille/host/trace/open-trace-ports';

interface Wanted {
  targets: TraceTarget[];
  packetsPerSecond: number;
}

const { targets, packetsPerSecond } = JSON.parse(process.argv[2] as string) as Wanted;
const ports = openTracePorts(Math.floor(clock.wallMs() / 1_000) * 1_000);
const tracer = createTracer({
  port: ports.port,
  packetsPerSecond,
  random: [1, 2, 3],
  wallMs: clock.wallMs,
  monoMs: clock.monoMs,
  onRound: (round) => process.stdout.write(`${JSON.stringify(round)}\n`),
});
const turn = () => {
  clock.after(tracer.running > 0 ? tracer.tick() : Math.min(2, tracer.tick()), turn);
};
turn();
createInterface({ input: process.stdin })
  .on('line', () => {
    // Only what is asked for: their plan would come between.
    tracer.setTargets(targets);
    tracer.traceNow(targets.map(({ id }) => id));
  })
  .on('close', () => process.exit(0));
