/**
 * Links that sign in once: the first person's way in, and the way back for who is locked out. The token
 * is behind `#`, which a browser never sends: no proxy and no log sees it. The page posts it.
 */
import type { Clock } from '@maille/base/clock';
import type { Database } from '@maille/store/database/tables';
import { createSecret, secretHash } from './secret.ts';

export interface SignInLinks {
  create(personId: number, lifetimeMs: number): Promise<{ token: string; expiresAtMs: number }>;
  /** Uses the token up. Undefined when it is unknown, used or too old. */
  take(token: string): Promise<number | undefined>;
  deleteAll(personId: number): Promise<void>;
}

export function signInUrl(origin: string, token: string): string {
  return `${origin}/sign-in#${token}`;
}

export function createSignInLinks({ database, clock }: { database: Database; clock: Clock }): SignInLinks {
  const { kysely } = database;
  return {
    async create(personId, lifetimeMs) {
      const token = createSecret('mll_');
      const nowMs = clock.wallMs();
      const expiresAtMs = nowMs + lifetimeMs;
      await kysely.deleteFrom('sign_in_link').where('expires_at_ms', '<=', nowMs).execute();
      await kysely
        .insertInto('sign_in_link')
        .values({
          token_sha256: secretHash(token),
          person_id: personId,
          created_at_ms: nowMs,
          expires_at_ms: expiresAtMs,
        })
        .execute();
      return { token, expiresAtMs };
    },
    async take(token) {
      // One statement finds and deletes: of two who come at once with the same link, one gets in.
      const row = await kysely
        .deleteFrom('sign_in_link')
        .where('token_sha256', '=', secretHash(token))
        .returning(['person_id', 'expires_at_ms'])
        .executeTakeFirst();
      return row && row.expires_at_ms > clock.wallMs() ? row.person_id : undefined;
    },
    async deleteAll(personId) {
      await kysely.deleteFrom('sign_in_link').where('person_id', '=', personId).execute();
    },
  };
}
