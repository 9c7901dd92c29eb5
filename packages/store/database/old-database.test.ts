/** A database of before probe methods, incidents, routes and the mesh goes on with all that it held. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { sql } from 'kysely';
import { migrations } from './migrations/list.ts';
import { openSqliteDatabase } from './sqlite.ts';

test('targets, machines and settings of before are as they were, and the new tables serve', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'maille-old-database-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'maille.sqlite');
  const old = await openSqliteDatabase(file, silentLog, migrations.slice(0, 1));
  const rows = [
    { host: '10.0.0.1', deleted: null },
    { host: '10.0.0.2', deleted: 5 },
    { host: '10.0.0.2', deleted: null },
  ];
  for (const { host, deleted } of rows)
    await sql`insert into target (host, prefix, label, tags, agents, interval_ms, timeout_ms, created_at_ms,
      created_by, deleted_at_ms) values (${host}, '10.0.0.0/24', 'old', '["a"]', '{"by":"all"}', 2000, 1000, 1,
      'ada', ${deleted})`.execute(old.kysely);
  await sql`insert into machine (id, agent_number, public_key, label, tags, state, facts, first_seen_ms,
    last_seen_ms) values ('m1', 7, 'key', 'edge', '[]', 'approved', '{}', 1, 2)`.execute(old.kysely);
  await sql`insert into setting (key, value, changed_at_ms, changed_by) values ('sessionDays', '3', 1, 'ada')`.execute(
    old.kysely,
  );
  await old.stop();

  const now = await openSqliteDatabase(file, silentLog);
  context.after(() => now.stop());
  const { kysely } = now;
  const targets = await kysely.selectFrom('target').selectAll().orderBy('id').execute();
  assert.deepEqual(
    targets.map(({ host, probe, traceroute, interval_ms, deleted_at_ms }) => ({
      ...{ host, probe, traceroute, interval_ms, deleted_at_ms },
    })),
    rows.map(({ host, deleted }) => ({
      ...{ host, probe: 'icmp', traceroute: null, interval_ms: 2_000, deleted_at_ms: deleted },
    })),
  );
  const [machine] = await kysely.selectFrom('machine').selectAll().execute();
  assert.deepEqual([machine?.agent_number, machine?.label, machine?.mesh_address], [7, 'edge', null]);
  assert.deepEqual(await kysely.selectFrom('setting').select(['key', 'value']).execute(), [
    { key: 'sessionDays', value: '3' },
  ]);
  // One host in two ways is two targets; twice in one way it is none.
  const { id: _, ...again } = { ...(targets[0] as (typeof targets)[number]), probe: 'tcp:443' };
  await kysely.insertInto('target').values(again).execute();
  await assert.rejects(kysely.insertInto('target').values(again).execute(), /UNIQUE/);
  for (const table of ['incident', 'incident_evidence', 'route', 'experiment'] as const)
    assert.deepEqual(await kysely.selectFrom(table).selectAll().execute(), []);
});
