/**
 * A million link frames, mutated from valid ones, JSON and binary, into an endpoint that runs: no crash,
 * no growth, no unhandled rejection, and an honest agent beside it is served all the while.
 *
 *   node link-fuzz.soak.ts [--frames 1000000] [--seed N]
 */
import { parseArgs } from 'node:util';
import { fuzzLink } from '@maille/testkit/link-fuzz';

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const unhandled: unknown[] = [];
process.on('unhandledRejection', (error) => unhandled.push(error));
process.on('uncaughtException', (error) => unhandled.push(error));
const started = performance.now();
const report = await fuzzLink({ frames: Number(values.frames), seed: Number(values.seed) });
console.log({
  seed: values.seed,
  ...report,
  unhandled,
  seconds: Math.round((performance.now() - started) / 1_000),
});
const grownBytes = report.heapAfterBytes - report.heapBeforeBytes;
const good =
  unhandled.length === 0 && grownBytes < 32 * 1024 * 1024 && report.invented === 0 && report.honestLost === 0;
process.exit(good ? 0 : 1);
