/** News of routes: gathered, narrowed to what a reader may see, and a new snapshot where news cannot tell it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { labTarget } from '@maille/testkit/link-lab';
import type { LiveMessage, LiveSnapshot, Topic } from '@maille/wire/live/messages';
import type { Target } from '@maille/wire/rest/targets';
import type { TargetRoute } from '@maille/wire/rest/traceroutes';
import type { KnownCaller } from '../auth/caller.ts';
import { headOf } from '../routes/route-registry.ts';
import { createRouteViews } from '../routes/route-views.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { createLiveConnection, type LiveConnection, type Subscription } from './live-connection.ts';
import { createLiveRouteNews } from './live-route-news.ts';

const TEAM = 7;
const route = (targetId: number, sinceMs: number, more: Partial<TargetRoute> = {}): TargetRoute => ({
  targetId,
  agentNumber: 1,
  address: `192.0.2.${targetId}`,
  method: 'icmp',
  began: 'first',
  sinceMs,
  lastSeenMs: sinceMs,
  untilMs: null,
  hops: [{ routers: [{ address: '10.9.9.9', rttNs: 1, draws: 1, flows: [0] }] }],
  end: 'reached',
  code: null,
  ...more,
});
const settle = () => new Promise((resolve) => setImmediate(resolve));

function lab() {
  const bus = createLocalBus(silentLog);
  const list = new Map<number, Target>(
    [labTarget(1, { teamId: TEAM }), labTarget(2)].map((one) => [one.id, one]),
  );
  const known = [route(1, 100), route(2, 100)];
  const targets = {
    get: (id: number) => list.get(id),
    list: () => ({ revision: 1, targets: [...list.values()] }),
    routePlan: () => undefined,
  } as unknown as TargetRegistry;
  const views = createRouteViews({
    targets,
    routes: {
      heads: () => known.map(headOf),
      list: async ({ targetId }) => known.filter((one) => one.targetId === targetId),
      changesOf: () => 0,
      forgotten: 0,
    },
    speakers: { speakerOf: () => undefined },
    names: { lookUp: async (all) => Object.fromEntries(all.map((one) => [one, `r.${one}`])), dropped: 0 },
  });
  const connections: LiveConnection[] = [];
  function* subscriptionsOf(topic: Topic): Generator<[LiveConnection, Subscription]> {
    for (const connection of connections)
      for (const one of connection.subscriptions.values()) if (one.topic === topic) yield [connection, one];
  }
  const news = createLiveRouteNews({ bus, targets, routeViews: views, subscriptionsOf, log: silentLog });
  const connect = (teamIds: number[]) => {
    const caller = { kind: 'person', personId: 1, role: 'viewer', teamIds, sessionId: 1 } as never;
    const sent: LiveMessage[] = [];
    const connection = createLiveConnection({
      socket: {
        bufferedAmount: 0,
        send: (text) => void sent.push(JSON.parse(String(text))),
        close: () => {},
      },
      caller,
      snapshot: async (who: KnownCaller, { topic, targetId }): Promise<LiveSnapshot> =>
        topic === 'routes'
          ? { topic, ...(await views.list(who, {})) }
          : { topic: 'target-routes', ...(await views.ofTarget(who, targetId as number, {})) },
      backfill: async () => [],
      onError: (error) => assert.fail(String(error)),
    });
    connections.push(connection);
    return {
      sent,
      async ask(subscription: number, topic: Topic, targetId?: number) {
        const request = { type: 'subscribe', subscription, topic, ...(targetId && { targetId }) };
        connection.receive(JSON.stringify(request), 0);
        await settle();
        return sent.at(-1);
      },
      changes: () => sent.flatMap((one) => (one.type === 'change' ? [one.change] : [])),
      snapshots: () => sent.filter(({ type }) => type === 'snapshot').length,
    };
  };
  let nowMs = 10_000;
  return {
    bus,
    list,
    connect,
    /** A second later. */
    async tick(byMs = 1_000) {
      nowMs += byMs;
      news.tick(nowMs);
      for (const connection of connections) connection.pump();
      await settle();
    },
  };
}

