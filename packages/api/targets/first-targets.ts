/**
 * What can be pinged at once: when this machine's own agent is approved for the first time, loopback, its
 * default gateways and its resolvers become targets; or loopback alone, where the network does not want to
 * be pinged unasked. Once in the life of an installation: who deletes them does not find them back.
 */
import type { Log } from '@maille/base/log';
import type { Bus } from '@maille/store/bus/bus';
import type { Database } from '@maille/store/database/tables';
import type { Machine } from '@maille/wire/rest/machines';
import type { TargetRegistry } from './target-registry.ts';

const DONE = 'targets.first';

export interface FirstTargetsOptions {
  database: Database;
  bus: Bus;
  targets: TargetRegistry;
  localAgentId: string | undefined;
  reach: 'network' | 'loopback';
  log: Log;
}

/** The result ends the waiting. */
export async function createFirstTargets(options: FirstTargetsOptions): Promise<() => void> {
  const { database, bus, targets, localAgentId, reach, log } = options;
  const done = await database.kysely
    .selectFrom('counter')
    .select('value')
    .where('name', '=', DONE)
    .executeTakeFirst();
  if (done || localAgentId === undefined) return () => {};

  async function create({ facts, id }: Machine): Promise<void> {
    // What was made before a crash is found again, not made twice.
    await database.kysely
      .insertInto('counter')
      .values({ name: DONE, value: 1 })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const agents = { by: 'ids' as const, ids: [id] };
    const { gateways, resolvers } = facts;
    const groups = [
      { label: 'Loopback', entries: ['127.0.0.1'] },
      { label: 'Default gateway', entries: reach === 'network' ? gateways : [] },
      { label: 'Resolver', entries: reach === 'network' ? resolvers : [] },
    ];
    for (const { label, entries } of groups)
      if (entries.length > 0)
        // What this machine talks to anyway: nobody is asked.
        await targets.create({ entries: entries.join('\n'), label, agents, confirmForeign: true }, 'start');
  }

  const stop = bus.subscribe('machines', ({ put }) => {
    const machine = put.find(({ id, state }) => id === localAgentId && state === 'approved');
    if (!machine) return;
    stop();
    create(machine).catch((error) => log.error({ err: error }, 'the first targets could not be made'));
  });
  return stop;
}
