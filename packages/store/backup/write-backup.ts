/**
 * Writes a backup while everything runs. Copies are made first, beside the data, so that the stream can go
 * as slowly as its reader likes; the series before the database, so that every target and agent that a
 * sample names is known. The scratch folder goes when the stream ends, however it ends.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { type Pack, pack } from 'tar-stream';
import type { Database } from '../database/tables.ts';
import type { SeriesStore } from '../series/series-store.ts';
import {
  BASELINES_FOLDER,
  type BackupManifest,
  DATABASE_NAME,
  FORMAT_VERSION,
  MANIFEST_NAME,
} from './manifest.ts';

export interface BackupOptions {
  dataFolder: string;
  database: Database;
  series: SeriesStore;
  /** Of this Maille, for the manifest. */
  version: string;
  clock: Clock;
  log: Log;
}

/** The tar, ready to be read. Throws where a copy could not be made: then nothing was sent yet. */
export async function writeBackup(options: BackupOptions): Promise<Readable> {
  const { dataFolder, clock, log } = options;
  const scratch = await mkdtemp(join(dataFolder, 'backup-'));
  const clean = () => rm(scratch, { recursive: true, force: true });
  try {
    await copyParts(options, scratch);
    const files = await describeFiles(scratch);
    const manifest: BackupManifest = {
      format: 'maille-backup',
      formatVersion: FORMAT_VERSION,
      version: options.version,
      createdAtMs: clock.wallMs(),
      files,
    };
    const tar = pack();
    // Removed before the end is told; and at close, where nobody ever began to read.
    const chunks = async function* () {
      yield* tar as AsyncIterable<Buffer>;
      await clean();
    };
    const stream = Readable.from(chunks(), { objectMode: false });
    stream.once('close', () => {
      tar.destroy();
      clean().catch((error) => log.warn({ err: error, scratch }, 'a backup’s copies could not be removed'));
    });
    sendFiles(tar, scratch, manifest).catch((error) => stream.destroy(error as Error));
    return stream;
  } catch (error) {
    await clean();
    throw error;
  }
}

/** Leftovers of backups and restores that a crash cut off. Called at start, before anything else. */
export async function removeScratch(dataFolder: string): Promise<void> {
  for (const name of await readdir(dataFolder)) {
    if (/^(backup|restore-incoming)-\w{6}$/.test(name))
      await rm(join(dataFolder, name), { recursive: true, force: true });
  }
}

async function copyParts({ dataFolder, database, series }: BackupOptions, scratch: string): Promise<void> {
  await series.copyTo(join(scratch, 'series'));
  await database.copyTo(join(scratch, DATABASE_NAME));
  for (const folder of ['identity', 'tls', BASELINES_FOLDER]) {
    await mkdir(join(scratch, folder), { mode: 0o700 });
    for (const name of await filesIn(join(dataFolder, folder)))
      await copyIfThere(join(dataFolder, folder, name), join(scratch, folder, name));
  }
}

/** What was listed may be gone: a file that took its name when it was whole, one whose time is over. */
async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !entry.name.endsWith('.new'))
      .map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function describeFiles(scratch: string): Promise<BackupManifest['files']> {
  const entries = await readdir(scratch, { withFileTypes: true, recursive: true });
  const files: BackupManifest['files'] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const hash = createHash('sha256');
    await pipeline(createReadStream(file), hash);
    const path = file.slice(scratch.length + 1);
    files.push({ path, bytes: (await stat(file)).size, sha256: hash.digest('hex') });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function sendFiles(tar: Pack, scratch: string, manifest: BackupManifest): Promise<void> {
  const mtime = new Date(manifest.createdAtMs);
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await new Promise<void>((resolve, reject) => {
    tar.entry({ name: MANIFEST_NAME, mode: 0o600, mtime }, text, (error) =>
      error ? reject(error) : resolve(),
    );
  });
  for (const { path, bytes } of manifest.files) {
    const entry = tar.entry({ name: path, size: bytes, mode: 0o600, mtime });
    await pipeline(createReadStream(join(scratch, path)), entry);
  }
  tar.finalize();
}
