import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzLink } from '@maille/testkit/link-fuzz';

test('frames mutated from valid ones change nothing for an honest agent (short form of link-fuzz.soak.ts)', async () => {
  const report = await fuzzLink({ frames: 6_000, seed: 7 });
  assert.equal(report.frames, 6_000);
  assert.equal(report.honestLost, 0);
  assert.equal(report.invented, 0);
  assert.ok(report.closedByServer > 1_000, 'what is wrong ends its connection');
});
