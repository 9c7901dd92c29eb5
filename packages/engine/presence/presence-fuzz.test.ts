/** The short form of presence-fuzz.soak.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzPresence } from '@maille/testkit/presence-fuzz';

test('mutated datagrams change nothing, and well-signed hostile ones crash nothing', async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const result = await fuzzPresence({ mutated: 10_000, signed: 2_000, seed });
  assert.deepEqual(result.failures, [], `seed ${seed}`);
  for (const reason of ['size', 'malformed', 'replayed', 'badSignature', 'wrongKey', 'unexpected']) {
    assert.ok((result.refused[reason] as number) > 0, `nothing was refused as ${reason}`);
  }
});
