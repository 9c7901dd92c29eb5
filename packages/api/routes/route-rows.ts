/** Routes in the database: one row as long as a route did not change. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Database, Tables } from '@maille/store/database/tables';
import type { RouteHop, TargetRoute } from '@maille/wire/rest/traceroutes';
import type { Insertable, Selectable } from 'kysely';

export interface RouteQuery {
  targetId?: number | undefined;
  agentNumber?: number | undefined;
  /** In use at some time from here… */
  fromMs?: number | undefined;
  /** …to here. */
  toMs?: number | undefined;
  limit: number;
}

const ROWS_A_STATEMENT = 500;
/** A route that flaps for weeks keeps its latest. */
const MAX_ROWS_OF_PAIR = 2_000;

export function createRouteRows({ kysely }: Database) {
  return {
    /** The present route of each agent and target, the one seen longest ago first. */
    async readCurrent(limit: number): Promise<TargetRoute[]> {
      const rows = await kysely
        .selectFrom('route')
        .selectAll()
        .where('until_ms', 'is', null)
        .orderBy('last_seen_ms', 'desc')
        .limit(limit)
        .execute();
      return rows.reverse().map(routeOf);
    },

    /** By `agentNumber targetId`: how many changes of its route are kept. */
    async countChanges(): Promise<Map<string, number>> {
      const rows = await kysely
        .selectFrom('route')
        .select(({ fn }) => ['agent_number', 'target_id', fn.countAll().as('changes')])
        .where('began', '=', 'change')
        .groupBy(['agent_number', 'target_id'])
        .execute();
      return new Map(rows.map((row) => [`${row.agent_number} ${row.target_id}`, Number(row.changes)]));
    },

    /** Newest first. */
    async list({ targetId, agentNumber, fromMs, toMs, limit }: RouteQuery): Promise<TargetRoute[]> {
      let select = kysely.selectFrom('route').selectAll().orderBy('since_ms', 'desc').limit(limit);
      if (targetId !== undefined) select = select.where('target_id', '=', targetId);
      if (agentNumber !== undefined) select = select.where('agent_number', '=', agentNumber);
      if (toMs !== undefined) select = select.where('since_ms', '<=', toMs);
      if (fromMs !== undefined)
        select = select.where((where) =>
          where.or([where('until_ms', 'is', null), where('until_ms', '>', fromMs)]),
        );
      return (await select.execute()).map(routeOf);
    },

    write(routes: readonly TargetRoute[]): Promise<void> {
      return kysely.transaction().execute(async (transaction) => {
        for (let i = 0; i < routes.length; i += ROWS_A_STATEMENT) {
          await transaction
            .insertInto('route')
            .values(routes.slice(i, i + ROWS_A_STATEMENT).map(rowOf))
            .onConflict((conflict) =>
              conflict.columns(['target_id', 'agent_number', 'since_ms']).doUpdateSet((row) => ({
                last_seen_ms: row.ref('excluded.last_seen_ms'),
                until_ms: row.ref('excluded.until_ms'),
                began: row.ref('excluded.began'),
                address: row.ref('excluded.address'),
                method: row.ref('excluded.method'),
                hops: row.ref('excluded.hops'),
                end_state: row.ref('excluded.end_state'),
                code: row.ref('excluded.code'),
              })),
            )
            .execute();
          await breathe();
        }
      });
    },

    /** Drops what was last in use before then, and of one pair all but the latest. */
    async sweep(beforeMs: number): Promise<void> {
      await kysely.deleteFrom('route').where('last_seen_ms', '<', beforeMs).execute();
      const crowded = await kysely
        .selectFrom('route')
        .select(['target_id', 'agent_number'])
        .groupBy(['target_id', 'agent_number'])
        .having(({ fn }) => fn.countAll(), '>', MAX_ROWS_OF_PAIR)
        .execute();
      for (const pair of crowded) {
        const bound = await kysely
          .selectFrom('route')
          .select('since_ms')
          .where('target_id', '=', pair.target_id)
          .where('agent_number', '=', pair.agent_number)
          .orderBy('since_ms', 'desc')
          .offset(MAX_ROWS_OF_PAIR)
          .limit(1)
          .executeTakeFirst();
        if (!bound) continue;
        await kysely
          .deleteFrom('route')
          .where('target_id', '=', pair.target_id)
          .where('agent_number', '=', pair.agent_number)
          .where('since_ms', '<=', bound.since_ms)
          .execute();
      }
    },
  };
}
export type RouteRows = ReturnType<typeof createRouteRows>;

function routeOf(row: Selectable<Tables['route']>): TargetRoute {
  return {
    targetId: row.target_id,
    agentNumber: row.agent_number,
    address: row.address,
    method: row.method as TargetRoute['method'],
    began: row.began as TargetRoute['began'],
    sinceMs: row.since_ms,
    lastSeenMs: row.last_seen_ms,
    untilMs: row.until_ms,
    hops: JSON.parse(row.hops) as RouteHop[],
    end: row.end_state as TargetRoute['end'],
    code: row.code,
  };
}

function rowOf(route: TargetRoute): Insertable<Tables['route']> {
  return {
    target_id: route.targetId,
    agent_number: route.agentNumber,
    since_ms: route.sinceMs,
    last_seen_ms: route.lastSeenMs,
    until_ms: route.untilMs,
    began: route.began,
    address: route.address,
    method: route.method,
    hops: JSON.stringify(route.hops),
    end_state: route.end,
    code: route.code,
  };
}
