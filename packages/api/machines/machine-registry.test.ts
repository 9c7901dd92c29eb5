import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Identity } from '@maille/base/identity';
import { silentLog } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import type { ProvenAgent } from '@maille/engine/link/server-handshake';
import { createIdentity, createIdentityVerifier } from '@maille/host/identity';
import type { BusTopics } from '@maille/store/bus/bus';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { openSqliteDatabase } from '@maille/store/database/sqlite';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { labFacts } from '@maille/testkit/link-lab';
import { Machine } from '@maille/wire/rest/machines';
import { checker } from '@maille/wire/schema';
import { createMachineRegistry } from './machine-registry.ts';

const root = mkdtempSync(join(tmpdir(), 'maille-registry-'));
after(() => rmSync(root, { recursive: true, force: true }));
let files = 0;
const verifier = createIdentityVerifier();
const refuses = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;

type RequireRoom = (machine: Machine, field: string) => void;

async function setUp(
  file = join(root, `${files++}.sqlite`),
  clock = createFakeClock(),
  requireRoom: RequireRoom = () => {},
) {
  const database = await openSqliteDatabase(file, silentLog);
  const bus = createLocalBus(silentLog);
  const heard: BusTopics['machines'][] = [];
  const states: BusTopics['machine-state'][] = [];
  bus.subscribe('machines', (message) => heard.push(message));
  bus.subscribe('machine-state', (message) => states.push(message));
  const registry = await createMachineRegistry({
    database,
    bus,
    clock,
    verifier,
    log: silentLog,
    requireRoom,
  });
  return { file, clock, database, bus, registry, heard, states };
}
const proofOf = (identity: Identity, token?: string): ProvenAgent => ({
  agentId: identity.id,
  publicKey: identity.publicKey,
  facts: labFacts,
  ...(token === undefined ? {} : { token }),
});

test('a machine appears as pending, is decided on, and is the same after a restart', async () => {
  const { registry, heard, states, database, file, clock } = await setUp();
  const identity = createIdentity();
  const { machine } = await registry.admit(proofOf(identity), '192.0.2.1');
  assert.equal(machine.state, 'pending');
  assert.equal(machine.agentNumber, 1);
  checker(Machine).check(machine);
  await clock.advance(1_000);
  const approved = await registry.approve(identity.id, 'ada');
  assert.deepEqual([approved.state, approved.approvedBy], ['approved', 'ada']);
  await registry.change(identity.id, { label: 'rack 4', tags: ['dns'] });
  assert.deepEqual(states, [{ machineId: identity.id, state: 'approved' }]);
  assert.equal(heard.at(-1)?.put[0]?.label, 'rack 4');
  registry.disconnected(identity.id);
  await registry.stop();
  await database.stop();

  const again = await setUp(file, clock);
  const kept = again.registry.get(identity.id) as Machine;
  assert.equal(kept.connected, false);
  assert.deepEqual(
    [kept.label, kept.tags, kept.state, kept.approvedBy],
    ['rack 4', ['dns'], 'approved', 'ada'],
  );
  assert.deepEqual(kept.facts, labFacts);
  assert.equal(kept.lastSeenMs, clock.wallMs());
  await again.database.stop();
});

test('pending ones come first', async () => {
  const { registry, database } = await setUp();
  const [a, b] = [createIdentity(), createIdentity()];
  await registry.admit(proofOf(a), '192.0.2.1');
  await registry.approve(a.id, 'ada');
  await registry.change(a.id, { label: 'aaa' });
  await registry.admit(proofOf(b), '192.0.2.2');
  assert.deepEqual(
    registry.list().map(({ id }) => id),
    [b.id, a.id],
  );
  await database.stop();
});

test('what cannot be is refused', async () => {
  const { registry, database } = await setUp();
  const identity = createIdentity();
  await assert.rejects(registry.approve(identity.id, 'ada'), refuses('not-found'));
  await assert.rejects(registry.forget(identity.id), refuses('not-found'));
  await assert.rejects(registry.deleteJoinToken(1), refuses('not-found'));
  await assert.rejects(
    registry.admit({ ...proofOf(identity), agentId: createIdentity().id }, '192.0.2.1'),
    refuses('forbidden'),
  );
  await registry.admit(proofOf(identity), '192.0.2.1');
  await assert.rejects(registry.reauthenticate(identity.id, 'ada'), refuses('conflict'));
  await database.stop();
});

