/**
 * A million datagrams mutated from valid ones, and a hundred thousand hostile ones that are well signed:
 * no crash, no growth, the list unchanged. `node presence-fuzz.soak.ts [mutated] [signed] [seed]`
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fuzzPresence } from '@maille/testkit/presence-fuzz';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const mutated = Number(process.argv[2] ?? 1_000_000);
const signed = Number(process.argv[3] ?? 100_000);
const seed = Number(process.argv[4] ?? 1);
const MAX_GROWTH_BYTES = 8 * 1024 * 1024;
const failures: string[] = [];
process.on('unhandledRejection', (error) => failures.push(`unhandled rejection: ${String(error)}`));

const heapBytes = () => {
  collect();
  return process.memoryUsage().heapUsed;
};
// Once before, so that compiled code and the validators count on neither side.
await fuzzPresence({ mutated: 20_000, signed: 2_000, seed });
const before = heapBytes();
let during = 0;
const startedMs = performance.now();
const result = await fuzzPresence({
  mutated,
  signed,
  seed,
  onProgress(done) {
    if (done % 100_000 === 0) during = Math.max(during, heapBytes());
  },
});
const seconds = (performance.now() - startedMs) / 1_000;
const after = heapBytes();
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
console.log(`${mutated} mutated and ${signed} signed datagrams in ${seconds.toFixed(0)} s, seed ${seed}`);
console.log('signature checks', result.signatureChecks, 'refused', JSON.stringify(result.refused));
console.log(
  `heap: ${megabytes(before)} before, ${megabytes(during)} at most on the way, ${megabytes(after)} after`,
);
failures.push(...result.failures);
if (Math.max(after, during) - before > MAX_GROWTH_BYTES) failures.push('memory grew');
for (const failure of failures) console.error(`FAILED: ${failure}`);
console.log(failures.length === 0 ? 'passed' : 'failed');
process.exit(failures.length === 0 ? 0 : 1);