test('a list and a history begin with what is, and go on with what rounds bring', async () => {
  const { bus, connect, tick } = lab();
  const member = connect([TEAM]);
  const first = await member.ask(1, 'routes');
  assert.ok(first?.type === 'snapshot' && first.snapshot.topic === 'routes');
  assert.deepEqual(
    first.snapshot.routes.map(({ targetId }) => targetId),
    [1, 2],
  );
  const history = await member.ask(2, 'target-routes', 1);
  assert.ok(history?.type === 'snapshot' && history.snapshot.topic === 'target-routes');
  assert.deepEqual(history.snapshot.names, { '10.9.9.9': 'r.10.9.9.9' });

  // Several rounds within the second: the latest of each route is told, once.
  bus.publish('target-routes', { put: [route(1, 100, { lastSeenMs: 150 })] });
  const over = route(1, 100, { lastSeenMs: 160, untilMs: 200 });
  bus.publish('target-routes', { put: [over, route(1, 200, { began: 'change' }), route(2, 100)] });
  await tick();
  const [ofList, ofTarget, ...more] = member.changes();
  assert.deepEqual(more, []);
  assert.ok(ofList?.topic === 'routes' && ofTarget?.topic === 'target-routes');
  assert.deepEqual(
    ofList.put.map(({ targetId, sinceMs, length }) => [targetId, sinceMs, length]),
    [
      [1, 200, 1],
      [2, 100, 1],
    ],
  );
  assert.deepEqual(
    ofTarget.put.map(({ sinceMs, untilMs }) => [sinceMs, untilMs]),
    [
      [100, 200],
      [200, null],
    ],
  );
});

test('what a viewer may not see is in no snapshot and no news, also once it has moved away', async () => {
  const { bus, list, connect, tick } = lab();
  const [stranger, member] = [connect([]), connect([TEAM])];
  const first = await stranger.ask(1, 'routes');
  assert.ok(first?.type === 'snapshot' && first.snapshot.topic === 'routes');
  assert.deepEqual(
    first.snapshot.routes.map(({ targetId }) => targetId),
    [2],
  );
  const refused = await stranger.ask(2, 'target-routes', 1);
  assert.ok(refused?.type === 'problem' && refused.problem.code === 'not-found');
  await stranger.ask(3, 'target-routes', 2);
  await member.ask(1, 'target-routes', 1);
  bus.publish('target-routes', { put: [route(1, 300)] });
  await tick();
  assert.deepEqual(stranger.changes(), []);
  assert.equal(member.changes().length, 1);

  list.set(2, labTarget(2, { teamId: TEAM }));
  bus.publish('target-routes', { put: [route(2, 400)] });
  bus.publish('targets', { baseRevision: 1, revision: 2, put: [], remove: [] });
  await tick(3_000);
  assert.deepEqual(stranger.changes(), []);
  const last = stranger.sent.findLast((one) => one.type === 'snapshot' && one.snapshot.topic === 'routes');
  assert.ok(last?.type === 'snapshot' && last.snapshot.topic === 'routes');
  assert.deepEqual(last.snapshot.routes, []);
  const gone = stranger.sent.at(-1);
  assert.ok(gone?.type === 'problem' && gone.subscription === 3, 'its history ends');
});

test('more news than fit, and edits without end, become few snapshots', async () => {
  const { bus, connect, tick } = lab();
  const reader = connect([TEAM]);
  await reader.ask(1, 'routes');
  const many = Array.from({ length: 20_001 }, (_, i) => route(2, i));
  bus.publish('target-routes', { put: many });
  await tick();
  assert.deepEqual([reader.changes().length, reader.snapshots()], [0, 2]);
  for (let i = 0; i < 10; i++) {
    bus.publish('targets', { baseRevision: i, revision: i + 1, put: [], remove: [] });
    await tick(250);
  }
  assert.equal(reader.snapshots(), 2);
  await tick(1_000);
  assert.equal(reader.snapshots(), 3);
});
