import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import type { BusTopics } from '@maille/store/bus/bus';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { openSqliteDatabase } from '@maille/store/database/sqlite';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { defaultSettings } from '@maille/wire/rest/operations';
import { createTargetGuard } from './target-guard.ts';
import { createTargetRegistry } from './target-registry.ts';

async function setUp(context: TestContext, maxTargets?: number, maxSeries = 200_000) {
  const folder = mkdtempSync(join(tmpdir(), 'maille-targets-'));
  const clock = createFakeClock();
  const database = await openSqliteDatabase(join(folder, 'maille.sqlite'), silentLog);
  context.after(async () => {
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const bus = createLocalBus(silentLog);
  const changes: BusTopics['targets'][] = [];
  bus.subscribe('targets', (change) => changes.push(change));
  const guard = createTargetGuard({
    settings: () => ({ ...defaultSettings, maxProbesPerSecond: 60_000, maxSeries }),
    machines: () => [],
  });
  const open = () =>
    createTargetRegistry({ database, bus, clock, log: silentLog, guard, ...(maxTargets && { maxTargets }) });
  return { database, clock, changes, open, targets: await open() };
}

const hostsIn = (registry: Awaited<ReturnType<typeof createTargetRegistry>>) =>
  registry.list().targets.map(({ host }) => host);

test('good entries are made, bad ones listed, known ones left as they are; memory and database agree', async (context) => {
  const { targets, changes, open } = await setUp(context);
  const first = await targets.create({ entries: '10.0.0.1-3, bad..name', label: 'A', tags: ['x'] }, 'me');
  assert.deepEqual([first.created, first.existing, first.refused.length, first.ids.length], [3, 0, 1, 3]);
  const second = await targets.create({ entries: '10.0.0.3 10.0.0.4', label: 'B' }, 'me');
  assert.deepEqual([second.created, second.existing], [1, 1]);
  assert.deepEqual(
    targets.list().targets.map(({ host, label }) => `${host} ${label}`),
    ['10.0.0.1 A', '10.0.0.2 A', '10.0.0.3 A', '10.0.0.4 B'],
  );
  assert.deepEqual(
    changes.map(({ baseRevision, revision, put }) => [baseRevision, revision, put.length]),
    [
      [0, 1, 3],
      [1, 2, 1],
    ],
  );
  assert.deepEqual((await open()).list(), targets.list());
});

test('a dry run and an empty change change nothing', async (context) => {
  const { targets, changes } = await setUp(context);
  const dry = await targets.create({ entries: '10.0.0.0/30 x..y', dryRun: true }, 'me');
  assert.deepEqual([dry.created, dry.refused.length, dry.ids], [2, 1, []]);
  const { ids } = await targets.create({ entries: '10.0.0.1' }, 'me');
  await targets.change(ids, {});
  assert.equal(targets.list().revision, 1);
  assert.equal(changes.length, 1);
});

test('a change is of all or of none', async (context) => {
  const { targets, open } = await setUp(context);
  const { ids } = await targets.create({ entries: '10.0.0.1-3' }, 'me');
  await assert.rejects(targets.change([...ids, 999], { label: 'X' }), { code: 'not-found' });
  await assert.rejects(targets.change(ids, { teamId: 77 }), { code: 'invalid', field: '/teamId' });
  await assert.rejects(targets.delete([...ids, 999]), { code: 'not-found' });
  assert.ok(targets.list().targets.every(({ label }) => label === ''));
  const changed = await targets.change([...ids, ...ids], {
    label: 'X',
    tags: ['t'],
    agents: { by: 'tags', tags: ['rack'] },
    intervalMs: 60_000,
    timeoutMs: 500,
  });
  assert.equal(changed.length, 3);
  assert.deepEqual((await open()).list(), targets.list());
});

test('what is deleted comes back within a day, with its number; not what exists again meanwhile', async (context) => {
  const { targets, clock, changes, open } = await setUp(context);
  const { ids } = await targets.create({ entries: '10.0.0.1-3' }, 'me');
  const [one, two] = ids as [number, number, number];
  await targets.delete([one, two]);
  assert.deepEqual(hostsIn(targets), ['10.0.0.3']);
  assert.deepEqual(changes.at(-1)?.remove, [one, two]);
  const again = await targets.create({ entries: '10.0.0.1' }, 'me');
  assert.notEqual(again.ids[0], one);
  assert.equal(await targets.restore([one, two, 999]), 1);
  assert.equal(targets.get(two)?.host, '10.0.0.2');
  assert.equal(await targets.restore([one, two]), 0);
  // Deleted twice under two numbers: one comes back.
  await targets.delete(again.ids);
  assert.equal(await targets.restore([one, ...again.ids]), 1);
  assert.deepEqual((await open()).list().targets.length, targets.list().targets.length);

  await targets.delete([two]);
  await clock.advance(86_400_001);
  await targets.sweep();
  assert.equal(await targets.restore([two]), 0);
});

test('which agent probes what', async (context) => {
  const { targets } = await setUp(context);
  const id = 'a'.repeat(32);
  await targets.create({ entries: '10.0.0.1' }, 'me');
  await targets.create({ entries: '10.0.0.2', agents: { by: 'ids', ids: [id] } }, 'me');
  await targets.create(
    { entries: '10.0.0.3', agents: { by: 'tags', tags: ['rack', 'dc'] }, intervalMs: 5_000 },
    'me',
  );
  const hostsFor = (machine: Parameters<typeof targets.forAgent>[0]) =>
    targets.forAgent(machine).map(({ host }) => host);
  assert.deepEqual(hostsFor({ id, tags: [], state: 'approved' }), ['10.0.0.1', '10.0.0.2']);
  assert.deepEqual(hostsFor({ id: 'b'.repeat(32), tags: ['dc'], state: 'approved' }), [
    '10.0.0.1',
    '10.0.0.3',
  ]);
  for (const state of ['pending', 'rejected', 'reauthenticate'] as const)
    assert.deepEqual(hostsFor({ id, tags: ['dc'], state }), []);
});

test('a team that goes leaves its targets to everybody', async (context) => {
  const { targets, database, changes } = await setUp(context);
  const { id } = await database.kysely
    .insertInto('team')
    .values({ name: 'T' })
    .returning('id')
    .executeTakeFirstOrThrow();
  await targets.create({ entries: '10.0.0.1', teamId: id }, 'me');
  await database.kysely.deleteFrom('team').where('id', '=', id).execute();
  await targets.releaseTeam(id);
  assert.equal(targets.list().targets[0]?.teamId, null);
  assert.equal(changes.at(-1)?.put[0]?.teamId, null);
});

test('changes asked for at once follow each other', async (context) => {
  const { targets, changes } = await setUp(context);
  await Promise.all(
    Array.from({ length: 20 }, (_, i) => targets.create({ entries: `10.0.0.${i + 1} 10.0.9.9` }, 'me')),
  );
  assert.equal(targets.list().targets.length, 21);
  assert.deepEqual(
    changes.map(({ baseRevision, revision }) => revision - baseRevision),
    new Array(20).fill(1),
  );
  assert.deepEqual(
    changes.map(({ revision }) => revision),
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
});

test('the bound holds, over all of them, and thousands at once are taken', async (context) => {
  const { targets } = await setUp(context, 3_000);
  const made = await targets.create({ entries: '10.0.0.1-10.0.11.184' }, 'me');
  assert.equal(made.created, 3_000);
  await assert.rejects(targets.create({ entries: '192.0.2.1' }, 'me'), {
    code: 'too-large',
    field: '/entries',
  });
  const beyond = await targets.create({ entries: '10.0.0.0/16 10.0.0.1' }, 'me');
  assert.deepEqual([beyond.created, beyond.existing, beyond.refused[0]?.reason], [0, 1, 'too-many']);
  const ids = made.ids.slice(0, 2_500);
  assert.equal(await targets.delete(ids), 2_500);
  assert.equal(await targets.restore(ids), 2_500);
  assert.equal(targets.list().targets.length, 3_000);
});

test('a trace is told to agents, outlives changes, ends by itself and with the server, and is bounded', async (context) => {
  const { targets, changes, clock, open } = await setUp(context);
  const { ids } = await targets.create({ entries: '10.0.0.0/24' }, 'me');
  const revision = targets.list().revision;
  const [traced] = await targets.trace(ids.slice(0, 1), 60_000);
  assert.match(traced?.trace?.id ?? '', /^[0-9a-f]{12}$/);
  assert.equal(traced?.trace?.untilMs, clock.wallMs() + 60_000);
  assert.deepEqual(changes.at(-1), { baseRevision: revision, revision, put: [traced], remove: [] });
  const machine = { id: 'a'.repeat(32), tags: [], state: 'approved' as const };
  assert.deepEqual(
    targets.forAgent(machine).flatMap(({ id, trace }) => (trace ? [[id, trace]] : [])),
    [[ids[0], traced?.trace]],
  );

  const [changed] = await targets.change(ids.slice(0, 1), { label: 'B' });
  assert.deepEqual(changed?.trace, traced?.trace);
  const [longer] = await targets.trace(ids.slice(0, 1), 90_000);
  assert.equal(longer?.trace?.id, traced?.trace?.id, 'the word stays while it lasts');
  await assert.rejects(targets.trace(ids.slice(1, 101), 60_000), { code: 'too-large' });
  await assert.rejects(targets.trace([9_999], 60_000), { code: 'not-found' });
  await clock.advance(90_000);
  await targets.trace(ids.slice(1, 101), 60_000);
  assert.equal((await targets.trace(ids.slice(1, 2), 0))[0]?.trace, undefined);
  assert.ok((await open()).list().targets.every(({ trace }) => trace === undefined));
});

test('what is not known to be one’s own is taken when somebody confirms it, and not at all before', async (context) => {
  const { targets, changes } = await setUp(context);
  const entries = '10.0.0.1, 8.8.8.8, example.org';
  const look = await targets.create({ entries, dryRun: true }, 'me');
  assert.deepEqual([look.created, look.foreignCount, look.foreign], [3, 2, ['8.8.8.8', 'example.org']]);
  await assert.rejects(
    targets.create({ entries }, 'me'),
    (error) =>
      error instanceof Problem &&
      error.field === '/confirmForeign' &&
      /2 of these .*8\.8\.8\.8, example\.org/.test(error.message),
  );
  assert.deepEqual([hostsIn(targets), changes.length], [[], 0]);
  const made = await targets.create({ entries, confirmForeign: true }, 'me');
  assert.deepEqual([made.created, made.foreignCount], [3, 2]);
  // Those are targets now: adding them again asks nothing.
  assert.equal((await targets.create({ entries }, 'me')).foreignCount, 0);
});

test('a rate over the guard is refused whole, when targets are made, changed or brought back', async (context) => {
  const { targets, changes } = await setUp(context);
  const over = (field: string) => (error: unknown) =>
    error instanceof Problem && error.code === 'too-many' && error.field === field;
  await assert.rejects(targets.create({ entries: '10.0.0.0/16' }, 'me'), over('/entries'));
  assert.equal(changes.length, 0);
  const { ids } = await targets.create({ entries: '10.0.0.0/16', intervalMs: 10_000 }, 'me');
  await assert.rejects(targets.change(ids, { intervalMs: 1_000 }), over('/intervalMs'));
  assert.equal(targets.get(ids[0] as number)?.intervalMs, 10_000);
});

test('how routes are traced is told to agents: by the target itself before its prefix, and only what changed', async (context) => {
  const { targets, changes, open } = await setUp(context);
  const { ids } = await targets.create({ entries: '10.0.0.1-10.0.0.3' }, 'me');
  const [one, two, three] = ids as [number, number, number];
  const own = { method: 'udp' as const, everyMs: 60_000, flows: 2 };
  const prefix = { method: 'icmp' as const, everyMs: 300_000, flows: 4 };
  await targets.change([two], { traceroute: own });
  const told = changes.length;
  await targets.setPrefixPlans(
    new Map([
      [one, prefix],
      [two, prefix],
    ]),
  );
  assert.deepEqual(
    changes.slice(told).flatMap(({ put }) => put.map(({ id }) => id)),
    [one],
  );
  const machine = { id: 'a'.repeat(32), tags: [], state: 'approved' as const };
  const routes = () => new Map(targets.forAgent(machine).map(({ id, route }) => [id, route]));
  assert.deepEqual(
    [...routes()],
    [
      [one, prefix],
      [two, own],
      [three, undefined],
    ],
  );

  await targets.setPrefixPlans(new Map([[three, prefix]]));
  assert.deepEqual(
    changes
      .at(-1)
      ?.put.map(({ id }) => id)
      .sort(),
    [one, three],
  );
  await targets.setPrefixPlans(new Map([[three, prefix]]));
  assert.deepEqual(
    [...routes()],
    [
      [one, undefined],
      [two, own],
      [three, prefix],
    ],
  );
  assert.deepEqual((await open()).get(two)?.traceroute, own, 'kept');
  await assert.rejects(
    targets.change([two], { traceroute: { method: 'tcp', everyMs: 60_000, flows: 2 } }),
    (error) => error instanceof Problem && error.field === '/traceroute/port',
  );
});

test('what would pass the bound on series is refused whole, in whatever way it comes', async (context) => {
  const { targets, changes, open } = await setUp(context, undefined, 4);
  const { ids } = await targets.create({ entries: '10.0.0.1-3' }, 'me');
  const tooLarge = (field: string) => ({ code: 'too-large', field, remedy: /bound/ });
  await assert.rejects(targets.create({ entries: '10.0.0.4-5' }, 'me'), tooLarge('/entries'));
  await assert.rejects(targets.create({ entries: '10.0.0.4-5', dryRun: true }, 'me'), tooLarge('/entries'));
  await targets.delete(ids.slice(0, 2));
  await targets.create({ entries: '10.0.1.1-3' }, 'me');
  await assert.rejects(targets.restore(ids.slice(0, 2)), tooLarge('/ids'));
  const nobody = { by: 'ids' as const, ids: ['a'.repeat(32)] };
  await targets.change([ids[2] as number], { agents: nobody });
  await targets.restore([ids[0] as number]);
  await assert.rejects(targets.change([ids[2] as number], { agents: { by: 'all' } }), tooLarge('/agents'));
  assert.deepEqual(hostsIn(await open()).sort(), hostsIn(targets).sort());
  assert.equal(changes.at(-1)?.revision, targets.list().revision);
});
