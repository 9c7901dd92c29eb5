import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '@maille/base/problem';
import type { SettingsStore } from '@maille/store/database/settings';
import { labTarget } from '@maille/testkit/link-lab';
import type { MeshMember } from '@maille/wire/rest/mesh';
import type { Settings } from '@maille/wire/rest/operations';
import type { Context } from '../http/handler.ts';
import type { MeshKeeper } from './mesh-keeper.ts';
import { createMeshRoutes } from './mesh-routes.ts';

const member = (n: number): MeshMember => ({
  machineId: String(n).padStart(32, '0'),
  agentNumber: n,
  name: `m${n}`,
  connected: true,
  address: `10.0.0.${n}`,
  chosen: 'auto',
  targetId: n,
  byHand: false,
});
/** The second machine's target is a team's. */
const targets = new Map(
  [labTarget(1), labTarget(2, { teamId: 7 }), labTarget(3)].map((one) => [one.id, one]),
);

function setUp() {
  const changes: Partial<Settings>[] = [];
  let kept = 0;
  const reads: number[] = [];
  const routes = createMeshRoutes({
    mesh: {
      isOn: () => true,
      members: () => [member(1), member(2), member(3)],
      keep: async () => void kept++,
    } as unknown as MeshKeeper,
    targets,
    series: {
      readStatisticsByAgent: async (targetIds, fromMs, toMs) => {
        reads.push(targetIds.length);
        return {
          fromMs,
          toMs,
          // The third machine has seen nothing of the first; the ninth is in no mesh.
          rows: targetIds.flatMap((targetId) =>
            [1, 2, 3, 9]
              .filter((agentNumber) => agentNumber !== 3 || targetId !== 1)
              .map((agentNumber) => ({
                targetId,
                agentNumber,
                sent: 60,
                replies: targetId === 2 ? 0 : 54,
                p50Ns: targetId === 2 ? Number.NaN : 1e6 * agentNumber,
                p95Ns: targetId === 2 ? Number.NaN : 2e6 * agentNumber,
              })),
          ),
        };
      },
    },
    settings: {
      change: async (change: Partial<Settings>) => changes.push(change),
    } as unknown as SettingsStore,
  });
  return { routes, changes, reads, kept: () => kept };
}
const as = (role: 'viewer' | 'operator', teamIds: number[] = []) =>
  ({ caller: { kind: 'person', role, teamIds, login: 'x' }, audit: {} }) as unknown as Context;
const ask = (query: { fromMs?: number; toMs?: number }) => ({ query, params: {}, body: undefined });

test('all against all over a window; nothing answered and nothing seen are told apart', async () => {
  const { routes, reads } = setUp();
  const { cells, window } = await routes.getMesh(ask({ fromMs: 0, toMs: 60_000 }), as('operator'));
  assert.equal(cells.length, 5);
  assert.deepEqual(window, { fromMs: 0, toMs: 60_000 });
  assert.deepEqual(reads, [3], 'one read of all three');
  assert.deepEqual(
    cells.find(({ from, to }) => from === 2 && to === 3),
    { from: 2, to: 3, sent: 60, lost: 6, medianNs: 2e6, p95Ns: 4e6 },
  );
  const silent = cells.find(({ from, to }) => from === 1 && to === 2);
  assert.deepEqual([silent?.lost, silent?.medianNs], [60, null]);
  assert.equal(
    cells.find(({ from, to }) => from === 3 && to === 1),
    undefined,
  );
});

test('a viewer sees what their teams see', async () => {
  const { routes } = setUp();
  const hidden = await routes.getMesh(ask({ fromMs: 0, toMs: 60_000 }), as('viewer'));
  assert.deepEqual(
    hidden.members.map(({ targetId }) => targetId),
    [1, undefined, 3],
  );
  assert.ok(hidden.cells.every(({ to }) => to !== 2));
  const shown = await routes.getMesh(ask({ fromMs: 0, toMs: 60_000 }), as('viewer', [7]));
  assert.equal(shown.cells.length, 5);
});

test('a window that cannot be is refused, with its field', async () => {
  const { routes } = setUp();
  for (const [query, field] of [
    [{ fromMs: 5 }, '/toMs'],
    [{ toMs: 5 }, '/fromMs'],
    [{ fromMs: 5, toMs: 5 }, '/toMs'],
    [{ fromMs: 0, toMs: 40 * 86_400_000 }, '/fromMs'],
  ] as const)
    await assert.rejects(
      async () => routes.getMesh(ask(query), as('viewer')),
      (problem: Problem) => problem.field === field,
    );
  const members = await routes.getMesh(ask({}), as('viewer'));
  assert.deepEqual([members.cells, members.window], [[], undefined]);
});

test('the switch is a setting, and what it does is done when it answers', async () => {
  const { routes, changes, kept } = setUp();
  const context = as('operator');
  await routes.setMesh({ body: { on: true }, params: {}, query: {} }, context);
  assert.deepEqual(changes, [{ mesh: true }]);
  assert.equal(kept(), 1);
  assert.deepEqual(context.audit.detail, { on: true });
});
