/**
 * The HTTP side of a server: plain HTTP on loopback, HTTPS for everybody else, one application behind
 * both. REST, OpenAPI and pages go through fastify; WebSockets are handed to their endpoints by path.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@maille/base/clock';
import type { Part } from '@maille/base/lifecycle';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import fastify, { type FastifyInstance } from 'fastify';
import type { AuditLog } from '../audit/audit-log.ts';
import { requireAccess } from '../auth/access.ts';
import type { Gate } from '../auth/gate.ts';
import { boundBodyTime } from './bound-body-time.ts';
import type { Handlers } from './handler.ts';
import { createHeavyReads } from './heavy-reads.ts';
import { describeApi } from './openapi.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { registerRoutes, sendProblem, toProblem } from './register-routes.ts';
import { addSecurityHeaders } from './security-headers.ts';
import { serveWebBundle } from './web-bundle.ts';

export interface Listen {
  host: string;
  port: number;
}

/** Takes over a socket after the request that wants to become a WebSocket. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface HttpServerOptions {
  handlers: Handlers;
  gate: Gate;
  audit: AuditLog;
  clock: Clock;
  log: Log;
  version: string;
  /** Folder of the web's build; need not exist. */
  webFolder: string;
  /** Loopback only. */
  http: Listen;
  https: Listen;
  certificate: { keyPem: string; chainPem: string };
  /** By path. */
  upgrades: Record<string, UpgradeHandler>;
  /** Puts into words why a port could not be opened. */
  listenProblem?: (error: unknown, what: string, host: string, port: number) => unknown;
}

export interface HttpServer extends Part {
  httpPort: number;
  httpsPort: number;
  /** New connections get the new certificate; open ones stay. */
  setCertificate(certificate: { keyPem: string; chainPem: string }): void;
}

const MAX_CONNECTIONS = 4_096;
const HEADERS_TIMEOUT_MS = 20_000;
/** Long enough to restore a large backup over a slow line. */
const REQUEST_TIMEOUT_MS = 3_600_000;

export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { log, http, https, certificate } = options;
  if (!isLoopback(http.host))
    throw new Problem('invalid', `plain HTTP is served on loopback only, not on ${http.host}`, {
      remedy: 'Use HTTPS for other addresses.',
    });
  let plain: Server | undefined;
  let secure: SecureServer | undefined;
  const app = fastify({
    logger: false,
    trustProxy: false,
    bodyLimit: 1024 * 1024,
    routerOptions: { maxParamLength: 1_500 },
    forceCloseConnections: true,
    serverFactory(listener) {
      const bounds = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
      const { keyPem: key, chainPem: cert } = certificate;
      secure = createSecureServer(
        { ...bounds, key, cert, minVersion: 'TLSv1.2' },
        listener as RequestListener,
      );
      plain = createServer(bounds, listener as RequestListener);
      return plain;
    },
  });
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser('application/x-tar', (_request, payload, done) => done(null, payload));
  // Before any route: a route keeps the handler that it was made with.
  app.setErrorHandler((error, _request, reply) => sendProblem(reply as never, toProblem(error, log, 'http')));
  addSecurityHeaders(app);
  boundBodyTime(app as never, options.clock);
  logAnswers(app as never, log);
  registerRoutes({ app: app as never, heavyReads: createHeavyReads(), ...options });

  const description = describeApi(options.version);
  app.get('/api/openapi.json', async (request, reply) => {
    // Closed as all else is: a stranger need not know what there is.
    const { caller } = await options.gate.admitRequest(request.raw, 'none');
    if (caller.kind === 'nobody') requireAccess({ who: 'viewer' }, 'read', caller);
    return reply.send(description);
  });
  const servePage = await serveWebBundle(app as never, options.webFolder);
  app.setNotFoundHandler(async (request, reply) => {
    await options.gate.admitRequest(request.raw, 'none');
    if (request.url.startsWith('/api') || (request.method !== 'GET' && request.method !== 'HEAD'))
      throw new Problem('not-found', 'there is nothing here');
    return servePage(request as never, reply as never);
  });
  await app.ready();

  const servers = [plain as Server, secure as SecureServer];
  for (const server of servers) {
    server.maxConnections = MAX_CONNECTIONS;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // A peer that goes away in the middle is no event; without a listener it would end the process.
      socket.on('error', () => socket.destroy());
      const upgrade = options.upgrades[(request.url ?? '').split('?', 1)[0] as string];
      if (upgrade) upgrade(request, socket, head);
      else refuseUpgrade(socket, 'HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
    });
  }
  try {
    await listen(plain as Server, http, 'HTTP', options.listenProblem);
    await listen(secure as SecureServer, https, 'HTTPS', options.listenProblem);
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }

  return {
    httpPort: ((plain as Server).address() as AddressInfo).port,
    httpsPort: ((secure as SecureServer).address() as AddressInfo).port,
    setCertificate: ({ keyPem: key, chainPem: cert }) =>
      (secure as SecureServer).setSecureContext({ key, cert, minVersion: 'TLSv1.2' }),
    async stop() {
      // Nothing new is taken, and what is answered ends. What has become a WebSocket is ended by its own
      // endpoint, later: a server counts it as open until then, so its end is not waited for.
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
      await app.close();
    },
  };
}

/** Path and outcome; never the query, a header or a body: those may hold secrets. */
function logAnswers(app: FastifyInstance, log: Log): void {
  app.addHook('onResponse', async (request, reply) => {
    log.debug(
      {
        method: request.method,
        path: request.url.split('?', 1)[0],
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'answered',
    );
  });
}

function listen(
  server: Server | SecureServer,
  { host, port }: Listen,
  what: string,
  inWords: HttpServerOptions['listenProblem'] = (error) => error,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      // Every address, and this kernel has no IPv6: then every address of IPv4.
      const code = (error as NodeJS.ErrnoException).code;
      if (host === '::' && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL'))
        return resolve(listen(server, { host: '0.0.0.0', port }, what, inWords));
      reject(inWords(error, what, host, port));
    };
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
