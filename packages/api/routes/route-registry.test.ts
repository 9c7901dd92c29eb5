/** Rounds in, routes and their changes out, over restarts, with a real database. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { silentLog } from '@maille/base/log';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { openSqliteDatabase } from '@maille/store/database/sqlite';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { type RouteChange, TargetRoute } from '@maille/wire/rest/traceroutes';
import { checker } from '@maille/wire/schema';
import type { TraceRound } from '@maille/wire/traceroute';
import { createRouteRegistry } from './route-registry.ts';

const DAY_MS = 86_400_000;

function round(targetId: number, routers: string[], atMs: number): TraceRound {
  const address = `192.0.2.${targetId}`;
  const hopsOf = (flow: number) =>
    [...routers, address].map((one, i) => {
      const choices = one.split('|');
      return { address: choices[flow % choices.length] as string, rttNs: (i + 1) * 1e6 };
    });
  return {
    targetId,
    address,
    atMs,
    method: 'icmp',
    flows: [0, 1, 2, 3].map((flow) => ({ flow, hops: hopsOf(flow), end: 'reached' as const })),
  };
}

async function world(body: (lab: Awaited<ReturnType<typeof open>>) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'maille-routes-'));
  const lab = await open(join(folder, 'maille.sqlite'));
  try {
    await body(lab);
  } finally {
    await lab.stop();
    rmSync(folder, { recursive: true });
  }
}

async function open(file: string) {
  const clock = createFakeClock();
  const bus = createLocalBus(silentLog);
  const database = await openSqliteDatabase(file, silentLog);
  const changes: RouteChange[] = [];
  bus.subscribe('route-changes', (change) => changes.push(change));
  let there = [1, 2, 3];
  const create = () =>
    createRouteRegistry({
      database,
      bus,
      clock,
      log: silentLog,
      targetIds: () => there,
      // Target 1 speaks for 1 and 2.
      speakerOf: (id) => (id <= 2 ? 1 : undefined),
    });
  const lab = {
    clock,
    bus,
    changes,
    registry: await create(),
    setTargets(ids: number[]) {
      there = ids;
    },
    /** One round each ten seconds. */
    async trace(targetId: number, routers: string[], times: number, agentNumber = 1) {
      for (let i = 0; i < times; i++) {
        await clock.advance(10_000);
        bus.publish('routes', { agentNumber, rounds: [round(targetId, routers, clock.wallMs())] });
      }
    },
    async restart() {
      await lab.registry.stop();
      lab.registry = await create();
    },
    async stop() {
      await lab.registry.stop();
      await database.stop();
    },
  };
  return lab;
}
const text = ({ hops }: TargetRoute) =>
  hops.map(({ routers }) => routers.map((one) => one.address).join('|')).join(' ');

test('a change is told on the bus, and both routes are kept with their times', () =>
  world(async (lab) => {
    await lab.trace(1, ['10.0.0.1', '10.0.0.2'], 10);
    const beganMs = lab.clock.wallMs();
    await lab.trace(1, ['10.0.0.1', '10.0.0.3'], 10);
    assert.equal(lab.changes.length, 1);
    assert.equal(lab.changes[0]?.atMs, beganMs + 10_000);
    assert.equal(lab.changes[0]?.distance, 2);

    const routes = await lab.registry.list({ targetId: 1, limit: 10 });
    assert.deepEqual(routes.map(text), ['10.0.0.1 10.0.0.3 192.0.2.1', '10.0.0.1 10.0.0.2 192.0.2.1']);
    const [now, before] = routes as [TargetRoute, TargetRoute];
    for (const one of routes) assert.ok(checker(TargetRoute).fits(one));
    assert.deepEqual(
      [before.began, before.untilMs, now.began, now.sinceMs, now.untilMs],
      ['first', beganMs + 10_000, 'change', beganMs + 10_000, null],
    );
    assert.equal(now.lastSeenMs, lab.clock.wallMs());
    assert.equal(lab.registry.changesOf(1, 1), 1);

    const at = async (fromMs: number, toMs: number) =>
      (await lab.registry.list({ targetId: 1, fromMs, toMs, limit: 10 })).length;
    assert.equal(await at(beganMs - 20_000, beganMs - 10_000), 1);
    assert.equal(await at(beganMs - 20_000, beganMs + 20_000), 2);
    assert.equal(await at(beganMs + 15_000, beganMs + 20_000), 1);
  }));

