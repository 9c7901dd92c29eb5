import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '@maille/base/problem';
import type { SeriesStore } from '@maille/store/series/series-store';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { labTarget } from '@maille/testkit/link-lab';
import type { Settings } from '@maille/wire/rest/operations';
import type { Context } from '../http/handler.ts';
import { createSeriesRoutes } from './series-routes.ts';
import type { TargetRegistry } from './target-registry.ts';

const NOW = Date.UTC(2026, 0, 10);
const HOUR_MS = 3_600_000;
const context = { caller: { kind: 'person', role: 'viewer', teamIds: [] } } as unknown as Context;

/** A target that so many agents probe once a second. */
function setUp(agents: number) {
  let read = 0;
  const counted = (fromMs: number, toMs: number, rowMs: number) =>
    Array.from({ length: agents }, (_, i) => ({
      agentNumber: i + 1,
      sent: (toMs - fromMs) / rowMs,
      count: (toMs - fromMs) / rowMs,
    }));
  const routes = createSeriesRoutes({
    targets: { get: () => labTarget(1) } as unknown as TargetRegistry,
    series: {
      readStatisticsByAgent: async (_ids: number[], fromMs: number, toMs: number) => ({
        rows: counted(fromMs, toMs, 1_000),
      }),
      readRaw: async () => {
        read++;
        return [];
      },
      readRollup: async (_id: number, resolution: string, fromMs: number, toMs: number) =>
        counted(fromMs, toMs, resolution === 'minute' ? 60_000 : HOUR_MS),
    } as unknown as SeriesStore,
    settings: () => ({ rawRetentionDays: 30 }) as Settings,
    clock: createFakeClock(NOW),
  });
  const ask = async (hours: number, resolution?: 'raw' | 'minute', agentNumber?: number) =>
    routes.getTargetSeries(
      {
        params: { id: 1 },
        query: {
          fromMs: NOW - hours * HOUR_MS,
          toMs: NOW,
          ...(resolution && { resolution }),
          ...(agentNumber && { agentNumber }),
        },
        body: undefined,
      },
      context,
    );
  return { ask, read: () => read };
}
const tooLarge = (problem: Problem) =>
  problem.code === 'too-large' && problem.field === '/agentNumber' && problem.remedy !== undefined;

test('many agents bring many rows: refused before they are read, one agent or a shorter span is not', async () => {
  const { ask, read } = setUp(50);
  await assert.rejects(ask(24, 'raw'), tooLarge);
  assert.equal(read(), 0);
  await ask(24, 'raw', 7);
  await ask(1, 'raw');
  await ask(1);
  assert.equal(read(), 3);
});

test('of minutes as well', async () => {
  const { ask } = setUp(50);
  await assert.rejects(ask(30 * 24, 'minute'), tooLarge);
});
