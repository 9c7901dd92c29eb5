/**
 * A tracer with real sockets as a program, for inside a namespace. Its argument is JSON:
 *   { targets: TraceTarget[], packetsPerSecond, rounds? }
 * Each line of standard input asks for one round of all, or `rounds` rounds are made and it ends; each round is a
 * line of standard output.
 */
import { createInterface } from 'node:readline';
import { systemClock as clock } from '@maille/base/clock';
import { createTracer, type TraceTarget } from '@maille/engine/route/tracer';
import { openTracePorts } from '@maille/host/trace/open-trace-ports';

interface Wanted {
  /** Of plans so long that none comes between. */
  targets: TraceTarget[];
  packetsPerSecond: number;
  rounds?: number;
}

const { targets, packetsPerSecond, rounds } = JSON.parse(process.argv[2] as string) as Wanted;
const ids = targets.map(({ id }) => id);
const ports = openTracePorts(Math.floor(clock.wallMs() / 1_000) * 1_000);
const keepAlive = setInterval(() => {}, 1_000);
let told = 0;
const tracer = createTracer({
  port: ports.port,
  packetsPerSecond,
  random: crypto.getRandomValues(new Uint32Array(3)) as unknown as readonly [number, number, number],
  wallMs: clock.wallMs,
  monoMs: clock.monoMs,
  onRound(round) {
    process.stdout.write(`${JSON.stringify(round)}\n`);
    if (++told === rounds) clearInterval(keepAlive);
  },
});
tracer.setTargets(targets);
function turn(): void {
  clock.after(Math.min(2, tracer.tick()), turn); // keeps nobody alive
}

if (rounds === undefined) {
  createInterface({ input: process.stdin })
    .on('line', () => tracer.traceNow(ids))
    .on('close', () => process.exit(0));
} else tracer.traceNow(ids);
turn();
