/** Small files of JSON that are replaced whole: a reader finds the old one or the new one, never half. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Log } from '@maille/base/log';
import type { Checker } from '@maille/wire/schema';

/** Undefined when the file is not there or does not hold what it should; the latter is logged. */
export function readJsonFile<T>(file: string, checker: Checker<T>, log: Log): T | undefined {
  try {
    return checker.check(JSON.parse(readFileSync(file, 'utf8')), file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn({ err: error, file }, 'a file of the agent is not readable: it is as if it were not there');
    return undefined;
  }
}

export function writeJsonFile(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.new`;
  rmSync(fresh, { force: true });
  const fd = openSync(fresh, 'wx', 0o600);
  try {
    writeSync(fd, `${JSON.stringify(value)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(fresh, file);
}
