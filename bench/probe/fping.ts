/** fping, told to ask the same addresses as often. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Namespace } from '@maille/testkit/namespaces';
import { addressAt } from './answering-network.ts';

export interface FpingRun {
  pid: number;
  /** Ends it; what it counted. */
  end(): Promise<{ sent: number; replies: number }>;
}

export function startFping(namespace: Namespace, folder: string, targets: number): FpingRun {
  const list = join(folder, 'fping.txt');
  writeFileSync(list, Array.from({ length: targets }, (_, i) => `${addressAt(4, i)}\n`).join(''));
  const evenMs = String(1_000 / targets);
  const child = namespace.spawn('fping', ['-q', '-l', '-p', '1000', '-t', '1000', '-i', evenMs, '-f', list], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr?.on('data', (chunk) => {
    text += chunk;
  });
  return {
    pid: child.pid as number,
    async end() {
      child.kill('SIGINT');
      await once(child, 'close');
      let sent = 0;
      let replies = 0;
      for (const [, asked, answered] of text.matchAll(/xmt\/rcv\/%loss = (\d+)\/(\d+)\//g)) {
        sent += Number(asked);
        replies += Number(answered);
      }
      return { sent, replies };
    },
  };
}
