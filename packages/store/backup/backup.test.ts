import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { silentLog } from '@maille/base/log';
import type { Problem } from '@maille/base/problem';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { type Headers, pack } from 'tar-stream';
import { openSqliteDatabase } from '../database/sqlite.ts';
import { openEmbeddedSeries } from '../series/embedded/embedded-series.ts';
import { batchOf } from '../series/series-model.ts';
import { applyPendingRestore, PENDING_FOLDER } from './apply-restore.ts';
import { MANIFEST_NAME } from './manifest.ts';
import { receiveBackup } from './receive-backup.ts';
import { removeScratch, writeBackup } from './write-backup.ts';

const clock = createFakeClock(Date.UTC(2026, 3, 1, 12));
const epoch = '00000000000000aa';
const root = mkdtempSync(join(tmpdir(), 'maille-backup-'));
after(() => rmSync(root, { recursive: true }));

const openFolder = async (folder: string) => ({
  database: await openSqliteDatabase(join(folder, 'maille.sqlite'), silentLog),
  series: await openEmbeddedSeries({ folder: join(folder, 'series'), clock, log: silentLog }),
});
type Opened = Awaited<ReturnType<typeof openFolder>>;
const close = async ({ database, series }: Opened) => {
  await series.stop();
  await database.stop();
};

async function makeData(folder: string, name: string): Promise<Opened> {
  mkdirSync(join(folder, 'identity'), { recursive: true });
  mkdirSync(join(folder, 'tls'));
  writeFileSync(join(folder, 'identity', 'server.key'), `key of ${name}`);
  writeFileSync(join(folder, 'tls', 'ca.pem'), `authority of ${name}`);
  mkdirSync(join(folder, 'baselines'));
  writeFileSync(join(folder, 'baselines', 'learnt.bin'), `usual at ${name}`);
  writeFileSync(join(folder, 'baselines', 'learnt.bin.new'), 'half of it');
  writeFileSync(join(folder, 'local-api-token'), 'secret, and made anew at each start');
  const opened = await openFolder(folder);
  await opened.database.kysely.insertInto('counter').values({ name, value: 1 }).execute();
  append(opened, 1);
  await clock.advance(65_000);
  append(opened, 2);
  return opened;
}
const append = ({ series }: Opened, sequence: number) =>
  series.append({ agentNumber: 1, epoch, sequence }, batchOf([[1, clock.wallMs() + sequence, 1_000]]));
const backupOptions = (dataFolder: string, opened: Opened) => ({
  dataFolder,
  ...opened,
  version: '0.1.0',
  clock,
  log: silentLog,
});
async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
const scratchOf = (folder: string) => readdirSync(folder).filter((name) => /^(backup|restore)-/.test(name));
const receive = (dataFolder: string, bytes: Buffer, maxBytes = 1e9) =>
  receiveBackup({ dataFolder, stream: Readable.from([bytes]), maxBytes, clock, log: silentLog });

