/** The agent's program: its settings come from the environment, its log goes to standard error. */
import { systemClock } from '@maille/base/clock';
import { Problem } from '@maille/base/problem';
import { checker, PartyId } from '@maille/wire/schema';
import { pino } from 'pino';
import { type AgentOptions, startAgent } from './agent.ts';
import manifest from './package.json' with { type: 'json' };

const environment = process.env;
const log = pino({ name: 'agent', level: environment.MAILLE_LOG_LEVEL || 'info' }, pino.destination(2));

function required(name: string): string {
  const value = environment[name];
  if (!value)
    throw new Problem('invalid', `${name} is not set`, { remedy: 'Start the agent with: maille agent' });
  return value;
}

function portOf(text: string, name: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new Problem('invalid', `${name} is no port: ${text}`);
  return port;
}

function listenOf(text: string, name: string): { host: string; port: number } {
  const match = /^\[?(.+?)\]?:(\d{1,5})$/.exec(text);
  if (!match) throw new Problem('invalid', `${name} is no HOST:PORT: ${text}`);
  return { host: match[1] as string, port: portOf(match[2] as string, name) };
}

function readOptions(): AgentOptions {
  const { MAILLE_SERVER_URL: url, MAILLE_SERVER_ID: serverId, MAILLE_PRESENCE } = environment;
  if (serverId && !checker(PartyId).fits(serverId))
    throw new Problem('invalid', `MAILLE_SERVER_ID is no fingerprint: ${serverId}`);
  return {
    dataDir: required('MAILLE_DATA_DIR'),
    runDir: required('MAILLE_RUN_DIR'),
    ...(url ? { server: { url, ...(serverId ? { serverId } : {}) } } : {}),
    ...(MAILLE_PRESENCE === 'off'
      ? {}
      : {
          presence: {
            port: portOf(environment.MAILLE_PRESENCE_PORT || '4432', 'MAILLE_PRESENCE_PORT'),
            listen: listenOf(environment.MAILLE_PEERS_LISTEN || '127.0.0.1:4434', 'MAILLE_PEERS_LISTEN'),
          },
        }),
    version: manifest.version,
    clock: systemClock,
    log,
  };
}

// What fails where nobody looks must not leave half an agent: whoever started it starts it again.
process.on('unhandledRejection', (error) => {
  log.fatal({ err: error }, 'something failed that nobody awaited');
  process.exit(1);
});

try {
  const agent = await startAgent(readOptions());
  // Timers of ours never hold a process; an agent that waits for its server must stay.
  const stay = setInterval(() => {}, 2 ** 30);
  const stop = async () => {
    clearInterval(stay);
    const { failed } = await agent.stop();
    for (const part of failed) log.error(part, 'a part of the agent did not stop');
    process.exit(failed.length > 0 ? 1 : 0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`${JSON.stringify({ ready: true, agentId: agent.agentId })}\n`);
} catch (error) {
  if (error instanceof Problem) log.fatal({ remedy: error.remedy }, error.message);
  else log.fatal({ err: error }, 'the agent cannot start');
  process.exit(1);
}
