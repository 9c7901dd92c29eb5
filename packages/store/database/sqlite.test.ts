import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import { sql } from 'kysely';
import { checkDatabase } from './database-compliance.ts';
import { migrations } from './migrations/list.ts';
import { openSqliteDatabase } from './sqlite.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'maille-database-'));

checkDatabase('SQLite', async () => {
  const folder = newFolder();
  return {
    open: () => openSqliteDatabase(join(folder, 'maille.sqlite'), silentLog),
    openCopy: (file) => openSqliteDatabase(file, silentLog),
    copyPath: join(folder, 'copy.sqlite'),
    remove: async () => rmSync(folder, { recursive: true }),
  };
});

suite('the SQLite file', () => {
  const inFolder = (name: string, body: (file: string, folder: string) => Promise<void>) =>
    test(name, async () => {
      const folder = newFolder();
      try {
        await body(join(folder, 'maille.sqlite'), folder);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

  inFolder('says that the disk is full, changes nothing, and goes on when there is room', async (file) => {
    const database = await openSqliteDatabase(file, silentLog);
    const { kysely } = database;
    const pages =
      (await sql<{ page_count: number }>`pragma page_count`.execute(kysely)).rows[0]?.page_count ?? 0;
    // A bound of SQLite's own stands in for the disk: it fails alike.
    await sql.raw(`pragma max_page_count = ${pages + 2}`).execute(kysely);
    const fill = () =>
      kysely.transaction().execute(async (transaction) => {
        for (let i = 0; i < 2_000; i++)
          await transaction
            .insertInto('counter')
            .values({ name: `${i} ${'x'.repeat(500)}`, value: i })
            .execute();
      });
    await assert.rejects(
      fill(),
      (error) => error instanceof Problem && /disk .* is full/.test(error.message),
    );
    assert.equal((await kysely.selectFrom('counter').selectAll().execute()).length, 0);
    await sql.raw(`pragma max_page_count = ${pages + 10_000}`).execute(kysely);
    await fill();
    assert.equal((await kysely.selectFrom('counter').selectAll().execute()).length, 2_000);
    await database.stop();
  });

  inFolder('is readable to its owner alone', async (file) => {
    const database = await openSqliteDatabase(file, silentLog);
    await database.kysely.insertInto('counter').values({ name: 'n', value: 1 }).execute();
    for (const one of [file, `${file}-wal`]) assert.equal(statSync(one).mode & 0o777, 0o600, one);
    await database.copyTo(`${file}.copy`);
    assert.equal(statSync(`${file}.copy`).mode & 0o777, 0o600);
    await database.stop();
  });

  inFolder('writes through to the disk at each commit, and checks references', async (file) => {
    const database = await openSqliteDatabase(file, silentLog);
    const read = async (pragma: string) =>
      Object.values((await sql.raw(`pragma ${pragma}`).execute(database.kysely)).rows[0] as object)[0];
    assert.equal(await read('synchronous'), 2);
    assert.equal(await read('journal_mode'), 'wal');
    assert.equal(await read('foreign_keys'), 1);
    await database.stop();
  });

  inFolder('of a newer Maille is refused and left as it is', async (file) => {
    const newer = [...migrations, { number: 900, name: 'later', up: async () => {} }];
    await (await openSqliteDatabase(file, silentLog, newer)).stop();
    const before = readFileSync(file);
    await assert.rejects(openSqliteDatabase(file, silentLog), (error: Problem) => {
      assert.equal(error.code, 'unsupported');
      assert.match(error.message, /newer Maille/);
      assert.ok(error.remedy);
      return true;
    });
    assert.deepEqual(readFileSync(file), before);
  });

  inFolder('is copied before its tables change, and a failed change undoes itself', async (file, folder) => {
    const first = await openSqliteDatabase(file, silentLog);
    await first.kysely.insertInto('counter').values({ name: 'n', value: 1 }).execute();
    await first.stop();
    const failing = {
      number: (migrations.at(-1)?.number ?? 0) + 1,
      name: 'fails-halfway',
      async up(kysely: Parameters<(typeof migrations)[0]['up']>[0]) {
        await kysely.schema.alterTable('counter').addColumn('unit', 'text').execute();
        throw new Error('no');
      },
    };
    await assert.rejects(openSqliteDatabase(file, silentLog, [...migrations, failing]), /no/);
    const again = await openSqliteDatabase(file, silentLog);
    const rows = await again.kysely.selectFrom('counter').selectAll().execute();
    assert.deepEqual(rows, [{ name: 'n', value: 1 }]);
    await again.stop();
    const kept = readdirSync(folder).find((name) =>
      name.includes(`before-${String(failing.number).padStart(4, '0')}`),
    ) as string;
    const copy = await openSqliteDatabase(join(folder, kept), silentLog);
    assert.equal((await copy.kysely.selectFrom('counter').selectAll().execute()).length, 1);
    await copy.stop();
  });

  inFolder('that is no database is named, with a remedy', async (file) => {
    writeFileSync(file, 'this is no database, but long enough to be taken for one'.repeat(100));
    await assert.rejects(openSqliteDatabase(file, silentLog), (error: Problem) => {
      assert.ok(error instanceof Problem);
      assert.match(error.message, /damaged/);
      assert.ok(error.remedy);
      return true;
    });
  });

  inFolder('keeps every committed row through a kill -9, and is checked at the next start', async (file) => {
    const script = `
      import { openSqliteDatabase } from ${JSON.stringify(new URL('./sqlite.ts', import.meta.url).href)};
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const { kysely } = await openSqliteDatabase(${JSON.stringify(file)}, log);
      for (let i = 0; i < 20; i++) {
        await kysely.insertInto('counter').values({ name: 'n' + i, value: i }).execute();
      }
      process.kill(process.pid, 'SIGKILL');
    `;
    const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script]);
    assert.equal(child.signal, 'SIGKILL', child.stderr.toString());
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (_: object, message: string) => void warnings.push(message) };
    const database = await openSqliteDatabase(file, log);
    assert.equal((await database.kysely.selectFrom('counter').selectAll().execute()).length, 20);
    assert.equal(warnings.length, 1);
    await database.stop();
    await (await openSqliteDatabase(file, log)).stop();
    assert.equal(warnings.length, 1, 'a clean end needs no check');
  });

  inFolder('damaged pages are found after an unclean end', async (file) => {
    const database = await openSqliteDatabase(file, silentLog);
    await database.stop();
    const bytes = readFileSync(file);
    for (let at = 4_096 * 3; at < bytes.length; at += 64) bytes.fill(0xa5, at, at + 48);
    writeFileSync(file, bytes);
    writeFileSync(`${file}-wal`, 'torn');
    await assert.rejects(openSqliteDatabase(file, silentLog), /damaged/);
  });
});