test('a backup taken while all runs comes back elsewhere, with the former data kept', async () => {
  const folder = join(root, 'source');
  const source = await makeData(folder, 'source');
  const stream = await writeBackup(backupOptions(folder, source));
  append(source, 3); // after the copy, while it is being sent
  const bytes = await bytesOf(stream);
  await close(source);
  assert.deepEqual(scratchOf(folder), []);
  assert.ok(!bytes.includes('secret, and made anew'), 'the local token stays at home');

  const elsewhere = join(root, 'elsewhere');
  await close(await makeData(elsewhere, 'elsewhere'));
  const { keptAt, manifest } = await receive(elsewhere, bytes);
  assert.equal(manifest.version, '0.1.0');
  assert.equal(readFileSync(join(elsewhere, 'identity', 'server.key'), 'utf8'), 'key of elsewhere');

  writeFileSync(join(elsewhere, 'maille.sqlite-wal'), 'of the former database');
  assert.equal(applyPendingRestore(elsewhere, silentLog), keptAt);
  assert.equal(applyPendingRestore(elsewhere, silentLog), undefined, 'once only');
  assert.ok(!existsSync(join(elsewhere, 'maille.sqlite-wal')));
  assert.equal(readFileSync(join(elsewhere, 'identity', 'server.key'), 'utf8'), 'key of source');
  assert.equal(readFileSync(join(elsewhere, 'tls', 'ca.pem'), 'utf8'), 'authority of source');
  assert.equal(readFileSync(join(keptAt, 'identity', 'server.key'), 'utf8'), 'key of elsewhere');
  assert.deepEqual(readdirSync(join(elsewhere, 'baselines')), ['learnt.bin']);
  assert.equal(readFileSync(join(elsewhere, 'baselines', 'learnt.bin'), 'utf8'), 'usual at source');
  assert.equal(readFileSync(join(keptAt, 'baselines', 'learnt.bin'), 'utf8'), 'usual at elsewhere');

  const restored = await openFolder(elsewhere);
  const names = await restored.database.kysely.selectFrom('counter').select('name').execute();
  assert.deepEqual(names, [{ name: 'source' }]);
  assert.deepEqual(restored.series.appended(1, epoch), [[1, 2]]);
  assert.equal((await restored.series.readRaw(1, 0, 8e12))[0]?.count, 2);
  await close(restored);
  rmSync(join(keptAt, 'maille.sqlite-wal'));
  const former = await openFolder(keptAt);
  assert.equal(
    (await former.database.kysely.selectFrom('counter').selectAll().execute())[0]?.name,
    'elsewhere',
  );
  await close(former);
});

test('a reader that goes away leaves nothing behind', async () => {
  const folder = join(root, 'impatient');
  const opened = await makeData(folder, 'impatient');
  const stream = await writeBackup(backupOptions(folder, opened));
  await stream[Symbol.asyncIterator]().next();
  const closed = new Promise((resolve) => stream.once('close', resolve));
  stream.destroy();
  await closed;
  // Removing is told to the file system at close; a start cleans up what a crash leaves at any moment.
  await removeScratch(folder);
  assert.deepEqual(scratchOf(folder), []);
  await close(opened);
});

