/**
 * `maille up`: a server and this machine's agent, already approved, in one go. Three programs of its
 * own are started side by side and kept running; none shares a fate with another, so that a killed
 * agent does not take the sensor, and what it measures, with it.
 */
import { join } from 'node:path';
import { createLifecycle } from '@maille/base/lifecycle';
import { Problem } from '@maille/base/problem';
import { openIdentity } from '@maille/host/identity';
import { defineCommand, UsageError } from '../arguments/command.ts';
import { rememberServerUrl } from '../connection/server-url.ts';
import { holdDataDir, prepareDataDir } from '../supervise/hold-data-dir.ts';
import { formatListenAddress, parseListenAddress, requireFreePort } from '../supervise/listen-address.ts';
import { openLogFile } from '../supervise/log-file.ts';
import { formatLogLine, troubleOf } from '../supervise/log-line.ts';
import { listenToStopSignals } from '../supervise/stop-signals.ts';
import { type SupervisedProcess, superviseProcess } from '../supervise/supervised-process.ts';
import { ensureWebBundle } from '../web-bundle.ts';

const LOG_BYTES = 10 * 1024 ** 2;
const LOG_FILES = 3;
/** A server that died this often before it was ever ready will not get better by itself. */
const GIVE_UP_AFTER = 3;

export const command = defineCommand({
  name: 'up',
  summary: 'start a server and this machine’s agent',
  usage: ['up', 'up --http 127.0.0.1:8080 --data ~/maille-data'],
  details:
    'Prints one line when it is ready, with a sign-in link that works once. Ctrl-C stops all of it; a second Ctrl-C does so at once.',
  options: {
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
    verbose: { type: 'boolean', short: 'v', summary: 'show what the programs log' },
  },
  async run(context, { values, dataDir, json }) {
    const { clock, projectRoot } = context;
    const signals = listenToStopSignals(clock, process);
    const http = parseListenAddress(values.http, '--http');
    if (!/^(127\.|::1$|localhost$)/.test(http.host)) {
      throw new UsageError('--http is for loopback only: other machines come by --https.');
    }
    const https = parseListenAddress(values.https, '--https');
    const peers = parseListenAddress(values['peers-listen'], '--peers-listen');

    prepareDataDir(dataDir);
    const lifecycle = createLifecycle(15_000);
    lifecycle.add('data folder', await holdDataDir(dataDir));
    await requireFreePort(http, '--http');
    await requireFreePort(https, '--https');
    await requireFreePort(peers, '--peers-listen');
    await ensureWebBundle(projectRoot, context.say);

    const agentId = openIdentity(join(dataDir, 'identity', 'agent.key')).id;
    const serverId = openIdentity(join(dataDir, 'identity', 'server.key')).id;
    const environment = {
      ...context.environment,
      MAILLE_DATA_DIR: dataDir,
      MAILLE_RUN_DIR: join(dataDir, 'run'),
      MAILLE_HTTP_LISTEN: formatListenAddress(http),
      MAILLE_HTTPS_LISTEN: formatListenAddress(https),
      MAILLE_LOCAL_AGENT_ID: agentId,
      MAILLE_SERVER_URL: `wss://127.0.0.1:${https.port}/link`,
      MAILLE_SERVER_ID: serverId,
      MAILLE_PRESENCE: values.presence,
      MAILLE_PRESENCE_PORT: values['presence-port'],
      MAILLE_PEERS_LISTEN: formatListenAddress(peers),
    };

    const processes: SupervisedProcess[] = [];
    const serverReady = Promise.withResolvers<Record<string, unknown>>();
    const startProgram = (name: string, program: string) => {
      const file = join(dataDir, 'logs', `${name}.log`);
      const log = lifecycle.add(
        `log of ${name}`,
        openLogFile({ file, maxBytes: LOG_BYTES, keep: LOG_FILES }),
      );
      let trouble: string | undefined;
      let deaths = 0;
      const supervised = superviseProcess({
        name,
        program: join(projectRoot, 'apps', program),
        environment,
        clock,
        onLog(line) {
          log.write(line);
          trouble = troubleOf(line) ?? trouble;
          if (values.verbose) context.say(formatLogLine(name, line, context.paint));
        },
        onReady(line) {
          if (deaths > 0) context.say(`The ${name} runs again.`);
          deaths = 0;
          if (name === 'server') serverReady.resolve(line);
        },
        onDied({ how, wasReady, restartMs }) {
          deaths++;
          const why = trouble === undefined ? how : `${how}: ${trouble}`;
          if (name === 'server' && !wasReady && deaths >= GIVE_UP_AFTER) {
            serverReady.reject(
              new Problem('internal', `the server does not start (${why})`, { remedy: `Its log: ${file}` }),
            );
          }
          if (deaths === 1) context.say(`The ${name} stopped (${why}); it starts again.`);
          log.write(JSON.stringify({ level: 40, time: clock.wallMs(), msg: `stopped (${how})`, restartMs }));
        },
      });
      processes.push(supervised);
      lifecycle.add(name, supervised);
    };
    // Stopped in the reverse order: first the agent, which says goodbye and hands over its samples.
    startProgram('server', 'server/main.ts');
    startProgram('sensor', 'agent/sensor-main.ts');
    startProgram('agent', 'agent/main.ts');

    void signals.insisted.then(() => {
      for (const one of processes) one.kill();
      process.exit(130);
    });
    try {
      const outcome = await Promise.race([serverReady.promise, signals.asked]);
      if (typeof outcome !== 'string') {
        rememberServerUrl(dataDir, String(outcome.httpUrl));
        const url = String(outcome.signInUrl ?? outcome.httpUrl);
        context.print(json ? JSON.stringify({ ready: true, url, serverId }) : `Maille is ready: ${url}`);
        await signals.asked;
      }
    } finally {
      const { failed } = await lifecycle.stop();
      for (const { name, reason } of failed) context.say(`The ${name} ${reason}.`);
    }
    return 0;
  },
});
