/**
 * One `maille up` a data folder. The lock is an abstract Unix socket named after the folder itself, not its
 * path, which containers that share a network may have alike: the kernel takes it back however its holder
 * ends, so it can never be stale.
 */
import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Part } from '@maille/base/lifecycle';
import { Problem } from '@maille/base/problem';

export function prepareDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'EACCES' || code === 'EPERM'
        ? 'you may not write there'
        : code === 'EROFS'
          ? 'the disk is read-only'
          : code === 'ENOTDIR' || code === 'EEXIST'
            ? 'it is not a folder'
            : code;
    throw new Problem('forbidden', `Maille cannot keep its data in ${dataDir}: ${why}`, {
      remedy: 'Choose another folder with --data FOLDER or MAILLE_DATA_DIR.',
      cause: error,
    });
  }
}

export async function holdDataDir(dataDir: string): Promise<Part> {
  const { dev, ino } = statSync(dataDir);
  const name = createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 32);
  const lock = createServer();
  await new Promise<void>((resolve, reject) => {
    lock.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'EADDRINUSE'
          ? new Problem('conflict', `Maille runs already with the data in ${dataDir}`, {
              remedy: 'Use that one, stop it, or choose another folder with --data FOLDER.',
            })
          : cause,
      );
    });
    lock.listen({ path: `\0maille-up-${name}` }, resolve);
  });
  lock.on('connection', (socket) => socket.destroy());
  lock.unref(); // a start that fails after this must still end
  return { stop: () => new Promise<void>((resolve) => lock.close(() => resolve())) };
}
