/** The tables that `tables.ts` types, as the first release has them. */
import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely';
import type { DatabaseEngine, Migration } from '../migrate.ts';

type Column = (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder;

const required: Column = (column) => column.notNull();
const emptyText: Column = (column) => column.notNull().defaultTo('');
const zero: Column = (column) => column.notNull().defaultTo(0);
const flag: Column = (column) => column.notNull().defaultTo(0).check(sql`disabled in (0, 1)`);

/** A number that is given once and never again, even after its row is gone. */
const identityType = (engine: DatabaseEngine) => (engine === 'sqlite' ? 'integer' : 'bigint');
const identity =
  (engine: DatabaseEngine): Column =>
  (column) =>
    engine === 'sqlite'
      ? column.primaryKey().autoIncrement()
      : column.primaryKey().generatedByDefaultAsIdentity();

export const firstTables: Migration = {
  number: 1,
  name: 'first-tables',
  async up(kysely, engine) {
    await createFleet(kysely, engine);
    await createPeople(kysely, engine);
    await createSignIn(kysely, engine);
    await createRecords(kysely, engine);
  },
};

async function createFleet({ schema }: Kysely<unknown>, engine: DatabaseEngine): Promise<void> {
  await schema
    .createTable('machine')
    .addColumn('agent_number', identityType(engine), identity(engine))
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('public_key', 'text', required)
    .addColumn('label', 'text', emptyText)
    .addColumn('tags', 'text', (column) => column.notNull().defaultTo('[]'))
    .addColumn('state', 'text', required)
    .addColumn('first_seen_ms', 'bigint', required)
    .addColumn('last_seen_ms', 'bigint', required)
    .addColumn('approved_at_ms', 'bigint')
    .addColumn('approved_by', 'text')
    .addColumn('remote_address', 'text')
    .addColumn('facts', 'text', required)
    .addColumn('forgotten_at_ms', 'bigint')
    // Wire frames give an agent number 16 bits.
    .addCheckConstraint('machine_agent_number_fits', sql`agent_number between 1 and 65535`)
    .addCheckConstraint(
      'machine_state_known',
      sql`state in ('pending', 'approved', 'reauthenticate', 'rejected')`,
    )
    .execute();

  await schema
    .createTable('join_token')
    .addColumn('id', identityType(engine), identity(engine))
    .addColumn('secret_sha256', 'text', (column) => column.notNull().unique())
    .addColumn('note', 'text', emptyText)
    .addColumn('created_at_ms', 'bigint', required)
    .addColumn('created_by', 'text', required)
    .addColumn('expires_at_ms', 'bigint', required)
    .addColumn('uses_left', 'integer', required)
    .addCheckConstraint('join_token_uses_left', sql`uses_left >= 0`)
    .execute();

  await schema
    .createTable('team')
    .addColumn('id', identityType(engine), identity(engine))
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .execute();

  await schema
    .createTable('target')
    .addColumn('id', identityType(engine), identity(engine))
    .addColumn('host', 'text', required)
    .addColumn('prefix', 'text', required)
    .addColumn('label', 'text', emptyText)
    .addColumn('tags', 'text', (column) => column.notNull().defaultTo('[]'))
    .addColumn('team_id', 'bigint', (column) => column.references('team.id').onDelete('set null'))
    .addColumn('agents', 'text', required)
    .addColumn('interval_ms', 'integer', required)
    .addColumn('timeout_ms', 'integer', required)
    .addColumn('created_at_ms', 'bigint', required)
    .addColumn('created_by', 'text', required)
    .addColumn('deleted_at_ms', 'bigint')
    .addCheckConstraint('target_interval', sql`interval_ms between 1000 and 3600000`)
    .addCheckConstraint('target_timeout', sql`timeout_ms between 100 and 30000`)
    .execute();
  await schema
    .createIndex('target_live_host')
    .unique()
    .on('target')
    .column('host')
    .where(sql.ref('deleted_at_ms'), 'is', null)
    .execute();
  await schema.createIndex('target_deleted').on('target').column('deleted_at_ms').execute();
  await schema.createIndex('target_team').on('target').column('team_id').execute();

  await schema
    .createTable('counter')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('value', 'bigint', required)
    .execute();
}

async function createPeople({ schema }: Kysely<unknown>, engine: DatabaseEngine): Promise<void> {
  await schema
    .createTable('person')
    .addColumn('id', identityType(engine), identity(engine))
    .addColumn('login', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', emptyText)
    .addColumn('role', 'text', required)
    .addColumn('disabled', 'integer', flag)
    .addColumn('password_hash', 'text')
    .addColumn('totp_secret', 'text')
    .addColumn('totp_last_step', 'bigint')
    .addColumn('language', 'text', (column) => column.notNull().defaultTo('en'))
    .addColumn('theme', 'text', (column) => column.notNull().defaultTo('system'))
    .addColumn('created_at_ms', 'bigint', required)
    .addColumn('last_sign_in_ms', 'bigint')
    .execute();

  await schema
    .createTable('team_member')
    .addColumn('team_id', 'bigint', (column) => column.notNull().references('team.id').onDelete('cascade'))
    .addColumn('person_id', 'bigint', (column) =>
      column.notNull().references('person.id').onDelete('cascade'),
    )
    .addPrimaryKeyConstraint('team_member_key', ['team_id', 'person_id'])
    .execute();
  await schema.createIndex('team_member_person').on('team_member').column('person_id').execute();
}

async function createSignIn({ schema }: Kysely<unknown>, engine: DatabaseEngine): Promise<void> {
  const person: Column = (column) => column.notNull().references('person.id').onDelete('cascade');

  await schema
    .createTable('passkey')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('person_id', 'bigint', person)
    .addColumn('name', 'text', emptyText)
    .addColumn('public_key', 'text', required)
    .addColumn('counter', 'bigint', zero)
    .addColumn('transports', 'text', (column) => column.notNull().defaultTo('[]'))
    .addColumn('created_at_ms', 'bigint', required)
    .addColumn('last_used_ms', 'bigint')
    .execute();
  await schema.createIndex('passkey_person').on('passkey').column('person_id').execute();

  await schema
    .createTable('session')
    .addColumn('id', identityType(engine), identity(engine))
    .addColumn('token_sha256', 'text', (column) => column.notNull().unique())
    .addColumn('csrf', 'text', required)
    .addColumn('person_id', 'bigint', person)
    .addColumn('created_at_ms', 'bigint', required)
    .addColumn('last_used_ms', 'bigint', required)
    .addColumn('address', 'text', emptyText)
    .addColumn('user_agent', 'text', emptyText)
    .execute();
  await schema.createIndex('session_person').on('session').column('person_id').execute();
  await schema.createIndex('session_last_used').on('session').column('last_used_ms').execute();

  await schema
    .createTable('sign_in_link')
    .addColumn('token_sha256', 'text', (column) => column.primaryKey().notNull())
    .addColumn('person_id', 'bigint', person)
    .addColumn('created_at_ms', 'bigint', required)
    .addColumn('expires_at_ms', 'bigint', required)
    .execute();
  await schema.createIndex('sign_in_link_person').on('sign_in_link').column('person_id').execute();

  await schema
    .createTable('api_token')
    .addColumn('id', identityType(engine), identity(engine))
    .addColumn('secret_sha256', 'text', (column) => column.notNull().unique())
    .addColumn('prefix', 'text', required)
    .addColumn('person_id', 'bigint', person)
    .addColumn('name', 'text', emptyText)
    .addColumn('scopes', 'text', (column) => column.notNull().defaultTo('[]'))
    .addColumn('created_at_ms', 'bigint', required)
    .addColumn('expires_at_ms', 'bigint')
    .addColumn('last_used_ms', 'bigint')
    .execute();
  await schema.createIndex('api_token_person').on('api_token').column('person_id').execute();
}

async function createRecords({ schema }: Kysely<unknown>, engine: DatabaseEngine): Promise<void> {
  await schema
    .createTable('setting')
    .addColumn('key', 'text', (column) => column.primaryKey().notNull())
    .addColumn('value', 'text', required)
    .addColumn('changed_at_ms', 'bigint', required)
    .addColumn('changed_by', 'text', required)
    .execute();

  await schema
    .createTable('audit')
    .addColumn('id', identityType(engine), identity(engine))
    .addColumn('at_ms', 'bigint', required)
    .addColumn('actor', 'text', required)
    .addColumn('actor_kind', 'text', required)
    .addColumn('address', 'text', emptyText)
    .addColumn('action', 'text', required)
    .addColumn('subject', 'text', emptyText)
    .addColumn('outcome', 'text', required)
    .addColumn('detail', 'text', emptyText)
    .execute();
  await schema.createIndex('audit_at').on('audit').column('at_ms').execute();
}
