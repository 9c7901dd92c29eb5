/**
 * People and teams. Two rules hold whatever is asked: there is always an admin who can act, and whoever
 * loses a right loses it now, on open pages too.
 */
import type { Clock } from '@maille/base/clock';
import { Problem } from '@maille/base/problem';
import type { Database, Tables } from '@maille/store/database/tables';
import type { Me, Person, Team } from '@maille/wire/rest/people';
import type { Role } from '@maille/wire/rest/route';
import type { Selectable } from 'kysely';
import type { ApiTokens } from '../auth/api-tokens.ts';
import { LOCAL_LOGIN } from '../auth/caller.ts';
import type { Revocations } from '../auth/revocations.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { SignInLinks } from '../auth/sign-in-links.ts';

const MAX_PEOPLE = 10_000;
const MAX_TEAMS = 1_000;

export interface PersonChange {
  name?: string | undefined;
  role?: Role | undefined;
  teamIds?: number[] | undefined;
  disabled?: boolean | undefined;
}

export interface People {
  list(): Promise<Person[]>;
  get(id: number): Promise<Person>;
  findByLogin(login: string): Promise<Selectable<Tables['person']> | undefined>;
  create(input: { login: string; name: string; role: Role; teamIds?: number[] | undefined }): Promise<Person>;
  change(id: number, change: PersonChange): Promise<Person>;
  delete(id: number): Promise<void>;
  /** The admin whom a printed link signs in: made when there is none. */
  firstAdmin(): Promise<Person>;
  /** The owner of the local CLI's token. */
  localPerson(): Promise<number>;
  preferences(id: number): Promise<Pick<Me, 'language' | 'theme'>>;
  setPreferences(
    id: number,
    change: {
      name?: string | undefined;
      language?: Me['language'] | undefined;
      theme?: Me['theme'] | undefined;
    },
  ): Promise<void>;
  teams(): Promise<Team[]>;
  createTeam(name: string): Promise<Team>;
  deleteTeam(id: number): Promise<void>;
}

export interface PeopleOptions {
  database: Database;
  clock: Clock;
  sessions: Sessions;
  tokens: ApiTokens;
  links: SignInLinks;
  revocations: Revocations;
}

