/**
 * The data folder: made when missing, checked, and held by one server at a time. The hold is a lock that
 * the kernel gives back when this process ends, however it ends.
 */
import { existsSync } from 'node:fs';
import { access, constants, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Problem } from '@maille/base/problem';

/** The result lets the folder go. */
export async function holdDataFolder(folder: string): Promise<{ stop(): void }> {
  try {
    await makeFolder(folder);
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const user = process.getuid?.() ?? 'this user';
    throw new Problem('unavailable', `the data folder ${folder} cannot be written to`, {
      cause,
      remedy: `Make it writable for user ${user}, or choose another with MAILLE_DATA_DIR.`,
    });
  }
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(folder, 'server.lock'), { timeout: 0 });
    lock.exec('pragma journal_mode = memory; pragma locking_mode = exclusive; begin exclusive');
  } catch (cause) {
    lock?.close();
    throw new Problem('conflict', `another server uses the data folder ${folder}`, {
      cause,
      remedy: 'Stop it, or choose another folder with MAILLE_DATA_DIR.',
    });
  }
  const held = lock;
  return { stop: () => held.close() };
}

/** Not by `recursive`: where the kernel will have no folder (below /proc), Node's own never ends. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(folder) === folder || existsSync(dirname(folder))) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder, { mode: 0o700 });
  }
}
