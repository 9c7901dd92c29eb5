/**
 * Takes a backup in, from whoever may restore: a stream that may be anything. It is read into a folder of
 * its own beside the data, by the names of its manifest only, sizes and sums checked, and the database
 * opened; then it waits, whole, for the next start (`applyPendingRestore`). What fails leaves nothing.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Readable } from 'node:stream';
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import { type Entry, type Extract, extract } from 'tar-stream';
import { migrations } from '../database/migrations/list.ts';
import { checkWhole } from '../database/sqlite.ts';
import { PENDING_FOLDER, RESTORE_NOTE, type RestoreNote } from './apply-restore.ts';
import {
  BASELINES_FOLDER,
  type BackupManifest,
  DATABASE_NAME,
  MANIFEST_NAME,
  MAX_MANIFEST_BYTES,
  parseManifest,
} from './manifest.ts';

const TAR_BLOCK_BYTES = 512;
/** What the tar reader may hold in memory: it keeps a long header whole, and ours has none. */
const MAX_AHEAD_BYTES = 64 * 1024 * 1024;

interface Progress {
  consumedBytes: number;
}

export interface ReceiveOptions {
  dataFolder: string;
  stream: Readable;
  /** Of all files together. */
  maxBytes: number;
  clock: Clock;
  log: Log;
}

export interface ReceivedBackup {
  manifest: BackupManifest;
  /** Where the next start keeps what it replaces. */
  keptAt: string;
}

export async function receiveBackup(options: ReceiveOptions): Promise<ReceivedBackup> {
  const { dataFolder, stream, clock, log } = options;
  const incoming = await mkdtemp(join(dataFolder, 'restore-incoming-'));
  try {
    const manifest = await readTar(stream, incoming, options.maxBytes);
    checkDatabase(join(incoming, DATABASE_NAME));
    // Where the backup has none, what was usual for other targets must not stay.
    await mkdir(join(incoming, BASELINES_FOLDER), { recursive: true, mode: 0o700 });
    const stamp = new Date(clock.wallMs()).toISOString().replaceAll(/[:.]/g, '-');
    const note: RestoreNote = { keptAs: `before-restore-${stamp}-${randomBytes(2).toString('hex')}` };
    await writeFile(join(incoming, RESTORE_NOTE), JSON.stringify(note), { mode: 0o600, flush: true });
    const pending = join(dataFolder, PENDING_FOLDER);
    await rm(pending, { recursive: true, force: true });
    await rename(incoming, pending);
    await syncFolder(dataFolder);
    const keptAt = join(dataFolder, note.keptAs);
    log.info(
      { version: manifest.version, createdAtMs: manifest.createdAtMs },
      'a backup waits for the next start',
    );
    return { manifest, keptAt };
  } catch (error) {
    stream.destroy();
    await rm(incoming, { recursive: true, force: true });
    throw asProblem(error);
  }
}

async function readTar(stream: Readable, folder: string, maxBytes: number): Promise<BackupManifest> {
  const tar = extract();
  const progress = { consumedBytes: 0 };
  void feed(stream, tar, progress);
  let manifest: BackupManifest | undefined;
  const missing = new Map<string, BackupManifest['files'][number]>();
  try {
    for await (const entry of tar) {
      const { name, type, size = 0 } = entry.header;
      progress.consumedBytes += TAR_BLOCK_BYTES;
      if (type !== 'file')
        throw new Problem('invalid', `the backup holds ${printable(name)}, which is no plain file`);
      if (!manifest) {
        if (name !== MANIFEST_NAME)
          throw new Problem('invalid', 'this is no backup of Maille: it does not begin with a manifest');
        manifest = await readManifest(entry, size, progress);
        await checkRoom(folder, manifest, maxBytes);
        for (const file of manifest.files) missing.set(file.path, file);
        continue;
      }
      const file = missing.get(name);
      if (!file)
        throw new Problem('invalid', `the backup holds ${printable(name)}, which its manifest does not name`);
      missing.delete(name);
      if (size !== file.bytes)
        throw new Problem(
          'invalid',
          `${name} in the backup has ${size} bytes; its manifest says ${file.bytes}`,
        );
      await receiveFile(entry, folder, file, progress);
    }
  } catch (error) {
    tar.destroy();
    throw error;
  }
  if (!manifest) throw new Problem('invalid', 'the backup is empty');
  const [lacking] = missing.keys();
  if (lacking !== undefined) throw new Problem('invalid', `the backup ends before ${lacking}`);
  return manifest;
}

