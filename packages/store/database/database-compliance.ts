/**
 * What every database engine must do alike. An engine's test calls this with a way to open one empty
 * database, and to open the same one again.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { sql } from 'kysely';
import type { Database } from './tables.ts';

export interface DatabaseUnderTest {
  open(): Promise<Database>;
  /** Opens what `copyTo` wrote, on its own. */
  openCopy(file: string): Promise<Database>;
  copyPath: string;
  remove(): Promise<void>;
}

export function checkDatabase(engine: string, create: () => Promise<DatabaseUnderTest>): void {
  const withDatabase = (
    name: string,
    body: (database: Database, under: DatabaseUnderTest) => Promise<void>,
  ) =>
    test(name, async () => {
      const under = await create();
      try {
        const database = await under.open();
        try {
          await body(database, under);
        } finally {
          await database.stop();
        }
      } finally {
        await under.remove();
      }
    });

  suite(`database compliance: ${engine}`, () => {
    withDatabase('gives each row a number, and never the same again', async ({ kysely }) => {
      const add = async (host: string) =>
        (await kysely.insertInto('target').values(target(host)).returning('id').executeTakeFirstOrThrow()).id;
      const first = await add('192.0.2.1');
      const second = await add('192.0.2.2');
      assert.ok(first >= 1 && second > first);
      await kysely.deleteFrom('target').where('id', '=', second).execute();
      assert.ok((await add('192.0.2.3')) > second, 'a number came back');
      const { agent_number } = await kysely
        .insertInto('machine')
        .values(machine('a'.repeat(32)))
        .returning('agent_number')
        .executeTakeFirstOrThrow();
      assert.equal(typeof agent_number, 'number');
      assert.ok(agent_number >= 1);
    });

    withDatabase('holds times and revisions as exact numbers', async ({ kysely }) => {
      const large = Date.UTC(2199, 11, 31) * 100;
      await kysely.insertInto('counter').values({ name: 'targets.revision', value: large }).execute();
      const row = await kysely.selectFrom('counter').selectAll().executeTakeFirstOrThrow();
      assert.deepEqual(row, { name: 'targets.revision', value: large });
    });

    withDatabase('keeps a live host unique, but lets a deleted one return', async ({ kysely }) => {
      await kysely.insertInto('target').values(target('192.0.2.1')).execute();
      await assert.rejects(kysely.insertInto('target').values(target('192.0.2.1')).execute());
      await kysely.updateTable('target').set({ deleted_at_ms: 5 }).execute();
      await kysely.insertInto('target').values(target('192.0.2.1')).execute();
      await assert.rejects(kysely.updateTable('target').set({ deleted_at_ms: null }).execute());
    });

    withDatabase('refuses what breaks a rule', async ({ kysely }) => {
      const refused = [
        kysely.insertInto('machine').values({ ...machine('b'.repeat(32)), state: 'trusted' }),
        kysely.insertInto('machine').values({ ...machine('b'.repeat(32)), agent_number: 65_536 }),
        kysely.insertInto('target').values({ ...target('192.0.2.9'), interval_ms: 10 }),
        kysely.insertInto('team_member').values({ team_id: 1, person_id: 1 }),
        kysely.insertInto('person').values({ ...person('ada'), disabled: 2 }),
      ];
      for (const query of refused) await assert.rejects(query.execute());
      await kysely.insertInto('person').values(person('ada')).execute();
      await assert.rejects(kysely.insertInto('person').values(person('ada')).execute());
    });

    withDatabase('lets go of all that belongs to a person with them', async ({ kysely }) => {
      const { id } = await kysely
        .insertInto('person')
        .values(person('ada'))
        .returning('id')
        .executeTakeFirstOrThrow();
      const team = await kysely
        .insertInto('team')
        .values({ name: 'north' })
        .returning('id')
        .executeTakeFirstOrThrow();
      await kysely.insertInto('team_member').values({ team_id: team.id, person_id: id }).execute();
      await kysely.insertInto('session').values(session(id)).execute();
      await kysely.deleteFrom('person').where('id', '=', id).execute();
      assert.equal((await kysely.selectFrom('session').selectAll().execute()).length, 0);
      assert.equal((await kysely.selectFrom('team_member').selectAll().execute()).length, 0);
    });

    withDatabase('gives targets to everybody when their team goes', async ({ kysely }) => {
      const { id } = await kysely
        .insertInto('team')
        .values({ name: 'north' })
        .returning('id')
        .executeTakeFirstOrThrow();
      await kysely
        .insertInto('target')
        .values({ ...target('192.0.2.1'), team_id: id })
        .execute();
      await kysely.deleteFrom('team').where('id', '=', id).execute();
      const row = await kysely.selectFrom('target').select('team_id').executeTakeFirstOrThrow();
      assert.equal(row.team_id, null);
    });

    withDatabase('does all of a transaction or nothing, apart from others', async ({ kysely }) => {
      await assert.rejects(
        kysely.transaction().execute(async (transaction) => {
          await transaction.insertInto('counter').values({ name: 'a', value: 1 }).execute();
          throw new Error('changed my mind');
        }),
        /changed my mind/,
      );
      assert.equal((await kysely.selectFrom('counter').selectAll().execute()).length, 0);

      // Twenty at once: none sees another's number, and none is lost.
      await kysely.insertInto('counter').values({ name: 'n', value: 0 }).execute();
      const takeNext = () =>
        kysely.transaction().execute(async (transaction) => {
          const { value } = await transaction
            .updateTable('counter')
            .set({ value: sql`value + 1` })
            .where('name', '=', 'n')
            .returning('value')
            .executeTakeFirstOrThrow();
          await transaction
            .insertInto('counter')
            .values({ name: `took ${value}`, value })
            .execute();
          return value;
        });
      const taken = await Promise.all(Array.from({ length: 20 }, takeNext));
      assert.deepEqual(
        taken.sort((a, b) => a - b),
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
      assert.equal((await kysely.selectFrom('counter').selectAll().execute()).length, 21);
    });

    withDatabase('binds hostile text as text', async ({ kysely }) => {
      const name = `'; drop table person; -- \u{1f9f5} "\\ %`;
      await kysely.insertInto('setting').values(setting('core.installationName', name)).execute();
      const row = await kysely
        .selectFrom('setting')
        .select('value')
        .where('value', '=', name)
        .executeTakeFirstOrThrow();
      assert.equal(row.value, name);
    });

    withDatabase('streams rows while others query', async ({ kysely }) => {
      const rows = Array.from({ length: 50 }, (_, i) => ({ name: `c${i}`, value: i }));
      await kysely.insertInto('counter').values(rows).execute();
      let sum = 0;
      for await (const row of kysely.selectFrom('counter').selectAll().stream()) sum += row.value;
      assert.equal(sum, (49 * 50) / 2);
    });

    withDatabase('copies one moment in time while a transaction is open', async (database, under) => {
      const { kysely } = database;
      await kysely.insertInto('counter').values({ name: 'kept', value: 1 }).execute();
      await kysely.transaction().execute(async (transaction) => {
        await transaction.insertInto('counter').values({ name: 'not yet', value: 2 }).execute();
        await database.copyTo(under.copyPath);
      });
      const copy = await under.openCopy(under.copyPath);
      try {
        const rows = await copy.kysely.selectFrom('counter').selectAll().execute();
        assert.deepEqual(rows, [{ name: 'kept', value: 1 }]);
      } finally {
        await copy.stop();
      }
    });

    test('keeps what it was given when it is opened again', async () => {
      const under = await create();
      try {
        const first = await under.open();
        await first.kysely.insertInto('counter').values({ name: 'n', value: 7 }).execute();
        await first.stop();
        const second = await under.open();
        const { rows } = await sql<{ value: number }>`select value from counter`.execute(second.kysely);
        assert.deepEqual(rows, [{ value: 7 }]);
        await second.stop();
      } finally {
        await under.remove();
      }
    });
  });
}

const target = (host: string) => ({
  host,
  prefix: '192.0.2.0/24',
  label: '',
  tags: '[]',
  agents: '{"by":"all"}',
  interval_ms: 1_000,
  timeout_ms: 1_000,
  created_at_ms: 1,
  created_by: 'test',
});

const machine = (id: string) => ({
  id,
  public_key: 'k',
  label: 'm',
  tags: '[]',
  state: 'pending',
  first_seen_ms: 1,
  last_seen_ms: 1,
  facts: '{}',
});

const person = (login: string) => ({
  login,
  name: 'Ada',
  role: 'admin',
  disabled: 0,
  language: 'en',
  theme: 'system',
  created_at_ms: 1,
});

const session = (personId: number) => ({
  token_sha256: 't',
  csrf: 'c',
  person_id: personId,
  created_at_ms: 1,
  last_used_ms: 1,
  address: '::1',
  user_agent: '',
});

const setting = (key: string, value: string) => ({ key, value, changed_at_ms: 1, changed_by: 'test' });