test('a token ends with its time or its uses, a withdrawn one at once, and its secret is nowhere', async () => {
  const { registry, database, clock } = await setUp();
  const token = async (uses: number) =>
    registry.createJoinToken({ uses, expiresInSeconds: 60, note: 'x' }, 'ada');
  const come = async (secret: string) => {
    const { machine, tokenRefused } = await registry.admit(proofOf(createIdentity(), secret), '192.0.2.1');
    return tokenRefused ?? machine.state;
  };
  const { secret } = await token(2);
  const rows = await database.kysely.selectFrom('join_token').selectAll().execute();
  assert.ok(!JSON.stringify(rows).includes(secret));
  assert.deepEqual(
    [await come(secret), await come(secret), await come(secret)],
    ['approved', 'approved', 'used-up'],
  );

  const late = await token(1);
  await clock.advance(60_000);
  assert.equal(await come(late.secret), 'expired');
  const withdrawn = await token(1);
  await registry.deleteJoinToken(withdrawn.joinToken.id);
  assert.equal(await come(withdrawn.secret), 'unknown');

  // The last use, wanted by many at the same moment.
  const wanted = await token(3);
  const results = await Promise.all(Array.from({ length: 10 }, () => come(wanted.secret)));
  assert.equal(results.filter((result) => result === 'approved').length, 3);
  await database.stop();
});

test('a rejected machine is not let in by a token', async () => {
  const { registry, database } = await setUp();
  const identity = createIdentity();
  await registry.admit(proofOf(identity), '192.0.2.1');
  await registry.reject(identity.id, 'ada');
  const { secret } = await registry.createJoinToken({}, 'ada');
  const { machine } = await registry.admit(proofOf(identity, secret), '192.0.2.1');
  assert.equal(machine.state, 'rejected');
  assert.equal((await registry.listJoinTokens())[0]?.usesLeft, 1);
  await database.stop();
});

test('strangers cannot fill the registry nor use up the numbers', async () => {
  const { registry, database, clock } = await setUp();
  const first = createIdentity();
  await registry.admit(proofOf(first), '192.0.2.1');
  await registry.approve(first.id, 'ada');
  const strangers = Array.from({ length: 510 }, () => createIdentity());
  for (const identity of strangers) {
    await clock.advance(1);
    await registry.admit(proofOf(identity), '192.0.2.66');
    registry.disconnected(identity.id);
  }
  await registry.stop();
  const all = registry.list();
  assert.equal(all.length, 501);
  assert.ok(
    all.some(({ id }) => id === first.id),
    'approved ones stay',
  );
  assert.ok(!all.some(({ id }) => id === strangers[0]?.id), 'the longest unseen went');
  assert.ok(all.some(({ id }) => id === strangers.at(-1)?.id));
  assert.ok(Math.max(...all.map(({ agentNumber }) => agentNumber)) <= 501, 'their numbers are given again');
  assert.equal(new Set(all.map(({ agentNumber }) => agentNumber)).size, 501);
  await database.stop();
});

test('a click and a token at the same moment do not overwrite each other', async () => {
  const { registry, database } = await setUp();
  const identity = createIdentity();
  await registry.admit(proofOf(identity), '192.0.2.1');
  const { secret } = await registry.createJoinToken({}, 'ada');
  await Promise.all([
    registry.change(identity.id, { label: 'one' }),
    registry.admit(proofOf(identity, secret), '192.0.2.1'),
    registry.change(identity.id, { tags: ['two'] }),
    registry.facts(identity.id, { ...labFacts, cpus: 7 }),
  ]);
  await registry.stop();
  const machine = registry.get(identity.id);
  assert.deepEqual(
    [machine?.label, machine?.tags, machine?.state, machine?.facts.cpus],
    ['one', ['two'], 'approved', 7],
  );
  await database.stop();
});

test('where there is no room a machine is not approved, by nobody; a token waits with it and is not used up', async () => {
  let room = false;
  const asked: string[] = [];
  const { registry, database, states } = await setUp(undefined, undefined, ({ state, tags }, field) => {
    asked.push(`${field} ${state} ${tags.join()}`);
    if (!room) throw new Problem('too-large', 'no room', { field, remedy: 'make some' });
  });
  const identity = createIdentity();
  const { secret } = await registry.createJoinToken({}, 'ada');
  const come = async () => (await registry.admit(proofOf(identity, secret), '192.0.2.1')).machine.state;
  assert.equal(await come(), 'pending');
  await assert.rejects(registry.approve(identity.id, 'ada'), { code: 'too-large', field: '/id' });
  assert.equal(registry.get(identity.id)?.state, 'pending');
  assert.equal((await registry.listJoinTokens())[0]?.usesLeft, 1);
  await registry.change(identity.id, { tags: ['edge'] }); // is asked for nothing yet
  assert.deepEqual(states, []);

  room = true;
  assert.equal(await come(), 'approved');
  room = false;
  await assert.rejects(registry.change(identity.id, { tags: ['dns'], label: 'x' }), { field: '/tags' });
  assert.deepEqual([registry.get(identity.id)?.tags, registry.get(identity.id)?.label], [['edge'], '']);
  await registry.change(identity.id, { label: 'a name changes nothing' });
  await registry.reject(identity.id, 'ada');
  assert.deepEqual([...new Set(asked)], ['/id approved ', '/id approved edge', '/tags approved dns']);
  await database.stop();
});
