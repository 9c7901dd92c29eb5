import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcomes } from '@maille/wire/link/samples';
import { isLost, levelOfOutcome } from './sample-level.ts';

test('what several agents saw comes to the worst: the less of the way was gone, the worse', () => {
  const ordered = [
    'local-error', // says nothing of the target
    'reply',
    'late',
    'reset',
    'refused',
    'ttl-exceeded',
    'unreachable',
    'timeout',
  ] as const;
  const levels = ordered.map((outcome) => levelOfOutcome(outcomes.indexOf(outcome), 20_000_000_000));
  assert.deepEqual(
    levels,
    [...levels].sort((a, b) => a - b),
  );
  assert.equal(new Set(levels).size, levels.length);
  assert.deepEqual(
    ordered.filter((_, i) => isLost(levels[i] as number)),
    ['late', 'reset', 'refused', 'ttl-exceeded', 'unreachable', 'timeout'],
  );
});
