/**
 * `maille up`: a server and this machine's agent, already approved, in one go. Three programs of its
 * own are started side by side and kept running; none shares a fate with another, so that a killed
 * agent does not take the sensor, and what it measures, with it.
 */
import { join } from 'node:path';
import { createLifecycle, type Lifecycle } from '@maille/base/lifecycle';
import { openIdentity } from '@maille/host/identity';
import { defineCommand, UsageError, type ValuesOf } from '../arguments/command.ts';
import { refuseArguments } from '../arguments/require-action.ts';
import { rememberServerUrl } from '../connection/server-url.ts';
import type { Context } from '../context.ts';
import { holdDataDir, prepareDataDir } from '../supervise/hold-data-dir.ts';
import { formatListenAddress, parseListenAddress, requireFreePort } from '../supervise/listen-address.ts';
import { listenToStopSignals } from '../supervise/stop-signals.ts';
import { superviseProgram } from '../supervise/supervise-program.ts';
import type { SupervisedProcess } from '../supervise/supervised-process.ts';
import { ensureWebBundle } from '../web-bundle.ts';

const options = {
  http: {
    type: 'string',
    takes: 'HOST:PORT',
    env: 'MAILLE_HTTP_LISTEN',
    default: '127.0.0.1:4480',
    summary: 'plain HTTP, on loopback only',
  },
  https: {
    type: 'string',
    takes: 'HOST:PORT',
    env: 'MAILLE_HTTPS_LISTEN',
    default: '[::]:4443',
    summary: 'HTTPS for people and agents',
  },
  'presence-port': {
    type: 'string',
    takes: 'PORT',
    env: 'MAILLE_PRESENCE_PORT',
    default: '4432',
    summary: 'UDP port that machines find each other by',
  },
  'peers-listen': {
    type: 'string',
    takes: 'HOST:PORT',
    env: 'MAILLE_PEERS_LISTEN',
    default: '127.0.0.1:4434',
    summary: 'local list of peers',
  },
  presence: {
    type: 'string',
    takes: 'on|off',
    env: 'MAILLE_PRESENCE',
    default: 'on',
    summary: 'find machines on the network',
  },
  'first-targets': {
    type: 'string',
    takes: 'network|loopback',
    env: 'MAILLE_FIRST_TARGETS',
    default: 'network',
    summary: 'what is pinged to begin with: gateway and resolvers too, or loopback alone',
  },
  verbose: { type: 'boolean', short: 'v', summary: 'show what the programs log' },
} as const;

/** What a service manager and a shell expect of a program that was interrupted at once. */
const EXIT_INTERRUPTED = 130;

export const command = defineCommand({
  name: 'up',
  summary: 'start a server and this machine’s agent',
  usage: ['up', 'up --http 127.0.0.1:8080 --data ~/maille-data'],
  details:
    'Prints one line when it is ready, with a sign-in link that works once. Ctrl-C stops all of it; a second Ctrl-C does so at once.',
  options,
  async run(context, { values, rest, dataDir, json }) {
    refuseArguments(rest, 'up');
    const signals = listenToStopSignals(context.clock, process);
    // Timers of ours never hold a process; when all three programs die at once, this one must stay.
    const stay = setInterval(() => {}, 2 ** 30);
    const lifecycle = createLifecycle(15_000);
    const processes: SupervisedProcess[] = [];
    void signals.insisted.then(() => {
      for (const one of processes) one.kill();
      process.exit(EXIT_INTERRUPTED);
    });
    const start = async () => {
      const settings = readSettings(values);
      prepareDataDir(dataDir);
      lifecycle.add('data folder', await holdDataDir(dataDir));
      await requireFreePort(settings.http, '--http');
      await requireFreePort(settings.https, '--https');
      await requireFreePort(settings.peers, '--peers-listen');
      await ensureWebBundle(context.projectRoot, context.say);
      const server = await startPrograms(context, dataDir, settings, values.verbose, lifecycle, processes);
      rememberServerUrl(dataDir, String(server.httpUrl));
      const url = String(server.signInUrl ?? server.httpUrl);
      context.print(
        json ? JSON.stringify({ ready: true, url, serverId: server.serverId }) : `Maille is ready: ${url}`,
      );
      await signals.asked;
    };
    try {
      await Promise.race([start(), signals.asked]);
    } finally {
      const { failed } = await lifecycle.stop();
      clearInterval(stay);
      for (const { name, reason } of failed) context.say(`The ${name} ${reason}.`);
    }
    return 0;
  },
});

function readSettings(values: ValuesOf<typeof options>) {
  const http = parseListenAddress(values.http, '--http');
  if (!/^(127\.|::1$|localhost$)/.test(http.host)) {
    throw new UsageError('--http is for loopback only: other machines come by --https.');
  }
  const presencePort = Number(values['presence-port']);
  if (!Number.isInteger(presencePort) || presencePort < 1 || presencePort > 65_535) {
    throw new UsageError('--presence-port takes a port, 1 to 65535.');
  }
  if (values.presence !== 'on' && values.presence !== 'off') {
    throw new UsageError('--presence takes on or off.');
  }
  const firstTargets = values['first-targets'];
  if (firstTargets !== 'network' && firstTargets !== 'loopback') {
    throw new UsageError('--first-targets takes network or loopback.');
  }
  return {
    http,
    https: parseListenAddress(values.https, '--https'),
    peers: parseListenAddress(values['peers-listen'], '--peers-listen'),
    presencePort,
    presence: values.presence,
    firstTargets,
  };
}

/** Starts all three and resolves with the server's ready line; the others find it, and each other, by themselves. */
async function startPrograms(
  context: Context,
  dataDir: string,
  settings: ReturnType<typeof readSettings>,
  verbose: boolean,
  lifecycle: Lifecycle,
  processes: SupervisedProcess[],
): Promise<Record<string, unknown>> {
  const agentId = openIdentity(join(dataDir, 'identity', 'agent.key')).id;
  const serverId = openIdentity(join(dataDir, 'identity', 'server.key')).id;
  const environment = {
    ...context.environment,
    MAILLE_DATA_DIR: dataDir,
    MAILLE_RUN_DIR: join(dataDir, 'run'),
    MAILLE_HTTP_LISTEN: formatListenAddress(settings.http),
    MAILLE_HTTPS_LISTEN: formatListenAddress(settings.https),
    MAILLE_LOCAL_AGENT_ID: agentId,
    MAILLE_SERVER_URL: `wss://127.0.0.1:${settings.https.port}/link`,
    MAILLE_SERVER_ID: serverId,
    MAILLE_PRESENCE: settings.presence,
    MAILLE_FIRST_TARGETS: settings.firstTargets,
    MAILLE_PRESENCE_PORT: String(settings.presencePort),
    MAILLE_PEERS_LISTEN: formatListenAddress(settings.peers),
  };
  const startOne = (name: string, program: string) => {
    const supervised = superviseProgram({ name, program, environment, dataDir, verbose, context });
    lifecycle.add(name, supervised);
    processes.push(supervised.process);
    return supervised.ready;
  };
  // Stopped in the reverse order: first the agent, which says goodbye and hands over its samples.
  const serverReady = startOne('server', 'server/main.ts');
  for (const [name, program] of [
    ['sensor', 'agent/sensor-main.ts'],
    ['agent', 'agent/main.ts'],
  ] as const) {
    // The pages work without them, and say what is missing; so does this terminal.
    startOne(name, program).catch((error: Error) => context.say(`${error.message}.`));
  }
  return serverReady;
}
