/** Live over real WebSockets; the bus is driven by hand. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Clock, systemClock } from '@maille/base/clock';
import { silentLog } from '@maille/base/log';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { openSqliteDatabase } from '@maille/store/database/sqlite';
import type { SeriesStore } from '@maille/store/series/series-store';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { createSampleBatch, OUTCOME_REPLY, type SampleBatch } from '@maille/wire/link/samples';
import { LIVE_SUBPROTOCOL, LiveMessage } from '@maille/wire/live/messages';
import { decodeSamplePush, type SamplePush } from '@maille/wire/live/sample-push';
import type { Experiment } from '@maille/wire/rest/experiments';
import type { Incident } from '@maille/wire/rest/incidents';
import type { SeenPeer } from '@maille/wire/rest/machines';
import { defaultSettings } from '@maille/wire/rest/operations';
import { checker } from '@maille/wire/schema';
import { WebSocket } from 'ws';
import { createAuditLog } from '../audit/audit-log.ts';
import { type KnownCaller, nobody } from '../auth/caller.ts';
import type { Gate } from '../auth/gate.ts';
import { createRevocations } from '../auth/revocations.ts';
import type { MachineRegistry } from '../machines/machine-registry.ts';
import { createReadOverview } from '../overview/read-overview.ts';
import { createTargetPulse } from '../overview/target-pulse.ts';
import type { RouteViews } from '../routes/route-views.ts';
import { createTargetGuard } from '../targets/target-guard.ts';
import { createTargetRegistry } from '../targets/target-registry.ts';
import { createLiveEndpoint } from './live-endpoint.ts';

const admin: KnownCaller = {
  kind: 'person',
  personId: 1,
  login: 'a',
  role: 'admin',
  teamIds: [],
  sessionId: 11,
  csrf: '',
};

async function setUp(context: TestContext, clock: Clock = systemClock) {
  const folder = mkdtempSync(join(tmpdir(), 'maille-live-'));
  const log = silentLog;
  const database = await openSqliteDatabase(join(folder, 'maille.sqlite'), log);
  const bus = createLocalBus(log);
  const revocations = createRevocations();
  const targets = await createTargetRegistry({
    database,
    bus,
    clock,
    log,
    guard: createTargetGuard({ settings: () => defaultSettings, machines: () => [] }),
  });
  const team = await database.kysely
    .insertInto('team')
    .values({ name: 'T' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const mine = await targets.create({ entries: '10.0.0.1', teamId: team.id }, 'test');
  const others = await targets.create({ entries: '10.0.0.2' }, 'test');
  const [mineId, othersId] = [mine.ids[0] as number, others.ids[0] as number];
  let peers: SeenPeer[] = [];
  const machines = { list: () => [], peers: () => peers } as unknown as MachineRegistry;
  const windowBatch = batchOf(mineId, othersId, mineId);
  const series = {
    readWindow: async () => [{ agentNumber: 1, batch: windowBatch }],
    readRaw: async () => [
      {
        agentNumber: 1,
        count: 1,
        sentAtMs: Float64Array.of(Date.now() - 5_000),
        outcomes: Uint8Array.of(OUTCOME_REPLY),
        codes: Uint8Array.of(0),
        rttsNs: Float64Array.of(123_450),
      },
    ],
  } as unknown as SeriesStore;
  const audit = createAuditLog({ database, bus, clock });
  const pulse = createTargetPulse({ bus, clock, targetOf: targets.get });
  const incidents = {
    recent: () => [],
    recentFor: () => [],
    narrow: (_caller: unknown, incident: Incident) => incident,
  };
  const readOverview = createReadOverview({
    certificate: () => ({ expiresAtMs: Number.MAX_SAFE_INTEGER }),
    machines,
    targets,
    pulse,
    incidents,
    serverFindings: () => [],
    clock,
  });
  const experiments: Experiment[] = [];
  const callers = new Map<string, KnownCaller>([['admin', admin]]);
  const gate: Pick<Gate, 'admitUpgrade'> = {
    async admitUpgrade(request) {
      const caller = callers.get(String(request.headers['x-who'])) ?? nobody;
      return { caller, host: 'localhost', secure: false, address: '127.0.0.1' };
    },
  };
  const endpoint = createLiveEndpoint({
    gate: gate as Gate,
    revocations,
    bus,
    machines,
    targets,
    incidents,
    routeViews: {} as RouteViews,
    experimentsInView: async () => ({ experiments, seconds: [] }),
    series,
    audit,
    readOverview,
    clock,
    log,
  });
  const server = createServer((_request, response) => response.end());
  server.on('upgrade', endpoint.handleUpgrade);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  context.after(async () => {
    await endpoint.stop();
    server.close();
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const connect = async (who: string) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/live`, LIVE_SUBPROTOCOL, {
      headers: { 'x-who': who },
    });
    context.after(() => socket.terminate());
    const reader = createReader(socket);
    await once(socket, 'open');
    return reader;
  };
  return {
    bus,
    targets,
    team,
    mineId,
    othersId,
    callers,
    experiments,
    revocations,
    endpoint,
    audit,
    port,
    connect,
    setPeers: (list: SeenPeer[]) => {
      peers = list;
    },
  };
}

function batchOf(...targetIds: number[]): SampleBatch {
  const batch = createSampleBatch(targetIds.length, Date.now() - 1_000);
  batch.count = targetIds.length;
  batch.targetIds.set(targetIds);
  batch.rtts10ns.fill(12_345);
  return batch;
}

const messageChecker = checker(LiveMessage);

/** Collects what comes, and waits for what is asked for. */
function createReader(socket: WebSocket) {
  const messages: LiveMessage[] = [];
  const pushes: SamplePush[] = [];
  let wake = () => {};
  socket.on('message', (data, isBinary) => {
    if (isBinary) pushes.push(decodeSamplePush(new Uint8Array(data as Buffer)));
    else messages.push(messageChecker.check(JSON.parse(String(data))));
    wake();
  });
  socket.on('error', () => {});
  async function until<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await promise;
    }
  }
  return {
    socket,
    messages,
    pushes,
    until,
    ask: (request: object) => socket.send(JSON.stringify(request)),
    async subscribe(subscription: number, topic: string, targetId?: number) {
      socket.send(JSON.stringify({ type: 'subscribe', subscription, topic, ...(targetId && { targetId }) }));
      return until(() =>
        messages.find(
          (message) =>
            (message.type === 'snapshot' || message.type === 'problem') &&
            message.subscription === subscription,
        ),
      );
    },
    samplesOf: (subscription: number) =>
      pushes
        .filter((push) => push.subscription === subscription)
        .flatMap(({ batch }) => [...batch.targetIds]),
    closed: () => once(socket, 'close').then(([code]) => code as number),
  };
}

