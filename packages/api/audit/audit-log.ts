/**
 * Who did what. Written before an answer goes out, kept in the database, bounded: the oldest entries go
 * when there are too many. Text from outside is cut and cleaned here, so that no page and no terminal
 * that shows it can be played with.
 */
import type { Clock } from '@maille/base/clock';
import type { Bus } from '@maille/store/bus/bus';
import type { Database } from '@maille/store/database/tables';
import type { AuditEntry } from '@maille/wire/rest/operations';
import { sql } from 'kysely';

export type NewAuditEntry = Omit<AuditEntry, 'id' | 'atMs' | 'detail'> & { detail: Record<string, unknown> };

export interface AuditLog {
  record(entry: NewAuditEntry): Promise<void>;
  list(query: {
    limit: number;
    before?: number | undefined;
    search?: string | undefined;
  }): Promise<AuditEntry[]>;
  /** Drops what is too old or too much. */
  sweep(): Promise<void>;
}

export interface AuditLogOptions {
  database: Database;
  bus: Bus;
  clock: Clock;
  maxEntries?: number;
  maxAgeDays?: number;
}

const DAY_MS = 86_400_000;

export function createAuditLog({
  database,
  bus,
  clock,
  maxEntries = 1_000_000,
  maxAgeDays = 730,
}: AuditLogOptions): AuditLog {
  const { kysely } = database;
  return {
    async record(entry) {
      const row = await kysely
        .insertInto('audit')
        .values({
          at_ms: clock.wallMs(),
          actor: line(entry.actor, 200),
          actor_kind: entry.actorKind,
          address: line(entry.address, 64),
          action: line(entry.action, 100),
          subject: line(entry.subject, 300),
          outcome: entry.outcome,
          detail: detailText(entry.detail),
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      bus.publish('audit', entryOf(row));
    },

    async list({ limit, before, search }) {
      let query = kysely.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(limit);
      if (before !== undefined) query = query.where('id', '<', before);
      if (search) {
        const like = `%${search.replace(/[\\%_]/g, '\\$&').toLowerCase()}%`;
        const columns = ['actor', 'action', 'subject', 'address', 'outcome', 'detail'] as const;
        query = query.where((where) =>
          where.or(columns.map((column) => sql<boolean>`lower(${sql.ref(column)}) like ${like} escape '\\'`)),
        );
      }
      return (await query.execute()).map(entryOf);
    },

    async sweep() {
      const newest = await kysely
        .selectFrom('audit')
        .select((select) => select.fn.max('id').as('id'))
        .executeTakeFirst();
      await kysely
        .deleteFrom('audit')
        .where((where) =>
          where.or([
            where('at_ms', '<', clock.wallMs() - maxAgeDays * DAY_MS),
            where('id', '<=', Number(newest?.id ?? 0) - maxEntries),
          ]),
        )
        .execute();
    },
  };
}

function line(text: string, maxLength: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced here
  return text.replace(/[\u0000-\u001f\u007f]/g, ' ').slice(0, maxLength);
}

function detailText(detail: Record<string, unknown>): string {
  const text = JSON.stringify(detail);
  return text.length <= 10_000 ? text : JSON.stringify({ cut: text.slice(0, 4_000) });
}

interface AuditRow {
  id: number;
  at_ms: number;
  actor: string;
  actor_kind: string;
  address: string;
  action: string;
  subject: string;
  outcome: string;
  detail: string;
}

function entryOf(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    atMs: row.at_ms,
    actor: row.actor,
    actorKind: row.actor_kind as AuditEntry['actorKind'],
    address: row.address,
    action: row.action,
    subject: row.subject,
    outcome: row.outcome as AuditEntry['outcome'],
    detail: row.detail,
  };
}
