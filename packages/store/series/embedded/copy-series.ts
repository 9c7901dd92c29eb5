/**
 * A consistent copy of a series folder. Runs in the writers' queue: nothing moves between journals and day
 * files meanwhile, and appends go to a journal that is not part of it.
 */
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import type { Journal } from './journal.ts';

export async function copySeries(from: string, to: string, journals: Journal[]): Promise<void> {
  for (const kind of ['raw', 'rollup', 'hours', '.']) {
    await mkdir(join(to, kind), { recursive: true, mode: 0o700 });
    for (const name of await readdir(join(from, kind))) {
      if (!name.endsWith('.sqlite') || name === 'lock.sqlite') continue;
      await copyDatabase(join(from, kind, name), join(to, kind, name));
    }
  }
  await mkdir(join(to, 'journal'), { recursive: true, mode: 0o700 });
  for (const { file } of journals) await copyFile(file, join(to, 'journal', basename(file)));
}

async function copyDatabase(from: string, to: string): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true });
  try {
    await backup(source, to, { rate: 4_096 });
  } finally {
    source.close();
  }
}