suite('a hostile or broken backup', () => {
  const folder = join(root, 'target');
  let untouched: string[];
  let database: Buffer;
  let whole: Buffer;

  before(async () => {
    const opened = await makeData(folder, 'target');
    whole = await bytesOf(await writeBackup(backupOptions(folder, opened)));
    await opened.database.copyTo(join(root, 'plain.sqlite'));
    await close(opened);
    database = readFileSync(join(root, 'plain.sqlite'));
    untouched = readdirSync(root, { recursive: true }).map(String).sort();
  });

  type Part = [header: Partial<Headers> & { name: string }, body?: string | Buffer];
  const entry = (path: string, body: string | Buffer) => ({
    path,
    bytes: Buffer.byteLength(body),
    sha256: createHash('sha256').update(body).digest('hex'),
  });
  const goodFiles = () => [entry('identity/server.key', 'k'), entry('maille.sqlite', database)];
  const goodParts = (): Part[] => [
    [{ name: 'identity/server.key' }, 'k'],
    [{ name: 'maille.sqlite' }, database],
  ];
  const manifestOf = (files: unknown[], more: object = {}): Part => [
    { name: MANIFEST_NAME },
    JSON.stringify({
      format: 'maille-backup',
      formatVersion: 1,
      version: '1',
      createdAtMs: 1,
      files,
      ...more,
    }),
  ];
  async function tarOf(parts: Part[]): Promise<Buffer> {
    const tar = pack();
    const bytes = bytesOf(Readable.from(tar as AsyncIterable<Buffer>));
    for (const [header, body = ''] of parts) tar.entry(header, body);
    tar.finalize();
    return await bytes;
  }
  const refused = async (bytes: Buffer, message: RegExp, maxBytes?: number) => {
    await assert.rejects(receive(folder, bytes, maxBytes), (problem: Problem) => {
      assert.match(problem.message, message);
      assert.notEqual(problem.code, 'internal');
      return true;
    });
    assert.deepEqual(readdirSync(root, { recursive: true }).map(String).sort(), untouched);
  };

  test('is fine when nothing is wrong with it', async () => {
    await receive(folder, await tarOf([manifestOf(goodFiles()), ...goodParts()]));
    // One of the first format says nothing of what is usual: what was usual here goes all the same.
    assert.deepEqual(readdirSync(join(folder, PENDING_FOLDER, 'baselines')), []);
    await receive(folder, whole); // the later one counts
    rmSync(join(folder, PENDING_FOLDER), { recursive: true });
  });

  for (const path of [
    '../escape',
    '/etc/escape',
    'series/../../escape',
    'identity/../escape',
    'series/.hidden',
    'series//x',
    'local-api-token',
    'identity/-rf',
    'tls/a\0b',
    'restore.json',
    'maille.sqlite-wal',
  ]) {
    test(`may not name ${JSON.stringify(path)}`, async () => {
      const files = [...goodFiles(), entry(path, 'x')];
      await refused(await tarOf([manifestOf(files), ...goodParts(), [{ name: path }, 'x']]), /manifest/);
      // Nor bring it without naming it.
      await refused(
        await tarOf([manifestOf(goodFiles()), [{ name: path }, 'x'], ...goodParts()]),
        /does not name/,
      );
    });
  }

  test('may hold plain files only', async () => {
    const links: Part[] = [
      [{ name: 'identity/server.key', type: 'symlink', linkname: '/etc/passwd' }],
      [{ name: 'identity/server.key', type: 'link', linkname: '/etc/passwd' }],
      [{ name: 'identity', type: 'directory' }],
      [{ name: 'identity/server.key', type: 'character-device' }],
    ];
    for (const link of links) await refused(await tarOf([manifestOf(goodFiles()), link]), /no plain file/);
  });

  test('must be what its manifest says', async () => {
    const [key, data] = goodParts() as [Part, Part];
    await refused(await tarOf([manifestOf(goodFiles()), key]), /ends before maille.sqlite/);
    await refused(await tarOf([manifestOf(goodFiles()), key, key, data]), /does not name/);
    await refused(
      await tarOf([manifestOf(goodFiles()), [{ name: 'identity/server.key' }, 'kk'], data]),
      /2 bytes/,
    );
    await refused(
      await tarOf([manifestOf(goodFiles()), [{ name: 'identity/server.key' }, 'q'], data]),
      /checksum/,
    );
    await refused(
      await tarOf([manifestOf([...goodFiles(), entry('tls/a', 'x'), entry('tls/a', 'x')])]),
      /twice/,
    );
    await refused(await tarOf([manifestOf([entry('maille.sqlite', database)])]), /lacks identity/);
    await refused(await tarOf([key, data]), /does not begin with a manifest/);
    await refused(await tarOf([[{ name: MANIFEST_NAME }, '{']]), /no JSON/);
    await refused(await tarOf([[{ name: MANIFEST_NAME }, 'null']]), /manifest/);
    await refused(await tarOf([]), /empty/);
  });

  test('of another size than allowed is refused before it is written', async () => {
    const huge = [...goodFiles(), { ...entry('tls/huge', ''), bytes: 2 ** 50 }];
    await refused(await tarOf([manifestOf(huge)]), /bound/);
    await refused(await tarOf([manifestOf(huge)]), /disk has/, 2 ** 52);
    await refused(await tarOf([[{ name: MANIFEST_NAME }, Buffer.alloc(17 * 1024 * 1024, 32)]]), /too large/);
  });

  test('of a newer Maille is told as that', async () => {
    await refused(await tarOf([manifestOf(goodFiles(), { formatVersion: 3 })]), /newer Maille/);
  });

  test('with a damaged database is refused', async () => {
    const damaged = Buffer.from(database);
    for (let at = 4_096; at < damaged.length; at += 64) damaged.fill(0xa5, at, at + 48);
    const files = [entry('identity/server.key', 'k'), entry('maille.sqlite', damaged)];
    const parts: Part[] = [
      manifestOf(files),
      [{ name: 'identity/server.key' }, 'k'],
      [{ name: 'maille.sqlite' }, damaged],
    ];
    await refused(await tarOf(parts), /database is damaged/);
  });

  test('that is cut off, no tar, or packed is refused', async () => {
    for (const length of [0, 100, 512, 5_000, whole.length - 20_000])
      await refused(whole.subarray(0, length), /empty|cut off|ends before/);
    await refused(Buffer.alloc(10_000, 0x41), /no tar/);
    await refused(gzipSync(whole), /no tar/);
  });

  test('with a header without end is not held in memory', async () => {
    const tar = pack();
    tar.entry({ name: 'x', type: 'pax-header' as 'file', size: 2 ** 33 });
    const [header] = await tar[Symbol.asyncIterator]()
      .next()
      .then(({ value }) => [value as Buffer]);
    let sentBytes = 0;
    const stream = Readable.from(
      (async function* () {
        yield header;
        for (const block = Buffer.alloc(1024 * 1024); sentBytes < 2 ** 33; sentBytes += block.length)
          yield block;
      })(),
    );
    const options = { dataFolder: folder, stream, maxBytes: 1e9, clock, log: silentLog };
    await assert.rejects(receiveBackup(options), /header that is too long/);
    assert.ok(sentBytes < 100 * 1024 * 1024, `${sentBytes} bytes were taken`);
  });

  test('whose sender goes away is forgotten', async () => {
    const stream = Readable.from(
      (async function* () {
        yield whole.subarray(0, 20_000);
        throw new Error('connection reset');
      })(),
    );
    const options = { dataFolder: folder, stream, maxBytes: 1e9, clock, log: silentLog };
    await assert.rejects(receiveBackup(options), { code: 'invalid' });
    assert.deepEqual(readdirSync(root, { recursive: true }).map(String).sort(), untouched);
  });

  test('a restore that a crash cut off is gone on with', async () => {
    const { keptAt } = await receive(folder, whole);
    const kept = keptAt.slice(folder.length + 1);
    const moves: [from: string, to: string][] = [
      ['maille.sqlite', `${kept}/maille.sqlite`],
      [`${PENDING_FOLDER}/maille.sqlite`, 'maille.sqlite'],
      ['identity', `${kept}/identity`],
      [`${PENDING_FOLDER}/identity`, 'identity'],
    ];
    for (let done = 0; done <= moves.length; done++) {
      const copy = join(root, `cut-off-${done}`);
      cpSync(folder, copy, { recursive: true });
      writeFileSync(join(copy, 'tls', 'ca.pem'), 'the former one');
      mkdirSync(join(copy, kept), { recursive: true });
      for (const [from, to] of moves.slice(0, done)) renameSync(join(copy, from), join(copy, to));
      assert.equal(applyPendingRestore(copy, silentLog), join(copy, kept));
      assert.ok(!existsSync(join(copy, PENDING_FOLDER)));
      assert.equal(readFileSync(join(copy, 'tls', 'ca.pem'), 'utf8'), 'authority of target');
      assert.equal(readFileSync(join(copy, kept, 'tls', 'ca.pem'), 'utf8'), 'the former one');
      for (const part of ['maille.sqlite', 'identity/server.key', 'series/index.sqlite']) {
        assert.ok(existsSync(join(copy, part)), part);
        assert.ok(existsSync(join(copy, kept, part)), `former ${part}`);
      }
    }
  });
});