/** Its errors are the tar's, which the loop over the entries throws. */
async function feed(stream: Readable, tar: Extract, progress: Progress): Promise<void> {
  let fedBytes = 0;
  let goOn = () => {};
  tar.on('drain', () => goOn());
  tar.on('close', () => goOn());
  try {
    for await (const chunk of stream) {
      if (tar.destroyed) return;
      fedBytes += chunk.length;
      if (fedBytes - progress.consumedBytes > MAX_AHEAD_BYTES)
        throw new Problem('invalid', 'the backup holds a tar header that is too long');
      if (tar.write(chunk)) continue;
      await new Promise<void>((resolve) => {
        goOn = resolve;
        if (tar.destroyed) resolve();
      });
    }
    tar.end();
  } catch (error) {
    tar.destroy(error as Error);
  }
}

async function readManifest(entry: Entry, size: number, progress: Progress): Promise<BackupManifest> {
  if (size > MAX_MANIFEST_BYTES) throw new Problem('too-large', 'the backup’s manifest is too large');
  const chunks: Buffer[] = [];
  for await (const chunk of entry) {
    chunks.push(chunk as Buffer);
    progress.consumedBytes += chunk.length;
  }
  return parseManifest(Buffer.concat(chunks).toString('utf8'));
}

async function checkRoom(folder: string, manifest: BackupManifest, maxBytes: number): Promise<void> {
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > maxBytes)
    throw new Problem('too-large', `the backup holds ${total} bytes; ${maxBytes} is the bound`);
  const { bavail, bsize } = await statfs(folder);
  if (total > bavail * bsize) {
    throw new Problem('unavailable', `the backup needs ${total} bytes; the disk has ${bavail * bsize} left`, {
      remedy: 'Free space on the data folder’s disk.',
    });
  }
}

async function receiveFile(
  entry: Entry,
  folder: string,
  file: BackupManifest['files'][number],
  progress: Progress,
): Promise<void> {
  const path = join(folder, file.path);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  const handle = await open(path, 'wx', 0o600);
  let bytes = 0;
  try {
    for await (const chunk of entry) {
      hash.update(chunk);
      await handle.writeFile(chunk);
      bytes += chunk.length;
      progress.consumedBytes += chunk.length;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (bytes !== file.bytes) throw new Problem('invalid', `the backup is cut off in ${file.path}`);
  if (hash.digest('hex') !== file.sha256)
    throw new Problem('invalid', `${file.path} in the backup is damaged: its checksum does not fit`);
}

/** Refused here, while the server still runs with what it has, rather than at the next start. */
function checkDatabase(file: string): void {
  const connection = new DatabaseSync(file, { defensive: true });
  try {
    checkWhole(connection, file);
    const row = connection.prepare('select max(number) as last from migration').get();
    const newest = migrations.at(-1)?.number ?? 0;
    if (Number(row?.last) > newest) {
      throw new Problem('unsupported', 'the backup’s database was written by a newer Maille', {
        remedy: 'Restore it with the version that wrote it, or a newer one.',
      });
    }
  } catch (error) {
    if (error instanceof Problem && error.code === 'unsupported') throw error;
    throw new Problem('invalid', 'the backup’s database is damaged', { cause: error });
  } finally {
    connection.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const printable = (name: string): string => JSON.stringify(name.slice(0, 100));

function asProblem(error: unknown): unknown {
  if (error instanceof Problem) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Problem('unavailable', 'the disk is full: the backup cannot be taken in', { cause: error });
  return new Problem('invalid', 'the backup cannot be read: it is no tar, or it was cut off', {
    cause: error,
  });
}
