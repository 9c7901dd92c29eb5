/**
 * Settings of core, one row each (`core.installationName`), as wire/rest/operations.ts knows them. A row
 * that no longer fits its schema counts as not set: an old value must never keep a server from starting.
 */
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { changeSettings, defaultSettings, Settings } from '@maille/wire/rest/operations';
import { checker } from '@maille/wire/schema';
import type { Bus } from '../bus/bus.ts';
import type { Database } from './tables.ts';

export interface SettingsStore {
  current(): Settings;
  /** Validates, stores all or nothing, publishes on the bus, and returns the whole. */
  change(change: Partial<Settings>, changedBy: string): Promise<Settings>;
}

export interface SettingsOptions {
  database: Database;
  bus: Bus;
  clock: Clock;
  log: Log;
}

const PREFIX = 'core.';
const wholeChecker = checker(Settings);
const changeChecker = checker(changeSettings.body);

export async function openSettings(options: SettingsOptions): Promise<SettingsStore> {
  const { database, bus, clock, log } = options;
  const read = async (): Promise<Settings> => {
    const settings: Record<string, unknown> = { ...defaultSettings };
    const rows = await database.kysely
      .selectFrom('setting')
      .select(['key', 'value'])
      .where('key', 'like', `${PREFIX}%`)
      .execute();
    for (const { key, value } of rows) {
      const name = key.slice(PREFIX.length);
      if (!Object.hasOwn(defaultSettings, name)) continue;
      const before = settings[name];
      settings[name] = parseJson(value);
      if (wholeChecker.fits(settings)) continue;
      log.warn({ key }, 'a stored setting does not fit any more: its default counts');
      settings[name] = before;
    }
    return wholeChecker.check(settings, 'the settings');
  };

  let current = await read();
  return {
    current: () => current,
    async change(change, changedBy) {
      changeChecker.check(change, 'the settings');
      const changed_at_ms = clock.wallMs();
      await database.kysely.transaction().execute(async (transaction) => {
        for (const [name, value] of Object.entries(change)) {
          const row = { value: JSON.stringify(value), changed_at_ms, changed_by: changedBy };
          await transaction
            .insertInto('setting')
            .values({ key: PREFIX + name, ...row })
            .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
            .execute();
        }
      });
      current = await read();
      bus.publish('settings', current);
      return current;
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
