import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { openSqliteDatabase } from '@maille/store/database/sqlite';
import { eventually } from '@maille/testkit/eventually';
import { labFacts } from '@maille/testkit/link-lab';
import type { Machine } from '@maille/wire/rest/machines';
import { createFirstTargets } from './first-targets.ts';
import type { TargetRegistry } from './target-registry.ts';

const machine = {
  id: 'a'.repeat(32),
  state: 'approved',
  facts: { ...labFacts, gateways: ['192.0.2.1'], resolvers: ['192.0.2.53', '2001:db8::53'] },
} as Machine;

/** The entries made for a machine that comes, and comes again. */
async function firstTargetsOf(reach: 'network' | 'loopback'): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'maille-first-'));
  const database = await openSqliteDatabase(join(folder, 'maille.sqlite'), silentLog);
  const bus = createLocalBus(silentLog);
  const made: string[] = [];
  const targets = {
    create: async ({ entries }: { entries: string }) => void made.push(...entries.split('\n')),
  } as unknown as TargetRegistry;
  const options = { database, bus, targets, localAgentId: machine.id, reach, log: silentLog };
  try {
    await createFirstTargets(options);
    bus.publish('machines', { put: [{ ...machine, state: 'pending' }], remove: [] });
    assert.deepEqual(made, []);
    bus.publish('machines', { put: [machine], remove: [] });
    await eventually('the first targets', () => made.length >= (reach === 'network' ? 4 : 1));
    await createFirstTargets(options);
    bus.publish('machines', { put: [machine], remove: [] });
    return made;
  } finally {
    await database.stop();
    rmSync(folder, { recursive: true });
  }
}

test('begins with loopback, gateways and resolvers, once', async () => {
  assert.deepEqual(await firstTargetsOf('network'), ['127.0.0.1', '192.0.2.1', '192.0.2.53', '2001:db8::53']);
});

test('begins with loopback alone where the network is not to be pinged unasked', async () => {
  assert.deepEqual(await firstTargetsOf('loopback'), ['127.0.0.1']);
});
