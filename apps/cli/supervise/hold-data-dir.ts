/** The data folder: made when missing, checked, and held by one `maille up` at a time. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import type { Part } from '@maille/base/lifecycle';
import { Problem } from '@maille/base/problem';
import { holdFolder } from '@maille/host/start/hold-folder';

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
  const held = await holdFolder(dataDir, 'up');
  if (held) return held;
  throw new Problem('conflict', `Maille runs already with the data in ${dataDir}`, {
    remedy: 'Use that one, stop it, or choose another folder with --data FOLDER.',
  });
}
