/** echo-loop.c, compiled where there is a compiler, and run in the prober's namespace. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Namespace } from '@maille/testkit/namespaces';
import { type Family, firstAddress } from './answering-network.ts';

export interface EchoLoopReport {
  sent: number;
  replies: number;
  stamped: number;
  failed: number;
  meanRttUs: number;
}

export interface EchoLoop {
  pid: number;
  done: Promise<EchoLoopReport>;
}

/** The program's path, or why there is none. */
export function compileEchoLoop(folder: string): { program: string } | { missing: string } {
  const program = join(folder, 'echo-loop');
  const { status, stderr, error } = spawnSync(
    'gcc',
    ['-O2', '-Wall', '-o', program, join(import.meta.dirname, 'echo-loop.c')],
    { encoding: 'utf8' },
  );
  if (error) return { missing: 'no gcc here: the C loop is left out (apt-get install gcc libc6-dev)' };
  return status === 0 ? { program } : { missing: `gcc refused echo-loop.c: ${stderr}` };
}

export function startEchoLoop(
  namespace: Namespace,
  program: string,
  how: { family: Family; targets: number; perSecond: number; seconds: number; tickMs: number },
): EchoLoop {
  const { family, targets, perSecond, seconds, tickMs } = how;
  const words = [family, firstAddress(family), targets, perSecond, seconds, tickMs * 1_000];
  const child = namespace.spawn(program, words.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  const done = once(child, 'close').then(() => JSON.parse(text) as EchoLoopReport);
  return { pid: child.pid as number, done };
}