const countOf = (pushes: SamplePush[]) => pushes.reduce((sum, { batch }) => sum + batch.count, 0);
const changesOf = (messages: LiveMessage[], subscription: number) =>
  messages.flatMap((one) => (one.type === 'change' && one.subscription === subscription ? [one.change] : []));

test('nobody gets in, nor does who speaks another protocol', async (context) => {
  const { port } = await setUp(context);
  for (const [who, protocol, status] of [
    ['nobody', LIVE_SUBPROTOCOL, 401],
    ['admin', 'other.1', 400],
    ['admin', undefined, 400],
  ] as const) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/live`, protocol ?? [], {
      headers: { 'x-who': who },
    });
    socket.on('error', () => {});
    const [, response] = await once(socket, 'unexpected-response');
    assert.equal(response.statusCode, status);
    socket.terminate();
  }
});

test('the grid: the last minute, then what comes, gathered; not what waited on disk', async (context) => {
  const { bus, connect, mineId, othersId } = await setUp(context);
  const reader = await connect('admin');
  assert.equal((await reader.subscribe(1, 'grid')).type, 'snapshot');
  await reader.until(() => (reader.samplesOf(1).length === 3 ? true : undefined));
  bus.publish('samples', { agentNumber: 1, backlog: true, batch: batchOf(othersId) });
  for (let i = 0; i < 5; i++)
    bus.publish('samples', { agentNumber: 1, backlog: false, batch: batchOf(mineId, othersId) });
  bus.publish('samples', { agentNumber: 2, backlog: false, batch: batchOf(othersId) });
  await reader.until(() => (reader.samplesOf(1).length >= 14 ? true : undefined));
  assert.equal(reader.samplesOf(1).length, 14);
  const fresh = reader.pushes.slice(1);
  assert.deepEqual(
    fresh.map(({ agentNumber, batch }) => [agentNumber, batch.count]),
    [
      [1, 10],
      [2, 1],
    ],
  );
  assert.deepEqual([...(fresh[0] as SamplePush).batch.rtts10ns], new Array(10).fill(12_345));
});

test('one target: its own samples only', async (context) => {
  const { bus, connect, mineId, othersId } = await setUp(context);
  const reader = await connect('admin');
  await reader.subscribe(1, 'target', mineId);
  bus.publish('samples', { agentNumber: 1, backlog: false, batch: batchOf(mineId, othersId, mineId) });
  await reader.until(() => (reader.samplesOf(1).length >= 3 ? true : undefined));
  assert.deepEqual(reader.samplesOf(1), [mineId, mineId, mineId]);
  assert.equal((reader.pushes[0] as SamplePush).batch.rtts10ns[0], 12_345);
  const missing = await reader.subscribe(2, 'target', 999);
  assert.equal(missing.type === 'problem' && missing.problem.code, 'not-found');
});

test('a viewer sees the targets of their teams and of no team, in lists, changes and samples', async (context) => {
  const { bus, connect, callers, targets, team, mineId, othersId } = await setUp(context);
  const viewer = { ...admin, role: 'viewer' as const, personId: 2, sessionId: 12 };
  callers.set('stranger', { ...viewer, teamIds: [] });
  callers.set('member', { ...viewer, teamIds: [team.id] });
  const [stranger, member] = [await connect('stranger'), await connect('member')];
  for (const [reader, sees] of [
    [stranger, [othersId]],
    [member, [mineId, othersId]],
  ] as const) {
    const first = await reader.subscribe(1, 'targets');
    assert.ok(first.type === 'snapshot' && first.snapshot.topic === 'targets');
    assert.deepEqual(
      first.snapshot.targets.map(({ id }) => id),
      sees,
    );
    await reader.subscribe(2, 'grid');
    const overview = await reader.subscribe(3, 'overview');
    assert.ok(overview.type === 'snapshot' && overview.snapshot.topic === 'overview');
    assert.equal(overview.snapshot.overview.targets.total, sees.length);
  }
  const refused = await stranger.subscribe(4, 'target', mineId);
  assert.equal(refused.type === 'problem' && refused.problem.code, 'not-found');
  const allowed = await member.subscribe(4, 'target', mineId);
  assert.equal(allowed.type, 'snapshot');

  bus.publish('samples', { agentNumber: 1, backlog: false, batch: batchOf(mineId, othersId) });
  await member.until(() => (member.samplesOf(2).length === 5 ? true : undefined));
  await stranger.until(() => (stranger.samplesOf(2).length === 2 ? true : undefined));
  assert.deepEqual(new Set(stranger.samplesOf(2)), new Set([othersId]));

  // What moves to a team is gone for those who are not in it, at once.
  await targets.change([othersId], { teamId: team.id });
  const [change] = await stranger.until(() => {
    const changes = changesOf(stranger.messages, 1);
    return changes.length > 0 ? changes : undefined;
  });
  assert.ok(change?.topic === 'targets');
  assert.deepEqual([change.put, change.remove], [[], [othersId]]);
  const [seen] = await member.until(() => {
    const changes = changesOf(member.messages, 1);
    return changes.length > 0 ? changes : undefined;
  });
  assert.ok(seen?.topic === 'targets' && seen.put[0]?.teamId === team.id);
  bus.publish('samples', { agentNumber: 1, backlog: false, batch: batchOf(othersId) });
  await member.until(() => (member.samplesOf(2).length === 6 ? true : undefined));
  assert.equal(stranger.samplesOf(2).length, 2);
});

test('lists change: machines, peers, audit', async (context) => {
  const { bus, connect, audit, setPeers } = await setUp(context);
  const reader = await connect('admin');
  for (const [i, topic] of ['machines', 'peers', 'audit'].entries()) await reader.subscribe(i + 1, topic);
  bus.publish('machines', { put: [], remove: ['b'.repeat(32)] });
  const peer: SeenPeer = {
    id: 'a'.repeat(32),
    hostname: 'h',
    role: 'agent',
    state: 'alive',
    addresses: [],
    version: '1',
    services: [],
    firstSeenMs: 1,
    lastSeenMs: 2,
    clockSkewMs: 0,
    cloned: false,
    seenBy: [],
  };
  setPeers([peer]);
  bus.publish('peers', { machineId: 'c'.repeat(32), replace: false, put: [], remove: [] });
  await audit.record({
    actor: 'x',
    actorKind: 'system',
    address: '',
    action: 'test',
    subject: 'line\nbreak',
    outcome: 'done',
    detail: {},
  });
  const [machines, peers, entries] = await reader.until(() => {
    const all = [1, 2, 3].map((subscription) => changesOf(reader.messages, subscription)[0]);
    return all.every((one) => one !== undefined) ? all : undefined;
  });
  assert.ok(machines?.topic === 'machines' && machines.remove.length === 1);
  assert.ok(peers?.topic === 'peers' && peers.put[0]?.hostname === 'h');
  assert.ok(entries?.topic === 'audit' && entries.entries[0]?.subject === 'line break');
  setPeers([]);
  bus.publish('peers', { machineId: 'c'.repeat(32), replace: true, put: [], remove: [] });
  const gone = await reader.until(() => changesOf(reader.messages, 2)[1]);
  assert.ok(gone.topic === 'peers' && gone.remove[0] === peer.id);
});

test('experiments are told to operators: those that were, then what comes of them', async (context) => {
  const { bus, connect, callers, experiments } = await setUp(context);
  callers.set('viewer', { ...admin, role: 'viewer', sessionId: 12 });
  const refused = await (await connect('viewer')).subscribe(1, 'experiments');
  assert.equal(refused.type === 'problem' && refused.problem.code, 'forbidden');
  const plan = { fromRate: 1, toRate: 2, steps: 1, ramp: 'linear', stepSeconds: 2, timeoutMs: 500 } as const;
  const one: Experiment = {
    id: 7,
    machineId: 'a'.repeat(32),
    machineName: 'm',
    plan: { ...plan, addresses: ['10.0.0.1'], maxLossPercent: 5 },
    startedAtMs: 1,
    startedBy: 'me',
    steps: [],
  };
  experiments.push(one);
  const reader = await connect('admin');
  const first = await reader.subscribe(1, 'experiments');
  assert.ok(first.type === 'snapshot' && first.snapshot.topic === 'experiments');
  assert.deepEqual(first.snapshot.experiments, [one]);
  bus.publish('experiment-states', { id: 7, put: { ...one, end: 'finished' }, seconds: [] });
  bus.publish('experiment-states', { id: 8, removed: true, seconds: [] });
  const [ended, removed] = await reader.until(() => {
    const changes = changesOf(reader.messages, 1);
    return changes.length === 2 ? changes : undefined;
  });
  assert.ok(ended?.topic === 'experiments' && ended.put[0]?.end === 'finished');
  assert.ok(removed?.topic === 'experiments' && removed.remove[0] === 8);
});

test('who loses what let them in is closed at once', async (context) => {
  const { connect, callers, revocations, endpoint } = await setUp(context);
  callers.set('other session', { ...admin, sessionId: 12 });
  callers.set('token', { ...admin, kind: 'token', tokenId: 5, tokenName: 't', scopes: [] } as KnownCaller);
  const [first, second, token] = [
    await connect('admin'),
    await connect('other session'),
    await connect('token'),
  ];
  const closed = [first.closed(), second.closed(), token.closed()];
  revocations.publish({ sessionId: 11 });
  assert.equal(await closed[0], 4401);
  assert.equal(endpoint.readers(), 2);
  revocations.publish({ personId: 1, exceptSessionId: 12 });
  assert.equal(await closed[2], 4401);
  revocations.publish({ personId: 1 });
  assert.equal(await closed[1], 4401);
});

test('a reader that takes nothing costs a bounded buffer, holds nobody up, and is told what it missed', async (context) => {
  const { bus, connect, mineId } = await setUp(context);
  const [slow, fast] = [await connect('admin'), await connect('admin')];
  for (const reader of [slow, fast]) {
    await reader.subscribe(1, 'grid');
    await reader.until(() => (reader.samplesOf(1).length === 3 ? true : undefined));
    reader.pushes.length = 0;
  }
  slow.socket.pause();
  const big = createSampleBatch(200_000, Date.now());
  big.count = 200_000;
  big.targetIds.fill(mineId);
  const rounds = 12; // 34 MB: far over the bound on what is kept for a reader and what the kernel takes
  for (let round = 0; round < rounds; round++) {
    bus.publish('samples', { agentNumber: 1, backlog: false, batch: big });
    await fast.until(() => (countOf(fast.pushes) === big.count ? true : undefined));
    fast.pushes.length = 0;
  }
  assert.ok(!fast.messages.some(({ type }) => type === 'skipped'));
  slow.socket.resume();
  const told = () => slow.messages.reduce((sum, one) => sum + (one.type === 'skipped' ? one.samples : 0), 0);
  // Taken or told: nothing vanishes.
  await slow.until(() => (countOf(slow.pushes) + told() === rounds * big.count ? true : undefined));
  assert.ok(told() > 0);
});

test('a request that is too long ends the connection', async (context) => {
  const { connect } = await setUp(context);
  const reader = await connect('admin');
  const closed = reader.closed();
  reader.socket.send('x'.repeat(20_000));
  assert.equal(await closed, 1009);
});

test('the gate is asked anew each minute, and its refusal closes; a silent line is cut', async (context) => {
  const clock = createFakeClock(Date.now());
  const { connect, callers, endpoint } = await setUp(context, clock);
  callers.set('other', admin);
  const reader = await connect('admin');
  const closed = reader.closed();
  const other = await connect('other');
  for (let i = 1; i <= 6; i++) {
    await clock.advance(9_000);
    for (const one of [reader, other]) {
      one.ask({}); // its refusal shows that it was heard
      await one.until(() =>
        one.messages.filter(({ type }) => type === 'problem').length === i ? true : undefined,
      );
    }
  }
  assert.equal(endpoint.readers(), 2);
  callers.delete('admin');
  await clock.advance(10_000);
  assert.equal(await closed, 4401);
  assert.equal(endpoint.readers(), 1);
  // One that does not even answer a ping.
  other.socket.pause();
  await clock.advance(60_000);
  other.socket.resume();
  await other.closed();
});
