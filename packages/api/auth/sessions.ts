/**
 * Sessions: a random token in a cookie, its hash in the table. A session ends when it is idle for too
 * long, when its person signs out, is disabled or deleted, or sets a new password elsewhere.
 */
import type { Clock } from '@maille/base/clock';
import type { Database } from '@maille/store/database/tables';
import type { Session } from '@maille/wire/rest/people';
import type { Role } from '@maille/wire/rest/route';
import type { KnownCaller } from './caller.ts';
import { noteUse } from './note-use.ts';
import type { Revocations } from './revocations.ts';
import { createSecret, secretHash } from './secret.ts';

/** Between two writes of "last used": a write a request would wear the disk for nothing. */
const USED_STEP_MS = 60_000;
const DAY_MS = 86_400_000;
/** The oldest goes when a person has more. */
const MAX_SESSIONS_OF_A_PERSON = 50;

export interface OpenedSession {
  id: number;
  token: string;
}

export interface Sessions {
  open(personId: number, address: string, userAgent: string): Promise<OpenedSession>;
  /** Who holds the token; undefined when it is nobody's, has expired, or its person is disabled. */
  find(token: string): Promise<KnownCaller | undefined>;
  list(personId: number, currentId: number): Promise<Session[]>;
  /** Whether there was one to end. */
  end(sessionId: number, personId: number): Promise<boolean>;
  endAll(personId: number, exceptId?: number): Promise<void>;
  /** Drops those that are idle for too long. */
  sweep(): Promise<void>;
}

export interface SessionsOptions {
  database: Database;
  clock: Clock;
  revocations: Revocations;
  idleDays: () => number;
}

export function createSessions({ database, clock, revocations, idleDays }: SessionsOptions): Sessions {
  const { kysely } = database;
  const idleSinceMs = () => clock.wallMs() - idleDays() * DAY_MS;

  async function endIds(ids: number[]): Promise<void> {
    if (ids.length === 0) return;
    await kysely.deleteFrom('session').where('id', 'in', ids).execute();
    for (const sessionId of ids) revocations.publish({ sessionId });
  }

  return {
    async open(personId, address, userAgent) {
      const token = createSecret('mls_');
      const nowMs = clock.wallMs();
      const { id } = await kysely
        .insertInto('session')
        .values({
          token_sha256: secretHash(token),
          csrf: createSecret(''),
          person_id: personId,
          created_at_ms: nowMs,
          last_used_ms: nowMs,
          address,
          // biome-ignore lint/suspicious/noControlCharactersInRegex: what a browser says of itself is hostile text
          user_agent: userAgent.replace(/[\u0000-\u001f\u007f]/g, ' ').slice(0, 300),
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      await kysely.updateTable('person').set({ last_sign_in_ms: nowMs }).where('id', '=', personId).execute();
      const old = await kysely
        .selectFrom('session')
        .select('id')
        .where('person_id', '=', personId)
        .orderBy('last_used_ms', 'desc')
        .orderBy('id', 'desc')
        .limit(1_000)
        .offset(MAX_SESSIONS_OF_A_PERSON)
        .execute();
      await endIds(old.map((row) => row.id));
      return { id, token };
    },

    async find(token) {
      const row = await kysely
        .selectFrom('session')
        .innerJoin('person', 'person.id', 'session.person_id')
        .select([
          'session.id as sessionId',
          'session.csrf',
          'session.last_used_ms',
          'person.id as personId',
          'person.login',
          'person.role',
        ])
        .where('session.token_sha256', '=', secretHash(token))
        .where('session.last_used_ms', '>', idleSinceMs())
        .where('person.disabled', '=', 0)
        .executeTakeFirst();
      if (!row) return undefined;
      const nowMs = clock.wallMs();
      if (nowMs - row.last_used_ms > USED_STEP_MS)
        await noteUse(
          kysely
            .updateTable('session')
            .set({ last_used_ms: nowMs })
            .where('id', '=', row.sessionId)
            .execute(),
        );
      return {
        kind: 'person',
        sessionId: row.sessionId,
        csrf: row.csrf,
        personId: row.personId,
        login: row.login,
        role: row.role as Role,
        teamIds: await teamIdsOf(database, row.personId),
      };
    },

    async list(personId, currentId) {
      const rows = await kysely
        .selectFrom('session')
        .selectAll()
        .where('person_id', '=', personId)
        .where('last_used_ms', '>', idleSinceMs())
        .orderBy('last_used_ms', 'desc')
        .execute();
      return rows.map((row) => ({
        id: row.id,
        createdAtMs: row.created_at_ms,
        lastUsedMs: row.last_used_ms,
        address: row.address,
        userAgent: row.user_agent,
        current: row.id === currentId,
      }));
    },

    async end(sessionId, personId) {
      const row = await kysely
        .selectFrom('session')
        .select('id')
        .where('id', '=', sessionId)
        .where('person_id', '=', personId)
        .executeTakeFirst();
      if (row) await endIds([row.id]);
      return row !== undefined;
    },

    async endAll(personId, exceptId) {
      await kysely
        .deleteFrom('session')
        .where('person_id', '=', personId)
        .where('id', '!=', exceptId ?? 0)
        .execute();
      revocations.publish({ personId, ...(exceptId !== undefined && { exceptSessionId: exceptId }) });
    },

    async sweep() {
      const idle = await kysely
        .selectFrom('session')
        .select('id')
        .where('last_used_ms', '<=', idleSinceMs())
        .limit(10_000)
        .execute();
      await endIds(idle.map((row) => row.id));
    },
  };
}

export async function teamIdsOf(database: Database, personId: number): Promise<number[]> {
  const rows = await database.kysely
    .selectFrom('team_member')
    .select('team_id')
    .where('person_id', '=', personId)
    .orderBy('team_id')
    .execute();
  return rows.map((row) => row.team_id);
}
