/** One process a folder: an SQLite lock goes with its process, however that ends, and needs no cleaning up. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Problem } from '@maille/base/problem';

/** Throws a Problem where another holds it. The result lets go. */
export function lockFolder(folder: string): () => void {
  const lock = new DatabaseSync(join(folder, 'lock.sqlite'));
  try {
    lock.exec('begin exclusive');
  } catch (cause) {
    lock.close();
    throw new Problem('conflict', `another program uses the series in ${folder}`, {
      cause,
      remedy: 'Stop the other Maille that uses this data folder.',
    });
  }
  return () => {
    if (lock.isOpen) lock.close();
  };
}
