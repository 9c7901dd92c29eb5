import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '@maille/base/problem';
import { outcomes } from '@maille/wire/link/samples';
import { requireWindow, statisticsOf } from './statistics-answer.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const DAY = 86_400_000;

test('a window that cannot be is refused by the name of its field', () => {
  const refusals: [fromMs: number, toMs: number, code: string, field: string][] = [
    [NOW - 1_000, NOW - 2_000, 'invalid', '/toMs'],
    [NOW - 1_000, NOW - 1_000, 'invalid', '/toMs'],
    [NOW + 1_000, NOW + 2_000, 'invalid', '/fromMs'],
    [NOW - 1_000, NOW + 2 * DAY, 'invalid', '/toMs'],
    [NOW - 4_000 * DAY, NOW, 'too-large', '/fromMs'],
  ];
  for (const [fromMs, toMs, code, field] of refusals) {
    assert.throws(
      () => requireWindow(fromMs, toMs, NOW),
      (problem: Problem) => problem.code === code && problem.field === field,
      `${fromMs - NOW} to ${toMs - NOW}`,
    );
  }
  requireWindow(NOW - DAY, NOW + 60_000, NOW); // a browser's clock may run a little ahead
});

test('what nothing answered has no figures, and what was not sent has no loss', () => {
  const none = { p25Ns: Number.NaN, p50Ns: Number.NaN, p75Ns: Number.NaN, p95Ns: Number.NaN };
  const found = {
    fromMs: NOW - DAY,
    toMs: NOW,
    source: 'samples' as const,
    relativeError: 0,
    sent: 0,
    replies: 0,
    outcomes: new Float64Array(outcomes.length),
    ...none,
    minNs: Number.NaN,
    p99Ns: Number.NaN,
    maxNs: Number.NaN,
    jitterNs: Number.NaN,
  };
  const empty = statisticsOf(found);
  assert.deepEqual([empty.lossRatio, empty.p50Ns, empty.jitterNs], [null, null, null]);
  assert.equal(empty.outcomes.refused, 0);

  found.outcomes[outcomes.indexOf('reply')] = 3;
  found.outcomes[outcomes.indexOf('refused')] = 1;
  const half = statisticsOf({ ...found, sent: 4, replies: 3, minNs: 1_000, relativeError: Number.NaN });
  assert.deepEqual([half.lossRatio, half.minNs, half.relativeError], [0.25, 1_000, null]);
  assert.deepEqual([half.outcomes.reply, half.outcomes.refused, half.outcomes.timeout], [3, 1, 0]);
});
