/** Runs one of the programs in the foreground, in this terminal or under a service manager. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { nodeStart } from '@maille/host/start/node-start';
import type { Context } from '../context.ts';

export async function runProgram(
  context: Context,
  program: string,
  environment: Record<string, string>,
): Promise<number> {
  const start = nodeStart(program);
  const child = spawn(process.execPath, [...start.flags, join(context.projectRoot, 'apps', program)], {
    env: { ...start.environment, ...context.environment, ...environment },
    stdio: 'inherit',
  });
  // A terminal's Ctrl-C reaches the program by itself; what is sent to us alone is passed on.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : (code ?? 1)));
  });
}
