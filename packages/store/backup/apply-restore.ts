/**
 * Puts a received backup in the place of what was there. The server calls this first of all, before it
 * opens anything. Every step is a rename and tells by what is left whether it was done, so that a crash in
 * the middle is gone on with at the next start.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '@maille/base/log';
import { backupParts, DATABASE_NAME } from './manifest.ts';

export const PENDING_FOLDER = 'restore-pending';
export const RESTORE_NOTE = 'restore.json';

export interface RestoreNote {
  /** Folder inside the data folder that the former data goes to. */
  keptAs: string;
}

/** Where the former data is kept now; undefined when no restore was waiting. */
export function applyPendingRestore(dataFolder: string, log: Log): string | undefined {
  const pending = join(dataFolder, PENDING_FOLDER);
  if (!existsSync(pending)) return undefined;
  const note = JSON.parse(readFileSync(join(pending, RESTORE_NOTE), 'utf8')) as RestoreNote;
  const kept = join(dataFolder, note.keptAs);
  mkdirSync(kept, { recursive: true, mode: 0o700 });
  for (const part of backupParts) {
    if (!existsSync(join(pending, part))) continue; // moved in already, or not part of this backup
    // The log of the old database must never meet the new one.
    const beside = part === DATABASE_NAME ? [`${part}-wal`, `${part}-shm`] : [];
    for (const name of [...beside, part]) {
      if (existsSync(join(dataFolder, name))) renameSync(join(dataFolder, name), join(kept, name));
    }
    renameSync(join(pending, part), join(dataFolder, part));
  }
  rmSync(pending, { recursive: true });
  log.warn({ kept }, 'a backup was restored; what was there before is kept');
  return kept;
}
