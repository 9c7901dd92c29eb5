/**
 * One holder a folder. The lock is an abstract Unix socket named after the folder itself, not its path, which
 * containers that share a network may have alike: the kernel takes it back however its holder ends, so it can
 * never be stale. Network namespaces have locks of their own.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Part } from '@maille/base/lifecycle';

/** Undefined where the folder has a holder `as` that already. */
export async function holdFolder(folder: string, as: string): Promise<Part | undefined> {
  const { dev, ino } = statSync(folder);
  const name = createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 32);
  const lock = createServer((socket) => socket.destroy());
  const held = await new Promise<boolean>((resolve, reject) => {
    lock.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    lock.listen({ path: `\0maille-${as}-${name}` }, () => resolve(true));
  });
  if (!held) return undefined;
  lock.unref(); // a start that fails after this must still end
  return { stop: () => new Promise<void>((resolve) => lock.close(() => resolve())) };
}
