/** The real server program in a namespace, with its series and its database, and a page that watches it. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openIdentity } from '@maille/host/identity';
import { eventually } from '@maille/testkit/eventually';
import type { Namespace } from '@maille/testkit/namespaces';
import { type RealProgram, startRealProgram } from '@maille/testkit/real-program';

const apps = join(import.meta.dirname, '..', '..', 'apps');
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export const programFile = (...names: string[]): string => join(apps, ...names);
export const through = ({ name }: Namespace): string[] => ['ip', 'netns', 'exec', name];

export interface RealServer {
  program: RealProgram;
  pid: number;
  dataDir: string;
  id: string;
  ask<T>(method: string, path: string, body?: unknown): T;
  /** Creates one echo target a second for each address; their ids. */
  addTargets(entries: string): number[];
  removeTargets(ids: readonly number[]): void;
  watchGrid(): Promise<{ end(): Promise<{ samples: number; skipped: number }> }>;
}

export async function startRealServer(
  namespace: Namespace,
  dataDir: string,
  localAgentId?: string,
): Promise<RealServer> {
  const id = openIdentity(join(dataDir, 'identity', 'server.key')).id;
  const logFile = join(dataDir, 'server.log');
  const program = startRealProgram({
    file: programFile('server', 'main.ts'),
    through: through(namespace),
    environment: {
      MAILLE_DATA_DIR: dataDir,
      MAILLE_PRESENCE: 'off',
      MAILLE_LOG_LEVEL: 'warn',
      MAILLE_FIRST_TARGETS: 'loopback',
      ...(localAgentId === undefined ? {} : { MAILLE_LOCAL_AGENT_ID: localAgentId }),
    },
    logFile,
  });
  await eventually('the server is up', () => program.ready, 60_000).catch(async (error) => {
    await program.stop();
    throw new Error(`the server did not start: ${readFileSync(logFile, 'utf8').slice(-1_000)}`, {
      cause: error,
    });
  });
  const inside = (file: string, ...args: string[]) =>
    [
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, file),
      ...args,
    ] as const;

  const ask = <T>(method: string, path: string, body?: unknown): T => {
    const [command, ...args] = [...through(namespace), ...inside('ask-server.ts', dataDir, method, path)];
    const input = body === undefined ? '' : JSON.stringify(body);
    const text = execFileSync(command as string, args, {
      input,
      encoding: 'utf8',
      maxBuffer: MAX_ANSWER_BYTES,
    });
    return JSON.parse(text) as T;
  };
  return {
    program,
    pid: program.pid as number,
    dataDir,
    id,
    ask,
    addTargets(entries) {
      const body = { entries, intervalMs: 1_000, timeoutMs: 1_000 };
      return ask<{ ids: number[] }>('POST', '/targets', body).ids;
    },
    removeTargets(ids) {
      ask('POST', '/targets/delete', { ids });
    },
    async watchGrid() {
      const [command, ...args] = inside('watch-grid.ts', dataDir);
      const child = namespace.spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
      await once(lines, 'line');
      return {
        async end() {
          child.kill('SIGTERM');
          const [line] = (await once(lines, 'line')) as [string];
          return JSON.parse(line) as { samples: number; skipped: number };
        },
      };
    },
  };
}
