/**
 * `npm run dev`: the pages with live reload, in front of a server with a small network of simulated
 * machines. As root the network is made of namespaces, whole and apart from the real one: the server and
 * five machines on a bridge, one of which comes and goes; Unix sockets carry the browser's requests in.
 * Without root there is the server and this machine's agent alone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { canMakeNamespaces, createNetwork, type Namespace } from '@maille/testkit/namespaces';
import { projectRoot } from './source-files.ts';

const data = join(projectRoot, '.cache', 'dev');
const relaySocket = join(data, 'relay.sock');
const HTTP_PORT = 4480;
const machines = ['web1', 'web2', 'db1', 'mail1', 'laptop'];
const GONE_MS = 20_000;
const THERE_MS = 60_000;

const children = new Set<ChildProcess>();
const timers: NodeJS.Timeout[] = [];
const node = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;

function keep(child: ChildProcess): ChildProcess {
  children.add(child);
  child.on('exit', () => children.delete(child));
  return child;
}

/** Runs a program in a namespace, under a host name of its own. */
function runAs(
  host: Namespace,
  hostname: string,
  argv: readonly string[],
  environment: Record<string, string>,
): ChildProcess {
  const rename = 'hostname "$0" && exec "$@"';
  return keep(
    host.spawn('unshare', ['--uts', '/bin/sh', '-c', rename, hostname, ...argv], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: projectRoot,
    }),
  );
}

function startMachine(host: Namespace, name: string): ChildProcess[] {
  const folder = join(data, name);
  const environment = {
    MAILLE_DATA_DIR: folder,
    MAILLE_RUN_DIR: join(folder, 'run'),
    MAILLE_SERVER_URL: 'wss://10.98.0.1:4443/link',
    MAILLE_LOG_LEVEL: 'warn',
  };
  return ['sensor-main.ts', 'main.ts'].map((program) => {
    const child = runAs(host, name, [...node, join('apps', 'agent', program)], environment);
    child.stdout?.resume();
    return child;
  });
}

function simulateNetwork(): ReturnType<typeof createNetwork> {
  const network = createNetwork();
  const bridge = network.addBridge('lan');
  const server = network.addNamespace('server');
  network.plug(server, bridge, 'eth0', ['10.98.0.1/24', 'fd98::1/64']);
  const up = runAs(server, 'server', [...node, 'apps/cli/main.ts', 'up', '--data', join(data, 'server')], {});
  up.stdout?.pipe(process.stdout);
  keep(
    server.spawn(process.execPath, ['scripts/dev-relay.ts', 'inside', relaySocket, String(HTTP_PORT)], {
      cwd: projectRoot,
      stdio: 'inherit',
    }),
  );
  keep(
    spawn(process.execPath, ['scripts/dev-relay.ts', 'outside', relaySocket, String(HTTP_PORT)], {
      cwd: projectRoot,
      stdio: 'inherit',
    }),
  );

  for (const [i, name] of machines.entries()) {
    const host = network.addNamespace(name);
    network.plug(host, bridge, 'eth0', [`10.98.0.${10 + i}/24`, `fd98::${10 + i}/64`]);
    let running = startMachine(host, name);
    if (i < machines.length - 1) continue;
    const comeAndGo = () => {
      for (const child of running.splice(0)) child.kill('SIGTERM');
      timers.push(
        setTimeout(() => {
          running = startMachine(host, name);
          timers.push(setTimeout(comeAndGo, THERE_MS));
        }, GONE_MS),
      );
    };
    timers.push(setTimeout(comeAndGo, THERE_MS));
  }
  return network;
}

mkdirSync(data, { recursive: true });
rmSync(relaySocket, { force: true });
let network: ReturnType<typeof createNetwork> | undefined;
if (canMakeNamespaces) {
  network = simulateNetwork();
} else {
  console.log('Without root there is no simulated network: this machine’s agent is alone.');
  keep(
    spawn(process.execPath, ['apps/cli/main.ts', 'up', '--data', join(data, 'server')], {
      cwd: projectRoot,
      stdio: ['ignore', 'inherit', 'inherit'],
    }),
  );
}
keep(
  spawn(process.execPath, [join(projectRoot, 'node_modules', 'vite', 'bin', 'vite.js')], {
    cwd: join(projectRoot, 'apps', 'web'),
    stdio: ['ignore', 'inherit', 'inherit'],
  }),
);
console.log(
  'Sign in by the link that follows; the pages with live reload are at http://localhost:4470 with the same path.',
);

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  for (const timer of timers) clearTimeout(timer);
  const ended = [...children].map((child) => once(child, 'exit'));
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(ended);
  network?.remove();
  rmSync(relaySocket, { force: true });
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop());
