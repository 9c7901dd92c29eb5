/** What HTTP itself has to keep: hosts, headers, bodies, pages, the description of the API. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from '@maille/testkit/eventually';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { LIVE_PATH, LIVE_SUBPROTOCOL } from '@maille/wire/live/messages';
import type { AuditEntry } from '@maille/wire/rest/operations';
import type { ProblemBody } from '@maille/wire/rest/problem';
import { routes } from '@maille/wire/rest/routes';
import { Compile } from 'typebox/compile';
import { WebSocket } from 'ws';
import { startTestServer, type TestServer, type Voice } from './testing/test-server.ts';

let webFolder: string;
let server: TestServer;
let admin: Voice;

before(async () => {
  webFolder = mkdtempSync(join(tmpdir(), 'maille-web-'));
  mkdirSync(join(webFolder, 'assets'));
  writeFileSync(join(webFolder, 'assets', 'app-1a2b.js'), 'export {};\n');
  writeFileSync(join(webFolder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  writeFileSync(join(webFolder, '.secret'), 'hidden');
  symlinkSync('/etc', join(webFolder, 'assets', 'etc'));
  server = await startTestServer({ webFolder });
  admin = await server.enter((await server.addPerson('admin')).id);
});
after(async () => {
  await server?.stop();
  rmSync(webFolder, { recursive: true, force: true });
});

const problemOf = (answer: { body: unknown }) => answer.body as ProblemBody;

test('pages: built later, found without a restart; files, fallback, caching', async () => {
  const missing = await server.ask('//');
  assert.equal(missing.status, 503);
  assert.match(missing.text, /npm run build/);
  writeFileSync(join(webFolder, 'index.html'), '<!doctype html><title>Maille</title>');
  for (const path of ['//', '//machines', '//sign-in', '//prefix/192.0.2.0%2F24?at=1']) {
    const answer = await server.ask(path);
    assert.equal(answer.status, 200, path);
    assert.match(String(answer.headers['content-type']), /^text\/html/);
    assert.match(String(answer.headers['cache-control']), /max-age=0/);
    assert.match(answer.text, /<title>Maille/);
  }
  const asset = await server.ask('//assets/app-1a2b.js');
  assert.match(String(asset.headers['content-type']), /javascript/);
  assert.match(String(asset.headers['cache-control']), /max-age=31536000, immutable/);
  assert.match(String((await server.ask('//favicon.svg')).headers['content-type']), /^image\/svg/);
  for (const path of ['//assets/gone-1.js', '//gone.css'])
    assert.equal((await server.ask(path)).status, 404, path);
});

test('pages: nothing outside of the folder, nothing hidden', async () => {
  for (const path of [
    '//../../../../etc/passwd',
    '//%2e%2e/%2e%2e/etc/passwd',
    '//..%2f..%2f..%2fetc%2fpasswd',
    '//assets/..%2f..%2f..%2fetc/passwd',
    '//.secret',
    '//assets/%00',
    '//%E0%A4%A',
  ]) {
    const answer = await server.ask(path);
    assert.doesNotMatch(answer.text, /root:|hidden/, path);
    assert.ok([200, 400, 404].includes(answer.status), `${path}: ${answer.status}`);
  }
  assert.equal((await server.ask('//', { method: 'POST' })).status, 404);
});

test('headers: no inline script, no frame, no sniffing, no referrer; HSTS on TLS alone', async () => {
  for (const path of ['//', '/health', '/nothing', '/targets']) {
    const { headers } = await server.ask(path);
    const policy = String(headers['content-security-policy']);
    const directives = new Map(policy.split('; ').map((part) => [part.split(' ', 1)[0], part]));
    assert.equal(directives.get('script-src'), "script-src 'self'");
    assert.equal(directives.get('default-src'), "default-src 'none'");
    assert.equal(directives.get('frame-ancestors'), "frame-ancestors 'none'");
    assert.equal(directives.get('base-uri'), "base-uri 'none'");
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['strict-transport-security'], undefined);
    assert.equal(headers['x-powered-by'], undefined);
  }
  const { headers } = await server.askSecurely('/health');
  assert.match(String(headers['strict-transport-security']), /^max-age=31536000$/);
});

test('another host name is refused everywhere; forwarding headers change nothing', async () => {
  for (const path of ['//', '/health', '/nothing', '//assets/app-1a2b.js', '//api/openapi.json']) {
    const answer = await server.ask(path, { headers: { host: 'evil.example' } });
    assert.equal(answer.status, 403, path);
    assert.equal(problemOf(answer).code, 'forbidden');
  }
  const forwarded = {
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    forwarded: 'for=203.0.113.9;proto=https',
    'x-real-ip': '203.0.113.9',
  };
  const answer = await server.ask('/session', {
    method: 'POST',
    body: { login: 'forwarded', password: 'x' },
    headers: forwarded,
  });
  assert.equal(answer.status, 401);
  const audit = await server.ask('/audit?search=forwarded', { headers: server.local.headers });
  const [entry] = (audit.body as { entries: AuditEntry[] }).entries;
  assert.equal(entry?.address, '127.0.0.1');
});

test('the public URL becomes a name of this server', async () => {
  const host = 'maille.example.org:4443';
  const change = (publicUrl: string) =>
    server.ask('/settings', { method: 'PATCH', body: { publicUrl }, headers: server.local.headers });
  assert.equal((await server.ask('/health', { headers: { host } })).status, 403);
  for (const wrong of [
    'http://maille.example.org',
    'https://a/b',
    'https://user@a',
    '//',
    'https://',
    'https://a$(id)',
    'a;id',
  ])
    assert.equal(problemOf(await change(wrong)).field, '/publicUrl', wrong);
  assert.equal((await change('maille.example.org:4443')).status, 200);
  assert.equal((await server.ask('/health', { headers: { host } })).status, 200);
  const link = await server.ask('/join-tokens', { method: 'POST', body: {}, headers: server.local.headers });
  const { command, fingerprint } = link.body as { command: string; fingerprint: string };
  assert.ok(command.startsWith(`maille join https://${host} --fingerprint ${fingerprint} --token `), command);
  assert.equal((await change('')).status, 200);
  assert.equal((await server.ask('/health', { headers: { host } })).status, 403);
});

test('what is wrong with a request is named', async () => {
  const { headers } = admin;
  const patch = (path: string, body: unknown) => server.ask(path, { method: 'PATCH', body, headers });
  const cases: [Promise<{ status: number; body: unknown }>, string][] = [
    [server.ask('/targets?wrong=1', { headers }), '/wrong'],
    [server.ask('/audit?limit=0', { headers }), '/limit'],
    [server.ask('/audit?limit=ten', { headers }), '/limit'],
    [server.ask('/audit?limit=1&limit=2', { headers }), '/limit'],
    [server.ask('/targets/0', { headers }), '/id'],
    [server.ask('/targets/1.5', { headers }), '/id'],
    [server.ask('/machines/UPPER', { headers }), '/id'],
    [patch('/settings', { sessionDays: 0 }), '/sessionDays'],
    [patch('/settings', { unknown: 1 }), '/unknown'],
    [patch('/settings', { ownPrefixes: ['198.51.100.0/24', 'mine'] }), '/ownPrefixes/1'],
    [patch('/settings', { ownPrefixes: ['0.0.0.0/0'] }), '/ownPrefixes/0'],
    [patch('/settings', { ownPrefixes: ['2000::/3'] }), '/ownPrefixes/0'],
    [patch('/settings', []), '/'],
    [patch('/me', { language: 'tlh' }), '/language'],
    [server.ask('/teams', { method: 'POST', body: {}, headers }), '/name'],
    [server.ask('/teams', { method: 'POST', body: { name: 'line\nbreak' }, headers }), '/name'],
    [server.ask('/session', { method: 'DELETE', body: { x: 1 }, headers }), '/'],
  ];
  for (const [asked, field] of cases) {
    const answer = await asked;
    assert.equal(answer.status, 400, field);
    const problem = problemOf(answer);
    assert.deepEqual([problem.code, problem.field], ['invalid', field], problem.title);
  }
});

test('bodies: of the right type, whole, and no larger than their route takes', async () => {
  const { headers } = server.local;
  const post = (path: string, type: string, bytes: Buffer, method = 'POST') =>
    server.ask(path, { method, raw: { type, bytes }, headers });
  for (const [type, text] of [
    ['text/plain', '{"name":"x"}'],
    ['application/x-www-form-urlencoded', 'name=x'],
    ['application/json', '{"name":'],
    ['application/json', ''],
    ['application/json', '{"name":"x","__proto__":{"admin":true}}'],
    ['application/x-tar', 'x'],
  ] as const)
    assert.equal((await post('/teams', type, Buffer.from(text))).status, 400, `${type} ${text}`);
  const large = await post('/teams', 'application/json', Buffer.alloc(1_100_000, 0x20));
  assert.deepEqual([large.status, problemOf(large).code], [413, 'too-large']);
  const entries = `${'# a long comment\n'.repeat(100_000)}192.0.2.200`;
  const pasted = await post('/targets', 'application/json', Buffer.from(JSON.stringify({ entries })));
  assert.equal(pasted.status, 200, 'a large paste is what this route is for');
  const tar = await post('/backup', 'application/json', Buffer.from('{}'), 'PUT');
  assert.equal(tar.status, 400);
});

test('a body that trickles in holds no connection; a backup may take its time', async (context) => {
  const clock = createFakeClock(Date.now());
  const own = await startTestServer({ clock });
  context.after(() => own.stop());
  const port = Number(new URL(own.server.httpUrl).port);
  const begin = async (request: string, headers: string) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`${request} HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Length: 900\r\n\r\n{`);
    return socket;
  };
  const json = 'Content-Type: application/json\r\n';
  const tar = `Content-Type: application/x-tar\r\nAuthorization: ${own.local.headers.authorization}\r\n`;
  const slow = [await begin('POST /api/v1/session', json), await begin('POST /nowhere', json)];
  const backup = await begin('PUT /api/v1/backup', tar);
  const incoming = () => readdirSync(own.dataDir).some((name) => name.startsWith('restore-incoming-'));
  await eventually('the backup is being read', incoming);
  const closed = slow.map((socket) => once(socket, 'close', { signal: AbortSignal.timeout(5_000) }));
  await clock.advance(120_000);
  await Promise.all(closed);
  assert.ok(incoming() && !backup.destroyed);
  backup.destroy();
});

test('who may not, uploads nothing: the answer comes before the body', async () => {
  const { port } = new URL(server.server.httpUrl);
  const socket = connect(Number(port), '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(
    'PUT /api/v1/backup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-tar\r\nContent-Length: 1000000000\r\n\r\nx',
  );
  await once(socket, 'close');
  const text = Buffer.concat(chunks).toString();
  assert.match(text, /^HTTP\/1\.1 401 /);
  assert.match(text, /connection: close/i);
});

test('a WebSocket anywhere else is not there; half a request harms nobody', async () => {
  const { port } = new URL(server.server.httpUrl);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('GET /other HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  const [answer] = await once(socket, 'data');
  assert.match(String(answer), /^HTTP\/1\.1 404/);
  socket.destroy();
  const cut = connect(Number(port), '127.0.0.1');
  cut.write(
    'GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  cut.resetAndDestroy();
  assert.equal((await server.ask('/health')).status, 200);
});

test('a page that is open does not keep the server from stopping', async (context) => {
  const own = await startTestServer();
  let stopped = false;
  context.after(() => stopped || own.stop());
  const url = `${own.server.httpUrl.replace('http', 'ws')}${LIVE_PATH}`;
  const page = new WebSocket(url, LIVE_SUBPROTOCOL, { headers: own.local.headers });
  await once(page, 'open');
  const closed = once(page, 'close');
  stopped = true;
  await own.stop();
  await closed;
  assert.deepEqual(
    own.logLines.filter((line) => line.includes('did not stop')),
    [],
  );
});

test('a refused WebSocket is closed both ways, whatever the stranger keeps open', async () => {
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
  const port = Number(new URL(server.server.httpUrl).port);
  for (const path of ['/other', '/api/v1/live', '/link']) {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let isReset = false;
    socket.on('error', () => {
      isReset = true;
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n`);
    socket.resume();
    await once(socket, 'end');
    try {
      // What is written to a socket that is half open is taken; one that is gone answers with a reset.
      await eventually(
        `the reset of ${path}`,
        () => {
          if (!isReset) socket.write('x');
          return isReset;
        },
        2_000,
      );
    } finally {
      socket.destroy();
    }
  }
});

test('plain HTTP is for loopback, and the HTTPS side speaks TLS 1.2 at least', async () => {
  await assert.rejects(startTestServer({ http: { host: '0.0.0.0', port: 0 } }), { code: 'invalid' });
  const { connect: connectTls } = await import('node:tls');
  const port = Number(new URL(server.server.httpsUrl).port);
  const old = connectTls({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  const [error] = await once(old, 'error');
  assert.match(String(error), /version|protocol/i);
});

test('a taken port names its holder', async () => {
  const holder = createServer();
  holder.listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  try {
    await assert.rejects(startTestServer({ https: { host: '127.0.0.1', port } }), (error: Error) => {
      assert.match(
        error.message,
        new RegExp(
          `^HTTPS cannot listen on 127.0.0.1:${port}: .* \\(process ${process.pid}\\) holds the port$`,
        ),
      );
      return true;
    });
  } finally {
    holder.close();
  }
});

test('a data folder serves one server', async () => {
  await assert.rejects(startTestServer({ dataDir: server.dataDir }), (error: Error) => {
    assert.match(error.message, /another server uses the data folder/);
    return true;
  });
  const file = join(webFolder, 'a-file');
  writeFileSync(file, '');
  await assert.rejects(startTestServer({ dataDir: join(file, 'data') }), { code: 'unavailable' });
});

interface Described {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>>;
}
interface Operation {
  operationId: string;
  parameters?: { name: string; in: string; required: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema?: object }> };
  responses: Record<
    string,
    { $ref?: string; description?: string; content?: Record<string, { schema?: object }> }
  >;
  security: Record<string, string[]>[];
}

test('OpenAPI: every route once, every reference and schema good, for those who are signed in', async () => {
  assert.equal((await server.ask('//api/openapi.json')).status, 401);
  const answer = await server.ask('//api/openapi.json', { headers: admin.headers });
  const document = answer.body as Described;
  assert.equal(document.openapi, '3.1.0');
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  assert.deepEqual(
    operations
      .map(({ path, method, operation }) => `${operation.operationId} ${method.toUpperCase()} ${path}`)
      .sort(),
    routes.map(({ id, method, path }) => `${id} ${method} ${path}`).sort(),
  );
  for (const { path, operation } of operations) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const described = (operation.parameters ?? []).filter((one) => one.in === 'path');
    assert.deepEqual(
      described.map(({ name, required }) => [name, required]),
      named.map((name) => [name, true]),
      path,
    );
    assert.ok(
      operation.security.every((one) =>
        Object.keys(one).every((name) => document.components.securitySchemes?.[name]),
      ),
    );
    const success = Object.keys(operation.responses).filter((status) => status !== 'default');
    assert.equal(success.length, 1, path);
    assert.ok(operation.responses[success[0] as string]?.description);
    const contents = [operation.requestBody, ...Object.values(operation.responses)].flatMap((one) =>
      Object.values(one?.content ?? {}),
    );
    for (const schema of [...contents, ...(operation.parameters ?? [])].flatMap((one) => one.schema ?? []))
      assert.equal(typeof Compile(schema).Check(Symbol('fits nothing')), 'boolean', `${path} is JSON Schema`);
  }
  for (const [reference] of answer.text.matchAll(/"\$ref":"[^"]+"/g)) {
    const target = JSON.parse(`{${reference}}`).$ref.slice(2).split('/');
    const found = target.reduce(
      (at: unknown, key: string) => (at as Record<string, unknown>)?.[key],
      document,
    );
    assert.ok(found, reference);
  }
});
