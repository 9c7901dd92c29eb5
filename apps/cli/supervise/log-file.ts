/**
 * A program's log on disk, bounded: at its limit a file becomes `.1`, what was `.1` becomes `.2`, and
 * the oldest goes. A disk that is full costs lines, never the program; how many is said when it works
 * again.
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Part } from '@maille/base/lifecycle';

export interface LogFile extends Part {
  write(line: string): void;
}

export interface LogFileOptions {
  file: string;
  maxBytes: number;
  /** Files kept beside the current one. */
  keep: number;
}

export function openLogFile({ file, maxBytes, keep }: LogFileOptions): LogFile {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let fd: number | undefined;
  let size = 0;
  let lost = 0;

  const open = () => {
    fd = openSync(file, 'a', 0o600);
    size = fstatSync(fd).size;
  };
  const rotate = () => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
    for (let i = keep; i > 0; i--) {
      try {
        renameSync(i === 1 ? file : `${file}.${i - 1}`, `${file}.${i}`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    open();
  };
  open();

  return {
    write(line) {
      try {
        if (fd === undefined) open();
        const told = lost > 0 ? `${JSON.stringify({ level: 40, msg: `${lost} lines were lost` })}\n` : '';
        const text = `${told}${line}\n`;
        if (size > 0 && size + text.length > maxBytes) rotate();
        size += writeSync(fd as number, text);
        lost = 0;
      } catch {
        lost++;
      }
    },
    stop() {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  };
}
