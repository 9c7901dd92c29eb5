/** The server program: environment in, one ready line out, logs to standard error. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '@maille/base/problem';
import pino from 'pino';
import { startServer } from './server.ts';

const EXIT_FAILED = 1;
/** Whoever supervises starts the server again at once: a backup was restored. */
const EXIT_RESTART = 75;

const { env } = process;
const log = pino({ level: env.MAILLE_LOG_LEVEL ?? 'info' }, pino.destination(2));
const root = join(import.meta.dirname, '..', '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

function parseListen(text: string, name: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535)
    throw new Problem('invalid', `${name} is ${text}, which is no address and port`, {
      remedy: 'For example 127.0.0.1:4480 or [::]:4443.',
    });
  return { host: (match[1] ?? match[2]) as string, port };
}

try {
  let exitCode = 0;
  const server = await startServer({
    dataDir: env.MAILLE_DATA_DIR ?? join(homedir(), '.local', 'share', 'maille'),
    http: parseListen(env.MAILLE_HTTP_LISTEN ?? '127.0.0.1:4480', 'MAILLE_HTTP_LISTEN'),
    https: parseListen(env.MAILLE_HTTPS_LISTEN ?? '[::]:4443', 'MAILLE_HTTPS_LISTEN'),
    localAgentId: env.MAILLE_LOCAL_AGENT_ID || undefined,
    firstTargets: env.MAILLE_FIRST_TARGETS === 'loopback' ? 'loopback' : 'network',
    influxAuthorization: env.MAILLE_INFLUX_AUTHORIZATION || undefined,
    webFolder: join(root, 'apps', 'web', 'dist'),
    version,
    log,
    presencePort: env.MAILLE_PRESENCE === 'off' ? undefined : Number(env.MAILLE_PRESENCE_PORT ?? 4432),
    restart: () => stop(EXIT_RESTART),
  });
  let stopping = false;
  function stop(code: number): void {
    if (stopping) return;
    stopping = true;
    exitCode = code;
    void server.stop().finally(() => process.exit(exitCode));
  }
  process.on('SIGTERM', () => stop(0));
  process.on('SIGINT', () => stop(0));
  const { serverId, httpUrl, httpsUrl, signInUrl } = server;
  process.stdout.write(`${JSON.stringify({ ready: true, serverId, httpUrl, httpsUrl, signInUrl })}\n`);
} catch (error) {
  // The sentence is for people; what stands behind it is a word, not a stack.
  if (error instanceof Problem)
    log.fatal({ cause: (error.cause as Error | undefined)?.message, remedy: error.remedy }, error.message);
  else log.fatal({ err: error }, 'the server could not start');
  process.exit(EXIT_FAILED);
}
