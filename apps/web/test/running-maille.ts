/**
 * A real Maille for the browser tests and the screenshots: server, agents and (as root) the sensor, each
 * as its own process on ports of its own, in a folder that goes away with them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');
const START_TIMEOUT_MS = 30_000;
/** What the server ends with when it is to be started again: a backup was restored. */
const EXIT_RESTART = 75;

export const hasSensor = process.platform === 'linux' && process.getuid?.() === 0;

interface Program {
  child: ChildProcess;
  ready: Record<string, unknown>;
  /** The end of its log, for a failure's message. */
  log: () => string;
}

export interface RunningAgent {
  id: string;
  stop(): Promise<void>;
}

/** Where an agent runs, when not beside the server. */
export interface AgentPlace {
  /** Puts a command somewhere else, e.g. into a network namespace. */
  wrap: (command: string[]) => string[];
  /** How the server is reached from there. */
  serverHost: string;
}

export interface MailleOptions {
  /** Loopback unless told. */
  httpsHost?: string;
  /** Off unless told: tests that share a machine must not find each other. */
  presence?: boolean;
}

export interface RunningMaille {
  url: string;
  /** The server's own folder. */
  dataDir: string;
  signInUrl: string;
  serverId: string;
  /** A call as the system's own person: `api('POST', '/machines/…/approve')`. */
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  /** An agent, and its sensor where there may be one. */
  startAgent(name: string, options?: AgentPlace): Promise<RunningAgent>;
  /** Approves an agent once it has come. */
  approve(id: string): Promise<void>;
  /** A link for the first person, as `maille sign-in-link` makes it, on the address that tests use. */
  newSignInLink(): Promise<string>;
  /** Ends the server at once, as a crash would; it stays away until `startServer`. */
  killServer(): Promise<void>;
  startServer(): Promise<void>;
  stop(): Promise<void>;
}

/** Whatever ends this process ends them. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Programs take their ports by number: one that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function startProgram(
  path: string,
  environment: Record<string, string>,
  wrap: AgentPlace['wrap'] = (command) => command,
): Promise<Program> {
  const [command, ...args] = wrap([process.execPath, join(root, path)]);
  const child = spawn(command as string, args, {
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let log = '';
  let out = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk).slice(-8_000);
  });
  const ready = await new Promise<Record<string, unknown>>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${path} is not ready in time:\n${log}`)),
      START_TIMEOUT_MS,
    );
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk;
      const end = out.indexOf('\n');
      if (end < 0) return;
      clearTimeout(timer);
      resolve(JSON.parse(out.slice(0, end)) as Record<string, unknown>);
    });
    child.on('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`${path} ended with ${code} before it was ready:\n${log}`));
    });
    child.on('error', reject);
  });
  return { child, ready, log: () => log };
}

async function stopProgram({ child }: Program): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 8_000);
  await ended;
  clearTimeout(timer);
}

export async function startMaille(options: MailleOptions = {}): Promise<RunningMaille> {
  if (!existsSync(join(root, 'apps/web/dist/index.html'))) throw new Error('the web bundle is not built');
  const folder = mkdtempSync(join(tmpdir(), 'maille-web-'));
  const programs: Program[] = [];
  const dataDir = join(folder, 'server');
  const [httpPort, httpsPort] = [await freePort(), await freePort()];

  let server: Program | undefined;
  let stopping = false;
  /** Starts the server on its ports, and again whenever it asks for that, as whatever supervises it does. */
  const startServer = async (): Promise<Program> => {
    const started = await startProgram('apps/server/main.ts', {
      MAILLE_DATA_DIR: dataDir,
      MAILLE_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
      MAILLE_HTTPS_LISTEN: `${options.httpsHost ?? '127.0.0.1'}:${httpsPort}`,
      ...(!options.presence && { MAILLE_PRESENCE: 'off' }),
    });
    server = started;
    programs.unshift(started);
    started.child.once('exit', (code) => {
      if (code === EXIT_RESTART && !stopping) void startServer();
    });
    return started;
  };
  const stop = async () => {
    stopping = true;
    for (const program of programs.splice(0).reverse()) await stopProgram(program);
    rmSync(folder, { recursive: true, force: true });
  };

  try {
    const { ready } = await startServer();
    const serverId = String(ready.serverId);
    const url = String(ready.httpUrl);

    const startAgent = async (name: string, place?: AgentPlace): Promise<RunningAgent> => {
      const runDir = join(folder, name, 'run');
      mkdirSync(runDir, { recursive: true, mode: 0o711 });
      const mine: Program[] = [];
      if (hasSensor)
        mine.push(await startProgram('apps/agent/sensor-main.ts', { MAILLE_RUN_DIR: runDir }, place?.wrap));
      mine.push(
        await startProgram(
          'apps/agent/main.ts',
          {
            MAILLE_DATA_DIR: join(folder, name),
            MAILLE_RUN_DIR: runDir,
            MAILLE_SERVER_URL: `wss://${place?.serverHost ?? '127.0.0.1'}:${httpsPort}/link`,
            MAILLE_SERVER_ID: serverId,
            ...(!options.presence && { MAILLE_PRESENCE: 'off' }),
          },
          place?.wrap,
        ),
      );
      programs.push(...mine);
      return {
        id: String(mine.at(-1)?.ready.agentId),
        stop: async () => {
          for (const program of mine.reverse()) await stopProgram(program);
        },
      };
    };

    const api = async (method: string, path: string, body?: unknown): Promise<unknown> => {
      const token = readFileSync(join(dataDir, 'local-api-token'), 'utf8').trim();
      const { status, text } = await callServer(httpPort, method, `/api/v1${path}`, token, body);
      if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
      return text === '' ? undefined : (JSON.parse(text) as unknown);
    };
    const approve = async (id: string): Promise<void> => {
      const deadline = Date.now() + START_TIMEOUT_MS;
      for (;;) {
        const { machines } = (await api('GET', '/machines')) as { machines: { id: string }[] };
        if (machines.some((machine) => machine.id === id)) break;
        if (Date.now() > deadline) throw new Error(`agent ${id} does not come`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await api('POST', `/machines/${id}/approve`);
    };

    const newSignInLink = async (): Promise<string> => {
      const { people } = (await api('GET', '/people')) as { people: { id: number; login: string }[] };
      const admin = people.find(({ login }) => login === 'admin');
      const link = (await api('POST', `/people/${admin?.id}/sign-in-link`)) as { url: string };
      return link.url.replace(/^https?:\/\/[^/]+/, url);
    };

    return {
      url,
      dataDir,
      signInUrl: String(ready.signInUrl),
      serverId,
      startAgent,
      stop,
      api,
      approve,
      newSignInLink,
      killServer: async () => {
        if (!server || server.child.exitCode !== null || server.child.signalCode !== null) return;
        const ended = once(server.child, 'exit');
        server.child.kill('SIGKILL');
        await ended;
      },
      startServer: async () => void (await startServer()),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function callServer(port: number, method: string, path: string, token: string, body: unknown) {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        headers: {
          host: `localhost:${port}`,
          authorization: `Bearer ${token}`,
          ...(payload !== undefined && { 'content-type': 'application/json' }),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    asked.on('error', reject);
    asked.end(payload);
  });
}
