/** A real server on free ports and a folder of its own, and people to ask it things. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as plainRequest,
} from 'node:http';
import { request as secureRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log, LogWrite } from '@maille/base/log';
import type { Me, Person } from '@maille/wire/rest/people';
import type { Role } from '@maille/wire/rest/route';
import { type RunningServer, type ServerOptions, startServer } from '../server.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** Undefined when the body is no JSON. */
  body: unknown;
}

export interface Ask {
  method?: string;
  body?: unknown;
  /** Sent as it is, instead of JSON. */
  raw?: { type: string; bytes: Buffer };
  headers?: Record<string, string | undefined>;
}

/** Somebody's way of asking: their headers. */
export interface Voice {
  headers: Record<string, string>;
  personId: number;
}

export interface TestServer {
  server: RunningServer;
  dataDir: string;
  /** All that was logged, a line each. */
  logLines: string[];
  restarts: () => number;
  ask(path: string, ask?: Ask): Promise<Answer>;
  askSecurely(path: string, ask?: Ask): Promise<Answer>;
  /** The local CLI's token: may do whatever a token may. */
  local: Voice;
  /** Makes a person of that role. */
  addPerson(role: Role, teamIds?: number[]): Promise<Person>;
  /** Signs a person in by a fresh link. */
  enter(personId: number): Promise<Voice>;
  /** An API token of that person. */
  addToken(personId: number, scopes: string[]): Promise<Voice>;
  stop(): Promise<void>;
}

export async function startTestServer(options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'maille-server-'));
  const logLines: string[] = [];
  const write =
    (level: string): LogWrite =>
    (fields, message) => {
      logLines.push(
        JSON.stringify({
          level,
          message,
          ...fields,
          ...(fields.err instanceof Error && { err: fields.err.stack }),
        }),
      );
    };
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  let restarts = 0;
  const server = await startServer({
    dataDir,
    http: { host: '127.0.0.1', port: 0 },
    https: { host: '127.0.0.1', port: 0 },
    webFolder: join(dataDir, 'no-bundle'),
    version: '0.0.0-test',
    log,
    restart: () => {
      restarts++;
    },
    ...options,
  });

  const portOf = (url: string) => Number(new URL(url).port);
  const ask = (path: string, input: Ask = {}) => send(plainRequest, portOf(server.httpUrl), path, input);
  const caPem = () => readFileSync(join(dataDir, 'tls', 'ca.pem'), 'utf8');
  const token = readFileSync(join(dataDir, 'local-api-token'), 'utf8').trim();
  const local: Voice = { headers: { authorization: `Bearer ${token}` }, personId: 0 };
  let serial = 0;

  const asked = async <T>(path: string, input: Ask): Promise<T> => {
    const answer = await ask(path, input);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer.body as T;
  };

  const testServer: TestServer = {
    server,
    dataDir,
    logLines,
    restarts: () => restarts,
    local,
    ask,
    askSecurely: (path, input = {}) =>
      send(
        (target, done) => secureRequest({ ...target, ca: caPem(), servername: 'localhost' }, done),
        portOf(server.httpsUrl),
        path,
        input,
      ),
    async addPerson(role, teamIds = []) {
      const login = `${role}-${++serial}`;
      const body = { login, name: `Test ${login}`, role, teamIds };
      const { person } = await asked<{ person: Person }>('/people', { method: 'POST', body, ...local });
      return person;
    },
    async enter(personId) {
      const { url } = await asked<{ url: string }>(`/people/${personId}/sign-in-link`, {
        method: 'POST',
        ...local,
      });
      const answer = await ask('/session/link', {
        method: 'POST',
        body: { token: new URL(url).hash.slice(1) },
      });
      if (answer.status !== 200) throw new Error(answer.text);
      return voiceOf(answer);
    },
    async addToken(personId, scopes) {
      const { headers } = await testServer.enter(personId);
      const body = { name: `token-${++serial}`, scopes };
      const { secret } = await asked<{ secret: string }>('/me/tokens', { method: 'POST', body, headers });
      return { headers: { authorization: `Bearer ${secret}` }, personId };
    },
    async stop() {
      await server.stop();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return testServer;
}

/** The voice of whoever has just signed in. */
export function voiceOf(answer: Answer): Voice {
  const cookie = String(answer.headers['set-cookie']).split(';')[0] as string;
  const { me } = answer.body as { me: Me };
  return { headers: { cookie, 'x-maille-csrf': me.csrf }, personId: me.person.id };
}

interface Destination {
  host: string;
  port: number;
  path: string;
  method: string;
  headers: Record<string, string>;
}
type Requester = (target: Destination, done: (response: IncomingMessage) => void) => ClientRequest;

function send(
  requester: Requester,
  port: number,
  path: string,
  { method = 'GET', body, raw, headers = {} }: Ask,
): Promise<Answer> {
  const bytes = raw?.bytes ?? (body === undefined ? undefined : Buffer.from(JSON.stringify(body)));
  const defined = Object.entries(headers).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const target = {
    host: '127.0.0.1',
    port,
    // A path from the root is asked for as it is, all others are the API's.
    path: path.startsWith('//') ? path.slice(1) : `/api/v1${path}`,
    method,
    headers: {
      host: `localhost:${port}`,
      ...(bytes && {
        'content-type': raw?.type ?? 'application/json',
        'content-length': String(bytes.length),
      }),
      ...Object.fromEntries(defined),
    },
  };
  return new Promise((resolve, reject) => {
    const request = requester(target, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parse(text) });
      });
    });
    request.on('error', reject);
    request.end(bytes);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
