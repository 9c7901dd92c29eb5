/**
 * A hundred thousand rounds of traceroute over seeded networks, thrice, with more and more answers lost: no
 * change told that is none, and true ones found within three rounds.
 * `node route-history.soak.ts [targets] [rounds]`
 */
import { runRouteTrial } from '@maille/testkit/route-trial';

const targets = Number(process.argv[2] ?? 250);
const rounds = Number(process.argv[3] ?? 400);
const failures: string[] = [];
for (const { lossRatio, least } of [
  { lossRatio: 0, least: 1 },
  // Behind branches of unequal lengths, a router less can hide among lost answers.
  { lossRatio: 0.02, least: 0.99 },
  { lossRatio: 0.05, least: 0.99 },
]) {
  const result = runRouteTrial({ targets, rounds, flows: 4, lossRatio });
  const { falseChanges, changes, foundInThree, toldTwice } = result;
  console.log(
    `${lossRatio * 100} % of answers lost: ${result.rounds} rounds, ${falseChanges} false changes; ` +
      `${foundInThree} of ${changes} true changes found within 3 rounds, ${toldTwice} told twice`,
  );
  if (falseChanges > 0) failures.push(`${falseChanges} false changes`);
  if (foundInThree < changes * least) failures.push(`only ${foundInThree} of ${changes} found in time`);
  if (falseChanges > 0 || foundInThree < changes * least) failures.push(...result.notes);
}
for (const failure of failures) console.error(`FAILED: ${failure}`);
console.log(failures.length === 0 ? 'passed' : 'failed');
process.exit(failures.length === 0 ? 0 : 1);
