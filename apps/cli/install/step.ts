/** One thing that installing does. Plans are lists of these: shown by --dry-run, tested without root. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Problem } from '@maille/base/problem';
import { copyProgram } from './copy-program.ts';

export type Step =
  | { do: 'run'; argv: readonly [string, ...string[]]; mayFail?: true }
  | { do: 'write'; file: string; content: string; mode: number; keepExisting?: true }
  | { do: 'link'; file: string; to: string }
  | { do: 'folder'; folder: string; mode: number }
  | { do: 'remove'; path: string }
  | { do: 'copy-program'; from: string; to: string };

/** As --dry-run shows it: what a person could do by hand. */
export function describeStep(step: Step): string {
  switch (step.do) {
    case 'run':
      return step.argv.join(' ');
    case 'write':
      return `write ${step.file}${step.keepExisting ? ' unless it is there' : ''}:\n${step.content.trimEnd().replace(/^/gm, '    ')}`;
    case 'link':
      return `ln -sfn ${step.to} ${step.file}`;
    case 'folder':
      return `mkdir -p -m ${step.mode.toString(8)} ${step.folder}`;
    case 'remove':
      return `rm -rf ${step.path}`;
    case 'copy-program':
      return `copy the program from ${step.from} to ${step.to}`;
  }
}

export function applyStep(step: Step): void {
  switch (step.do) {
    case 'run':
      runCommand(step.argv, step.mayFail === true);
      return;
    case 'write':
      if (step.keepExisting && existsSync(step.file)) return;
      mkdirSync(dirname(step.file), { recursive: true });
      writeFileSync(step.file, step.content, { mode: step.mode });
      chmodSync(step.file, step.mode);
      return;
    case 'link':
      mkdirSync(dirname(step.file), { recursive: true });
      rmSync(step.file, { force: true });
      symlinkSync(step.to, step.file);
      return;
    case 'folder':
      mkdirSync(step.folder, { recursive: true, mode: step.mode });
      chmodSync(step.folder, step.mode);
      return;
    case 'remove':
      rmSync(step.path, { recursive: true, force: true });
      return;
    case 'copy-program':
      copyProgram(step.from, step.to);
  }
}

function runCommand([program, ...args]: readonly [string, ...string[]], mayFail: boolean): void {
  const { status, error, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0 || mayFail) return;
  const told = (stderr ?? '').trim().split('\n').at(-1) ?? '';
  throw new Problem('internal', `${[program, ...args].join(' ')} failed: ${error?.message ?? told}`);
}
