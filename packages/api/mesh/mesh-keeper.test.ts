import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLog } from '@maille/base/log';
import type { Problem } from '@maille/base/problem';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { openSqliteDatabase } from '@maille/store/database/sqlite';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { labFacts, labMachine } from '@maille/testkit/link-lab';
import type { Machine } from '@maille/wire/rest/machines';
import { defaultSettings } from '@maille/wire/rest/operations';
import { isProbedBy } from '../targets/is-probed-by.ts';
import { createTargetGuard } from '../targets/target-guard.ts';
import { createTargetRegistry } from '../targets/target-registry.ts';
import { createMeshKeeper } from './mesh-keeper.ts';

const idOf = (n: number) => labMachine(n).id;
const machine = (n: number, more: Partial<Machine> = {}): Machine =>
  labMachine(n, {
    remoteAddress: `10.0.0.${n}`,
    facts: { ...labFacts, addresses: [`10.0.0.${n}`] },
    ...more,
  });

async function setUp(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'maille-mesh-'));
  const clock = createFakeClock();
  const database = await openSqliteDatabase(join(folder, 'maille.sqlite'), silentLog);
  const bus = createLocalBus(silentLog);
  let settings = { ...defaultSettings };
  const guard = createTargetGuard({ settings: () => settings, machines: () => [...machines.values()] });
  const targets = await createTargetRegistry({ database, bus, clock, log: silentLog, guard });
  const machines = new Map<string, Machine>();
  const mesh = createMeshKeeper({
    machines: { list: () => [...machines.values()] },
    targets,
    settings: () => settings,
    bus,
    clock,
    log: silentLog,
  });
  context.after(async () => {
    mesh.stop();
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  /** What is due is done; the registry's changes run in turn, so that this one comes after them. */
  const settle = async () => {
    await clock.advance(1_000);
    await targets.sweep();
  };
  return {
    targets,
    mesh,
    settle,
    turn(on: boolean) {
      settings = { ...settings, mesh: on };
      bus.publish('settings', settings);
    },
    bound(maxPrefixProbesPerSecond: number) {
      settings = { ...settings, maxPrefixProbesPerSecond };
    },
    put(...changed: Machine[]) {
      for (const one of changed) machines.set(one.id, one);
      bus.publish('machines', { put: changed, remove: [] });
    },
    forget(n: number) {
      machines.delete(idOf(n));
      bus.publish('machines', { put: [], remove: [idOf(n)] });
    },
    shown: () =>
      targets
        .list()
        .targets.map(({ host, label, tags }) => `${host} ${label} ${tags}`)
        .sort(),
  };
}

test('one switch makes every approved machine a target of the others, and follows them', async (context) => {
  const { targets, settle, turn, put, forget, shown } = await setUp(context);
  put(machine(1), machine(2), machine(3, { state: 'pending' }));
  await settle();
  assert.deepEqual(shown(), []);
  turn(true);
  await settle();
  assert.deepEqual(shown(), ['10.0.0.1 m1 mesh', '10.0.0.2 m2 mesh']);
  const [first] = targets.list().targets;
  assert.deepEqual(
    [machine(1), machine(2)].map((one) => isProbedBy(first as NonNullable<typeof first>, one)),
    [false, true],
  );
  assert.deepEqual(targets.forAgent(machine(3, { state: 'pending' })), []);

  put(machine(3));
  await settle();
  assert.equal(shown().length, 3);
  put(
    machine(2, { label: 'db' }),
    machine(3, { facts: { ...labFacts, addresses: ['10.0.0.9'] }, remoteAddress: '10.0.0.9' }),
  );
  await settle();
  assert.deepEqual(shown(), ['10.0.0.1 m1 mesh', '10.0.0.2 db mesh', '10.0.0.9 m3 mesh']);
  forget(3);
  put(machine(1, { meshAddress: '10.50.0.1' }));
  await settle();
  assert.deepEqual(shown(), ['10.0.0.2 db mesh', '10.50.0.1 m1 mesh']);
});

test('switched off and on again it is the same targets, with what they were set to', async (context) => {
  const { targets, settle, turn, put, shown } = await setUp(context);
  put(machine(1), machine(2));
  turn(true);
  await settle();
  const before = targets.list().targets.map(({ id }) => id);
  await targets.change([before[0] as number], { intervalMs: 5_000, tags: ['mesh', 'core'] });
  turn(false);
  await settle();
  assert.deepEqual(shown(), []);
  put(machine(1, { label: 'renamed' }));
  turn(true);
  await settle();
  const after = targets.list().targets;
  assert.deepEqual(
    after.map(({ id }) => id),
    before,
  );
  assert.deepEqual(
    [after[0]?.label, after[0]?.intervalMs, after[0]?.tags],
    ['renamed', 5_000, ['mesh', 'core']],
  );
});

test('an address that a person made a target stays theirs; when it goes, the mesh has its own', async (context) => {
  const { targets, mesh, settle, turn, put, shown } = await setUp(context);
  const { ids } = await targets.create({ entries: '10.0.0.1', label: 'mine' }, 'me');
  put(machine(1), machine(2));
  turn(true);
  await settle();
  assert.deepEqual(shown(), ['10.0.0.1 mine ', '10.0.0.2 m2 mesh']);
  assert.deepEqual(
    mesh.members().map(({ targetId, byHand }) => [targetId === ids[0], byHand]),
    [
      [true, true],
      [false, false],
    ],
  );
  await targets.delete(ids);
  await settle();
  assert.deepEqual(shown(), ['10.0.0.1 m1 mesh', '10.0.0.2 m2 mesh']);
});

test('by hand they are neither renamed, given to others, deleted nor restored; pace, team and tags are free', async (context) => {
  const { targets, settle, turn, put } = await setUp(context);
  put(machine(1), machine(2));
  turn(true);
  await settle();
  const ids = targets.list().targets.map(({ id }) => id);
  const refused = (field?: string) => (problem: Problem) =>
    problem.code === 'conflict' && problem.field === field && problem.remedy !== undefined;
  await assert.rejects(targets.change(ids, { label: 'x' }), refused('/label'));
  await assert.rejects(targets.change(ids, { agents: { by: 'all' } }), refused('/agents'));
  await assert.rejects(targets.delete(ids), refused());
  assert.equal((await targets.change(ids, { intervalMs: 2_000 })).length, 2);
  turn(false);
  await settle();
  await assert.rejects(targets.restore(ids), refused());
  const mine = { by: 'mesh' as const, machineId: idOf(1) };
  await assert.rejects(
    targets.create({ entries: '10.1.1.1', agents: mine }, 'me'),
    (problem: Problem) => problem.field === '/agents',
  );
});

test('all against all is within the bounds of the guard, or is not begun; what ends always ends', async (context) => {
  const { mesh, settle, turn, put, forget, bound, shown } = await setUp(context);
  bound(5); // three machines of one prefix are six probes a second into it
  put(machine(1), machine(2), machine(3));
  turn(true);
  await assert.rejects(
    mesh.keep(),
    (problem: Problem) => problem.code === 'too-many' && problem.field === '/on',
  );
  assert.deepEqual(shown(), []);
  assert.match(mesh.findings()[0]?.title ?? '', /missing from the mesh: 6 probes a second .* bound of 5/);
  assert.notEqual(mesh.findings()[0]?.remedy, undefined);
  bound(6);
  await mesh.keep();
  assert.deepEqual(mesh.findings(), []);
  assert.equal(shown().length, 3);
  bound(1);
  put(machine(4));
  forget(1);
  await assert.rejects(mesh.keep(), /over the bound/);
  await settle();
  assert.deepEqual(shown(), ['10.0.0.2 m2 mesh', '10.0.0.3 m3 mesh']);
});
