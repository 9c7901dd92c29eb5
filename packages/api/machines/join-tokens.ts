/**
 * Join tokens: a secret, shown once, that approves so many machines until it expires. Only its hash is
 * kept. A use is taken by one guarded UPDATE, so that two machines at once cannot both take the last one.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '@maille/base/clock';
import { Problem } from '@maille/base/problem';
import type { Database, Tables } from '@maille/store/database/tables';
import type { createJoinToken, JoinToken } from '@maille/wire/rest/machines';
import type { BodyOf } from '@maille/wire/rest/route';
import type { Kysely, Selectable } from 'kysely';

const DEFAULT_LIFE_SECONDS = 3_600;
/** How long one that has run out is kept, so that "expired" can be told from "unknown". */
const KEEP_EXPIRED_MS = 7 * 86_400_000;

export type TokenRefusal = 'unknown' | 'expired' | 'used-up';

export interface JoinTokens {
  create(
    input: BodyOf<typeof createJoinToken>,
    by: string,
  ): Promise<{ joinToken: JoinToken; secret: string }>;
  list(): Promise<JoinToken[]>;
  delete(id: number): Promise<void>;
  /** Takes one use inside of the caller's transaction. */
  use(transaction: Kysely<Tables>, secret: string): Promise<JoinToken | TokenRefusal>;
}

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');

function joinTokenOf(row: Selectable<Tables['join_token']>): JoinToken {
  return {
    id: row.id,
    note: row.note,
    createdAtMs: row.created_at_ms,
    createdBy: row.created_by,
    expiresAtMs: row.expires_at_ms,
    usesLeft: row.uses_left,
  };
}

export function createJoinTokens({ database, clock }: { database: Database; clock: Clock }): JoinTokens {
  const { kysely } = database;
  return {
    async create(input, by) {
      const secret = `join_${randomBytes(24).toString('base64url')}`;
      const nowMs = clock.wallMs();
      await kysely
        .deleteFrom('join_token')
        .where('expires_at_ms', '<', nowMs - KEEP_EXPIRED_MS)
        .execute();
      const row = await kysely
        .insertInto('join_token')
        .values({
          secret_sha256: hashOf(secret),
          note: input.note ?? '',
          created_at_ms: nowMs,
          created_by: by,
          expires_at_ms: nowMs + (input.expiresInSeconds ?? DEFAULT_LIFE_SECONDS) * 1_000,
          uses_left: input.uses ?? 1,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return { joinToken: joinTokenOf(row), secret };
    },
    async list() {
      const rows = await kysely
        .selectFrom('join_token')
        .selectAll()
        .where('uses_left', '>', 0)
        .where('expires_at_ms', '>', clock.wallMs())
        .orderBy('id', 'desc')
        .execute();
      return rows.map(joinTokenOf);
    },
    async delete(id) {
      const { numDeletedRows } = await kysely
        .deleteFrom('join_token')
        .where('id', '=', id)
        .executeTakeFirst();
      if (numDeletedRows === 0n) throw new Problem('not-found', 'There is no such join token.');
    },
    async use(transaction, secret) {
      const hash = hashOf(secret);
      const { numUpdatedRows } = await transaction
        .updateTable('join_token')
        .set((eb) => ({ uses_left: eb('uses_left', '-', 1) }))
        .where('secret_sha256', '=', hash)
        .where('uses_left', '>', 0)
        .where('expires_at_ms', '>', clock.wallMs())
        .executeTakeFirst();
      const row = await transaction
        .selectFrom('join_token')
        .selectAll()
        .where('secret_sha256', '=', hash)
        .executeTakeFirst();
      if (!row) return 'unknown';
      if (numUpdatedRows > 0n) return joinTokenOf(row);
      return row.uses_left > 0 ? 'expired' : 'used-up';
    },
  };
}
