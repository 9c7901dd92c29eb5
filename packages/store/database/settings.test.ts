import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { systemClock } from '@maille/base/clock';
import { silentLog } from '@maille/base/log';
import type { Problem } from '@maille/base/problem';
import { defaultSettings, type Settings } from '@maille/wire/rest/operations';
import { createLocalBus } from '../bus/local-bus.ts';
import { openSettings } from './settings.ts';
import { openSqliteDatabase } from './sqlite.ts';
import type { Database } from './tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'maille-settings-'));
let database: Database;
const warnings: string[] = [];
const log = { ...silentLog, warn: (_: object, message: string) => void warnings.push(message) };
const open = (bus = createLocalBus(silentLog)) => openSettings({ database, bus, clock: systemClock, log });

before(async () => {
  database = await openSqliteDatabase(join(folder, 'maille.sqlite'), silentLog);
});
beforeEach(async () => {
  warnings.length = 0;
  await database.kysely.deleteFrom('setting').execute();
});
after(async () => {
  await database.stop();
  rmSync(folder, { recursive: true });
});

test('are the defaults until changed, and stay changed', async () => {
  const bus = createLocalBus(silentLog);
  const published: Settings[] = [];
  bus.subscribe('settings', (settings) => published.push(settings));
  const settings = await open(bus);
  assert.deepEqual(settings.current(), defaultSettings);
  const change = { installationName: 'North', presenceSeeds: ['192.0.2.1'] };
  const changed = await settings.change(change, 'ada');
  assert.deepEqual(changed, { ...defaultSettings, ...change });
  assert.deepEqual(published, [changed]);
  await settings.change({ installationName: 'South' }, 'ada');
  assert.deepEqual((await open()).current(), { ...defaultSettings, ...change, installationName: 'South' });
});

test('a change that does not fit names its field and changes nothing', async () => {
  const settings = await open();
  for (const [change, field] of [
    [{ installationName: 'North', rawRetentionDays: 0 }, '/rawRetentionDays'],
    [{ colour: 'red' }, '/colour'],
    [{ installationName: 'two\nlines' }, '/installationName'],
  ] as const) {
    await assert.rejects(settings.change(change as Partial<Settings>, 'ada'), (problem: Problem) => {
      assert.equal(problem.code, 'invalid');
      assert.equal(problem.field, field);
      return true;
    });
  }
  assert.deepEqual(settings.current(), defaultSettings);
  assert.deepEqual((await open()).current(), defaultSettings);
});

test('a stored value that no longer fits counts as not set, and is said', async () => {
  const row = { changed_at_ms: 1, changed_by: 'x' };
  await database.kysely
    .insertInto('setting')
    .values([
      { key: 'core.rawRetentionDays', value: '"many"', ...row },
      { key: 'core.sessionDays', value: '{', ...row },
      { key: 'core.unknown', value: '1', ...row },
      { key: 'core.installationName', value: '"North"', ...row },
    ])
    .execute();
  const settings = await open();
  assert.deepEqual(settings.current(), { ...defaultSettings, installationName: 'North' });
  assert.equal(warnings.length, 2);
});
