/**
 * A thousand rounds of each method and family over a diamond of real routers (namespaces), and then one path
 * that changes, and changes back: nothing may be told before, and the change within three rounds.
 *
 *   node route-change.soak.ts [rounds] [flows]
 */
import { canMakeNamespaces } from '@maille/testkit/namespaces';
import { failuresOf, proveRoutes } from '@maille/testkit/route-proof';

if (!canMakeNamespaces) {
  console.log('skipped: needs root on Linux, for network namespaces');
  process.exit(0);
}
const rounds = Number(process.argv[2] ?? 1_000);
const flows = Number(process.argv[3] ?? 4);
const WITHIN_ROUNDS = 3;
const proof = await proveRoutes({
  rounds,
  flows,
  onProgress(round) {
    if (round % 100 === 0) console.log(`${round} of ${rounds} rounds`);
  },
});
console.log(JSON.stringify(proof, null, 2));
const failures = failuresOf(proof, WITHIN_ROUNDS);
for (const failure of failures) console.log(`FAILED: ${failure}`);
process.exit(failures.length === 0 ? 0 : 1);
