/** Writes what streams in to a file. Under another name until it is whole: a file that is there is a file that is good. */
import { createWriteStream, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Problem } from '@maille/base/problem';

/** `what` names it in the Problem: `the backup`. The file is the owner's alone to read. */
export async function saveAnswer(
  answer: Readable,
  target: string,
  what: string,
): Promise<{ file: string; bytes: number }> {
  const file = resolve(target);
  const unfinished = join(dirname(file), `.${basename(file)}.unfinished`);
  try {
    await pipeline(answer, createWriteStream(unfinished, { mode: 0o600, flush: true }));
    renameSync(unfinished, file);
  } catch (cause) {
    rmSync(unfinished, { force: true });
    throw new Problem('unavailable', `${what} broke off: ${(cause as Error).message}`, { cause });
  }
  return { file, bytes: statSync(file).size };
}

export function savedLine({ file, bytes }: { file: string; bytes: number }, json: boolean): string {
  return json ? JSON.stringify({ file, bytes }) : `${file}: ${sizeText(bytes)}.`;
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} kB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