test('what rounds make of the routes is told on the bus, and what they end', () =>
  world(async (lab) => {
    const told: string[][] = [];
    lab.bus.subscribe('target-routes', ({ put }) =>
      told.push(put.map((one) => `${text(one)}${one.untilMs === null ? '' : ' until'}`)),
    );
    const [old, fresh] = ['10.0.0.1 10.0.0.2 192.0.2.1', '10.0.0.1 10.0.0.3 192.0.2.1'];
    await lab.trace(1, ['10.0.0.1', '10.0.0.2'], 10);
    assert.deepEqual(told, new Array(10).fill([old]));
    told.length = 0;
    await lab.trace(1, ['10.0.0.1', '10.0.0.3'], 10);
    const change = told.findIndex((put) => put.length > 1);
    assert.deepEqual(told[change], [`${old} until`, fresh]);
    assert.deepEqual(told.slice(change + 1), new Array(10 - change - 1).fill([fresh]));
  }));

test('goes on after a restart, and finds what changed meanwhile', () =>
  world(async (lab) => {
    await lab.trace(1, ['10.0.0.1', '10.0.0.2'], 10);
    await lab.restart();
    assert.deepEqual(lab.registry.currentOf(1).map(text), ['10.0.0.1 10.0.0.2 192.0.2.1']);
    await lab.trace(1, ['10.0.0.1', '10.0.0.2'], 5);
    assert.equal(lab.changes.length, 0);
    assert.equal((await lab.registry.list({ targetId: 1, limit: 10 })).length, 1);
    await lab.restart();
    await lab.trace(1, ['10.0.0.9', '10.0.0.2'], 3);
    assert.equal(lab.changes.length, 1);
    await lab.restart();
    assert.equal(lab.registry.changesOf(1, 1), 1);
    assert.equal((await lab.registry.list({ targetId: 1, limit: 10 })).length, 2);
  }));

test('the routers on the way to each target, its own or those of who speaks for its prefix', () =>
  world(async (lab) => {
    await lab.trace(1, ['10.0.0.1', '10.0.0.2'], 3);
    await lab.trace(1, ['10.0.1.1', '10.0.0.2'], 3, 7);
    await lab.trace(1, ['10.0.0.1|10.0.0.3', '10.0.0.2'], 3, 8);
    const parallel = new Set<string>();
    const ofAgent = new Map([
      [1, { hops: ['10.0.0.1', '10.0.0.2'], parallel }],
      [7, { hops: ['10.0.1.1', '10.0.0.2'], parallel }],
      [8, { hops: ['10.0.0.1', '10.0.0.3', '10.0.0.2'], parallel: new Set(['10.0.0.1', '10.0.0.3']) }],
    ]);
    assert.deepEqual(
      lab.registry.ways(),
      new Map([
        [1, ofAgent],
        [2, ofAgent],
      ]),
    );
    lab.setTargets([2, 3]);
    assert.deepEqual([...lab.registry.ways().keys()], [2], 'who is gone is not asked for');
  }));

test('what is older than is kept goes, what is in use stays; a target that is gone is forgotten', () =>
  world(async (lab) => {
    await lab.trace(1, ['10.0.0.1'], 3);
    await lab.trace(3, ['10.0.0.1'], 3);
    await lab.clock.advance(3 * DAY_MS);
    await lab.trace(3, ['10.0.0.1'], 1);
    await lab.registry.sweep(2);
    assert.deepEqual(
      (await lab.registry.list({ limit: 10 })).map(({ targetId }) => targetId),
      [3],
    );
    lab.setTargets([1]);
    await lab.registry.sweep(2);
    assert.deepEqual(lab.registry.currentOf(3), []);
  }));

test('a flapping route keeps its latest', () =>
  world(async (lab) => {
    for (let i = 0; i < 2_030; i++) {
      const name = `192.0.2.${i % 2 === 0 ? 1 : 9}`;
      const one = { ...round(1, ['10.0.0.1'], lab.clock.wallMs() + i * 1_000), address: name };
      lab.bus.publish('routes', { agentNumber: 1, rounds: [one] });
    }
    await lab.registry.sweep(100);
    const kept = await lab.registry.list({ limit: 5_000 });
    assert.equal(kept.length, 2_000);
    assert.equal(kept[0]?.untilMs, null);
  }));
