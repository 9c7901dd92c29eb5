/** API tokens: `mlt_` and 256 random bits, shown once; the hash is kept. A token never does more than its owner may. */
import type { Clock } from '@maille/base/clock';
import { Problem } from '@maille/base/problem';
import type { Database } from '@maille/store/database/tables';
import type { ApiToken } from '@maille/wire/rest/people';
import type { Role } from '@maille/wire/rest/route';
import type { KnownCaller } from './caller.ts';
import { noteUse } from './note-use.ts';
import type { Revocations } from './revocations.ts';
import { createSecret, secretHash } from './secret.ts';
import { teamIdsOf } from './sessions.ts';

const TOKEN_PREFIX = 'mlt_';
const USED_STEP_MS = 60_000;
const MAX_TOKENS_OF_A_PERSON = 100;

export interface NewToken {
  name: string;
  scopes: readonly string[];
  expiresInSeconds?: number | undefined;
}

export interface ApiTokens {
  create(personId: number, input: NewToken): Promise<{ token: ApiToken; secret: string }>;
  list(personId: number): Promise<ApiToken[]>;
  /** Whether there was one to withdraw. */
  delete(tokenId: number, personId: number): Promise<boolean>;
  /** How many there were. */
  deleteAll(personId: number): Promise<number>;
  find(secret: string): Promise<KnownCaller | undefined>;
}

export interface ApiTokensOptions {
  database: Database;
  clock: Clock;
  revocations: Revocations;
}

export function createApiTokens({ database, clock, revocations }: ApiTokensOptions): ApiTokens {
  const { kysely } = database;
  const ofPerson = (personId: number) =>
    kysely.selectFrom('api_token').selectAll().where('person_id', '=', personId).orderBy('id');

  return {
    async create(personId, { name, scopes, expiresInSeconds }) {
      const { count } = await kysely
        .selectFrom('api_token')
        .select((select) => select.fn.countAll<number>().as('count'))
        .where('person_id', '=', personId)
        .executeTakeFirstOrThrow();
      if (count >= MAX_TOKENS_OF_A_PERSON)
        throw new Problem('too-large', `a person has at most ${MAX_TOKENS_OF_A_PERSON} API tokens`, {
          remedy: 'Withdraw one that is not used any more.',
        });
      const secret = createSecret(TOKEN_PREFIX);
      const nowMs = clock.wallMs();
      const row = await kysely
        .insertInto('api_token')
        .values({
          secret_sha256: secretHash(secret),
          prefix: secret.slice(0, TOKEN_PREFIX.length + 6),
          person_id: personId,
          name,
          scopes: JSON.stringify([...new Set(scopes)]),
          created_at_ms: nowMs,
          expires_at_ms: expiresInSeconds === undefined ? null : nowMs + 1_000 * expiresInSeconds,
          last_used_ms: null,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return { token: tokenOf(row), secret };
    },

    async list(personId) {
      return (await ofPerson(personId).execute()).map(tokenOf);
    },

    async delete(tokenId, personId) {
      const { numDeletedRows } = await kysely
        .deleteFrom('api_token')
        .where('id', '=', tokenId)
        .where('person_id', '=', personId)
        .executeTakeFirst();
      if (numDeletedRows === 0n) return false;
      revocations.publish({ tokenId });
      return true;
    },

    async deleteAll(personId) {
      const rows = await ofPerson(personId).execute();
      await kysely.deleteFrom('api_token').where('person_id', '=', personId).execute();
      for (const row of rows) revocations.publish({ tokenId: row.id });
      return rows.length;
    },

    async find(secret) {
      if (!secret.startsWith(TOKEN_PREFIX) || secret.length > 100) return undefined;
      const nowMs = clock.wallMs();
      const row = await kysely
        .selectFrom('api_token')
        .innerJoin('person', 'person.id', 'api_token.person_id')
        .select([
          'api_token.id as tokenId',
          'api_token.name as tokenName',
          'api_token.scopes',
          'api_token.last_used_ms',
          'person.id as personId',
          'person.login',
          'person.role',
        ])
        .where('api_token.secret_sha256', '=', secretHash(secret))
        .where('person.disabled', '=', 0)
        .where((where) =>
          where.or([
            where('api_token.expires_at_ms', 'is', null),
            where('api_token.expires_at_ms', '>', nowMs),
          ]),
        )
        .executeTakeFirst();
      if (!row) return undefined;
      if (row.last_used_ms === null || nowMs - row.last_used_ms > USED_STEP_MS)
        await noteUse(
          kysely
            .updateTable('api_token')
            .set({ last_used_ms: nowMs })
            .where('id', '=', row.tokenId)
            .execute(),
        );
      return {
        kind: 'token',
        tokenId: row.tokenId,
        tokenName: row.tokenName,
        scopes: JSON.parse(row.scopes) as string[],
        personId: row.personId,
        login: row.login,
        role: row.role as Role,
        teamIds: await teamIdsOf(database, row.personId),
      };
    },
  };
}

interface TokenRow {
  id: number;
  name: string;
  scopes: string;
  prefix: string;
  created_at_ms: number;
  expires_at_ms: number | null;
  last_used_ms: number | null;
}

function tokenOf(row: TokenRow): ApiToken {
  return {
    id: row.id,
    name: row.name,
    scopes: JSON.parse(row.scopes) as ApiToken['scopes'],
    prefix: row.prefix,
    createdAtMs: row.created_at_ms,
    ...(row.expires_at_ms !== null && { expiresAtMs: row.expires_at_ms }),
    ...(row.last_used_ms !== null && { lastUsedMs: row.last_used_ms }),
  };
}
