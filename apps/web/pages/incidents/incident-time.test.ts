import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTimePosition, parseTimePosition } from '@maille/ui/time/time-position';
import fc from 'fast-check';
import { chartWindowOf, replayOf } from './incident-time.ts';

const NOW = Date.UTC(2026, 10, 21, 12);

test('the time of an incident is a replay within its own window, its chart shows all of it, never the future', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 * 86_400 }),
      fc.option(fc.integer({ min: 0, max: 86_400 })),
      fc.boolean(),
      (agoSeconds, lastedSeconds, playing) => {
        const sinceMs = NOW - agoSeconds * 1_000;
        const endedAtMs =
          lastedSeconds === null ? null : Math.min(NOW, sinceMs + Math.floor(lastedSeconds) * 1_000);
        const at = replayOf({ sinceMs, endedAtMs }, NOW, playing);
        const chart = chartWindowOf({ sinceMs, endedAtMs }, NOW);
        assert.ok(chart.fromMs < sinceMs && chart.toMs >= (endedAtMs ?? NOW) && chart.toMs <= NOW);
        assert.ok(at.fromMs < sinceMs && at.toMs <= NOW);
        assert.ok(at.fromMs <= at.atMs && at.atMs <= at.toMs);
        assert.deepEqual(parseTimePosition(formatTimePosition(at)), at);
      },
    ),
  );
});
