/** Who sees which routes, and what is said when no agent can be asked. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Problem } from '@maille/base/problem';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { labTarget } from '@maille/testkit/link-lab';
import type { Machine } from '@maille/wire/rest/machines';
import type { Target } from '@maille/wire/rest/targets';
import type { TargetRoute } from '@maille/wire/rest/traceroutes';
import type { TracePlan } from '@maille/wire/traceroute';
import type { Context } from '../http/handler.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { headOf, type RouteRegistry } from './route-registry.ts';
import { createRouteViews } from './route-views.ts';
import { createTracerouteRoutes } from './traceroute-routes.ts';

const plan: TracePlan = { method: 'icmp', everyMs: 300_000, flows: 4 };
const prefix = '10.0.0.0/24';
const list: Target[] = [
  labTarget(1, { prefix, teamId: 7 }),
  labTarget(2, { prefix }),
  labTarget(3, { prefix: '10.0.3.0/24' }),
];
const router = (address: string) => ({ routers: [{ address, rttNs: 1e6, draws: 4, flows: [0, 1, 2, 3] }] });
const route = (targetId: number, agentNumber: number): TargetRoute => ({
  targetId,
  agentNumber,
  address: `192.0.2.${targetId}`,
  method: 'icmp',
  began: 'first',
  sinceMs: 1_000,
  lastSeenMs: 9_000,
  untilMs: null,
  hops: [router('10.9.9.9'), { routers: [] }, router(`192.0.2.${targetId}`), { routers: [] }],
  end: 'reached',
  code: null,
});
const machine = (agentNumber: number): Machine =>
  ({
    id: `${agentNumber}`.repeat(32),
    agentNumber,
    label: `m${agentNumber}`,
    tags: [],
    state: 'approved',
  }) as never;

function lab({ there = [1, 2] }: { there?: number[] } = {}) {
  const routes = [route(1, 1), route(1, 2), route(3, 1)];
  const asked: [string, readonly number[]][] = [];
  const looked: string[][] = [];
  const targets = {
    list: () => ({ revision: 1, targets: list }),
    get: (id: number) => list.find((one) => one.id === id),
    routePlan: ({ id }: Target) => (id === 2 ? undefined : plan),
  } as unknown as TargetRegistry;
  const views = createRouteViews({
    targets,
    routes: {
      heads: () => routes.map(headOf),
      list: async ({ targetId }: { targetId?: number }) =>
        routes.filter((one) => targetId === undefined || one.targetId === targetId),
      changesOf: () => 0,
      forgotten: 0,
    } as unknown as RouteRegistry,
    speakers: { speakerOf: (id) => (id <= 2 ? 1 : undefined) },
    names: {
      async lookUp(addresses) {
        looked.push([...addresses]);
        return {};
      },
      dropped: 0,
    },
  });
  const handlers = createTracerouteRoutes({
    targets,
    views,
    machines: { list: () => [machine(1), machine(2)] },
    traceNow(id, ids) {
      const isThere = there.includes(Number(id[0]));
      if (isThere) asked.push([id, ids]);
      return isThere;
    },
    clock: createFakeClock(5_000),
  });
  return { handlers, asked, looked };
}

const context = (role: 'viewer' | 'operator', teamIds: number[] = []) =>
  ({ caller: { kind: 'person', role, teamIds }, audit: {} }) as unknown as Context;
const none = { params: {}, query: {}, body: undefined } as const;

test('a viewer sees the routes of their teams and of no team, and no trace of the others', async () => {
  const { handlers } = lab();
  const seen = async (who: Context) => {
    const { routes, traced } = await handlers.listRoutes({ ...none }, who);
    return [routes.map(({ targetId, agentNumber }) => `${targetId}/${agentNumber}`), traced];
  };
  assert.deepEqual(await seen(context('operator')), [
    ['1/1', '1/2', '3/1'],
    [1, 3],
  ]);
  assert.deepEqual(await seen(context('viewer', [7])), [
    ['1/1', '1/2', '3/1'],
    [1, 3],
  ]);
  assert.deepEqual(await seen(context('viewer')), [['3/1'], [3]]);
  await assert.rejects(
    async () => handlers.getTargetRoutes({ ...none, params: { id: 1 } }, context('viewer')),
    { code: 'not-found' },
  );
  const { representativeId } = await handlers.getTargetRoutes(
    { ...none, params: { id: 2 } },
    context('viewer'),
  );
  assert.equal(representativeId, null, 'who speaks for the prefix is another team’s');
});

test('a summary says how long the way is, and who speaks for its prefix', async () => {
  const { handlers } = lab();
  const { routes } = await handlers.listRoutes({ ...none, query: { prefix } }, context('operator'));
  assert.deepEqual(
    routes.map(({ length, forPrefix }) => [length, forPrefix]),
    [
      [3, true],
      [3, true],
    ],
  );
  assert.ok(!('hops' in (routes[0] as object)));
  const one = await handlers.listRoutes({ ...none, query: { agentNumber: 2 } }, context('operator'));
  assert.equal(one.routes.length, 1);
});

test('names are looked up for the routers of the routes that are shown, and nothing else', async () => {
  const { handlers, looked } = lab();
  const found = await handlers.getTargetRoutes({ ...none, params: { id: 1 } }, context('operator'));
  assert.deepEqual(looked, [['10.9.9.9', '192.0.2.1']]);
  assert.deepEqual([found.plan, found.forPrefix, found.representativeId], [plan, true, null]);
  const other = await handlers.getTargetRoutes({ ...none, params: { id: 2 } }, context('operator'));
  assert.deepEqual([other.plan, other.representativeId], [null, 1]);
  await assert.rejects(
    async () =>
      handlers.getTargetRoutes(
        { ...none, params: { id: 1 }, query: { fromMs: 9, toMs: 3 } },
        context('operator'),
      ),
    (error) => error instanceof Problem && error.field === '/toMs',
  );
});

test('traces at once by those who are there; says who is away, and what is not traced', () => {
  const now = (made: ReturnType<typeof lab>, id: number, agentNumber?: number) =>
    made.handlers.traceTargetNow(
      { ...none, params: { id }, body: agentNumber === undefined ? {} : { agentNumber } },
      context('operator'),
    );
  const made = lab({ there: [2] });
  assert.deepEqual(now(made, 1), { agentNumbers: [2], askedAtMs: 5_000 });
  assert.deepEqual(made.asked, [['2'.repeat(32), [1]]]);
  assert.throws(() => now(made, 1, 1), { code: 'unavailable', message: 'm1 is not connected' });
  assert.throws(() => now(made, 2), { code: 'conflict' });
  assert.throws(
    () => now(made, 1, 9),
    (error) => error instanceof Problem && error.field === '/agentNumber',
  );
});