export function createPeople(options: PeopleOptions): People {
  const { database, clock, sessions, tokens, links, revocations } = options;
  const { kysely } = database;

  async function read(only?: number): Promise<Person[]> {
    let query = kysely.selectFrom('person').selectAll().where('login', '!=', LOCAL_LOGIN).orderBy('login');
    if (only !== undefined) query = query.where('id', '=', only);
    const rows = await query.execute();
    const members = await kysely.selectFrom('team_member').selectAll().orderBy('team_id').execute();
    const passkeys = await kysely
      .selectFrom('passkey')
      .select((select) => ['person_id', select.fn.countAll<number>().as('count')])
      .groupBy('person_id')
      .execute();
    const teamsOf = Map.groupBy(members, (member) => member.person_id);
    const passkeysOf = new Map(passkeys.map((row) => [row.person_id, Number(row.count)]));
    return rows.map((row) =>
      personOf(row, teamsOf.get(row.id)?.map((member) => member.team_id) ?? [], passkeysOf.get(row.id) ?? 0),
    );
  }

  async function get(id: number): Promise<Person> {
    const [person] = await read(id);
    if (!person) throw new Problem('not-found', `there is no person ${id}`);
    return person;
  }

  async function requireTeams(teamIds: readonly number[]): Promise<void> {
    const known = new Set((await kysely.selectFrom('team').select('id').execute()).map((team) => team.id));
    const index = teamIds.findIndex((id) => !known.has(id));
    if (index >= 0)
      throw new Problem('invalid', `there is no team ${teamIds[index]}`, { field: `/teamIds/${index}` });
  }

  async function setTeams(personId: number, teamIds: readonly number[]): Promise<void> {
    await kysely.deleteFrom('team_member').where('person_id', '=', personId).execute();
    if (teamIds.length > 0)
      await kysely
        .insertInto('team_member')
        .values([...new Set(teamIds)].map((team_id) => ({ team_id, person_id: personId })))
        .execute();
  }

  async function requireOtherAdmin(id: number): Promise<void> {
    const other = await kysely
      .selectFrom('person')
      .select('id')
      .where('role', '=', 'admin')
      .where('disabled', '=', 0)
      .where('id', '!=', id)
      .where('login', '!=', LOCAL_LOGIN)
      .executeTakeFirst();
    if (!other)
      throw new Problem('conflict', 'this is the last admin', {
        remedy: 'Make somebody else an admin first.',
      });
  }

  async function insert(login: string, name: string, role: Role): Promise<number> {
    const { id } = await kysely
      .insertInto('person')
      .values({
        login,
        name,
        role,
        disabled: 0,
        password_hash: null,
        totp_secret: null,
        totp_last_step: null,
        language: 'en',
        theme: 'system',
        created_at_ms: clock.wallMs(),
        last_sign_in_ms: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  // Two admins who demote each other at the same moment must not both succeed.
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  }

  const findByLogin = (login: string) =>
    kysely.selectFrom('person').selectAll().where('login', '=', login).executeTakeFirst();

  return {
    list: () => read(),
    get,
    findByLogin,

    create: ({ login, name, role, teamIds = [] }) =>
      inTurn(async () => {
        await requireTeams(teamIds);
        if (await findByLogin(login))
          throw new Problem('conflict', `there is a person ${login} already`, { field: '/login' });
        if ((await read()).length >= MAX_PEOPLE)
          throw new Problem('too-large', `${MAX_PEOPLE} people is the bound`);
        const id = await insert(login, name, role);
        await setTeams(id, teamIds);
        return get(id);
      }),

    change: (id, { name, role, teamIds, disabled }) =>
      inTurn(async () => {
        const before = await get(id);
        const staysAdmin = (role ?? before.role) === 'admin' && !(disabled ?? before.disabled);
        if (before.role === 'admin' && !before.disabled && !staysAdmin) await requireOtherAdmin(id);
        if (teamIds) await requireTeams(teamIds);
        const columns = {
          ...(name !== undefined && { name }),
          ...(role !== undefined && { role }),
          ...(disabled !== undefined && { disabled: disabled ? 1 : 0 }),
        };
        if (Object.keys(columns).length > 0)
          await kysely.updateTable('person').set(columns).where('id', '=', id).execute();
        if (teamIds) await setTeams(id, teamIds);
        if (disabled) {
          await links.deleteAll(id);
          await sessions.endAll(id);
        } else if (role !== undefined || teamIds !== undefined || disabled !== undefined)
          revocations.publish({ personId: id });
        return get(id);
      }),

    delete: (id) =>
      inTurn(async () => {
        const person = await get(id);
        if (person.role === 'admin' && !person.disabled) await requireOtherAdmin(id);
        await sessions.endAll(id);
        await tokens.deleteAll(id);
        await kysely.deleteFrom('person').where('id', '=', id).execute();
      }),

    async firstAdmin() {
      const admins = (await read()).filter((person) => person.role === 'admin' && !person.disabled);
      const first = admins.sort((a, b) => a.id - b.id)[0];
      if (first) return first;
      const login = (await findByLogin('admin')) ? `admin-${clock.wallMs()}` : 'admin';
      return get(await insert(login, 'Administrator', 'admin'));
    },

    async localPerson() {
      const known = await findByLogin(LOCAL_LOGIN);
      return known?.id ?? insert(LOCAL_LOGIN, 'This machine', 'admin');
    },

    async preferences(id) {
      const row = await kysely
        .selectFrom('person')
        .select(['language', 'theme'])
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return { language: row.language as Me['language'], theme: row.theme as Me['theme'] };
    },

    async setPreferences(id, { name, language, theme }) {
      const columns = {
        ...(name !== undefined && { name }),
        ...(language !== undefined && { language }),
        ...(theme !== undefined && { theme }),
      };
      if (Object.keys(columns).length > 0)
        await kysely.updateTable('person').set(columns).where('id', '=', id).execute();
    },

    async teams() {
      return kysely.selectFrom('team').selectAll().orderBy('name').execute();
    },

    async createTeam(name) {
      const all = await kysely.selectFrom('team').selectAll().execute();
      if (all.some((team) => team.name === name))
        throw new Problem('conflict', `there is a team ${name} already`, { field: '/name' });
      if (all.length >= MAX_TEAMS) throw new Problem('too-large', `${MAX_TEAMS} teams is the bound`);
      return kysely.insertInto('team').values({ name }).returningAll().executeTakeFirstOrThrow();
    },

    async deleteTeam(id) {
      const members = await kysely
        .selectFrom('team_member')
        .select('person_id')
        .where('team_id', '=', id)
        .execute();
      const { numDeletedRows } = await kysely.deleteFrom('team').where('id', '=', id).executeTakeFirst();
      if (numDeletedRows === 0n) throw new Problem('not-found', `there is no team ${id}`);
      for (const member of members) revocations.publish({ personId: member.person_id });
    },
  };
}

function personOf(row: Selectable<Tables['person']>, teamIds: number[], passkeys: number): Person {
  return {
    id: row.id,
    login: row.login,
    name: row.name,
    role: row.role as Role,
    teamIds,
    disabled: row.disabled === 1,
    hasPassword: row.password_hash !== null,
    hasTotp: row.totp_secret !== null,
    passkeys,
    createdAtMs: row.created_at_ms,
    ...(row.last_sign_in_ms !== null && { lastSignInMs: row.last_sign_in_ms }),
  };
}
