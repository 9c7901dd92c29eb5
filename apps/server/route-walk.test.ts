/**
 * Every route of the API and every topic of live, asked by everybody who might ask. What should happen is
 * computed here from each declaration's `access` alone; what happens is a real server's answer. An
 * allowed request must succeed, and its answer must fit its schema: a wall without a door is no gate.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { RouteId } from '@maille/api/http/handler';
import {
  LIVE_PATH,
  LIVE_SUBPROTOCOL,
  LiveMessage,
  type Topic,
  targetTopics,
  topicAccess,
  topics,
} from '@maille/wire/live/messages';
import { PROBLEM_CONTENT_TYPE, ProblemBody } from '@maille/wire/rest/problem';
import { type Access, type Role, type Route, roles } from '@maille/wire/rest/route';
import { routes } from '@maille/wire/rest/routes';
import { checker } from '@maille/wire/schema';
import { WebSocket } from 'ws';
import { type FilledFolder, fillDataFolder } from './testing/filled-data-folder.ts';
import { allScopes, routeExamples } from './testing/route-examples.ts';
import { startTestServer, type TestServer, type Voice } from './testing/test-server.ts';

type Verdict = 'allowed' | 'unauthenticated' | 'forbidden';
interface Asked {
  access: Access;
  changes: boolean;
  /** A WebSocket: browsers show its origin, and no CSRF header can go with it. */
  live?: boolean;
}
interface Asker {
  /** Headers to ask with; `voice` when there is a session behind them. */
  prepare(asked: Asked): Promise<{ headers: Record<string, string>; voice?: Voice }>;
  expect(asked: Asked): Verdict;
}

let folder: FilledFolder;
let server: TestServer;

before(async () => {
  folder = await fillDataFolder();
  server = await startTestServer({ dataDir: folder.dataDir });
});
after(async () => {
  await server?.stop();
  rmSync(folder.dataDir, { recursive: true, force: true });
});

const needs = (access: Access, mode: 'read' | 'write') => `${access.scope}:${mode}`;
const scopeOf = ({ access, changes }: Asked) => needs(access, changes ? 'write' : 'read');

/** What a person of that role may. */
const personMay = (role: Role, { access }: Asked): Verdict => {
  if (access.who === 'open' || access.who === 'self') return 'allowed';
  return roles.indexOf(role) >= roles.indexOf(access.who) ? 'allowed' : 'forbidden';
};
const strangerMay = ({ access }: Asked): Verdict => (access.who === 'open' ? 'allowed' : 'unauthenticated');
const tokenMay = (role: Role, asked: Asked): Verdict =>
  asked.access.who === 'self' ? 'forbidden' : personMay(role, asked);

const signedIn = async (role: Role) => server.enter((await server.addPerson(role)).id);
const tokenOf = async (role: Role, scopes: string[]) =>
  server.addToken((await server.addPerson(role)).id, scopes.length > 0 ? scopes : ['backup:read']);

/** A browser sends the origin with a WebSocket, whatever page opens it. */
const fromOwnPage = (headers: Record<string, string>) => ({ ...headers, origin: server.server.httpUrl });

const session = (role: Role): Asker => ({
  async prepare({ live }) {
    const voice = await signedIn(role);
    return { headers: live ? fromOwnPage(voice.headers) : voice.headers, voice };
  },
  expect: (asked) => personMay(role, asked),
});

const askers: Record<string, Asker> = {
  nobody: { prepare: async () => ({ headers: {} }), expect: strangerMay },
  viewer: session('viewer'),
  operator: session('operator'),
  admin: session('admin'),
  'admin from the own page': {
    async prepare() {
      const voice = await signedIn('admin');
      return { headers: fromOwnPage(voice.headers), voice };
    },
    expect: (asked) => personMay('admin', asked),
  },
  'token with the scope': {
    prepare: async (asked) =>
      tokenOf(
        'admin',
        allScopes.filter((scope) => scope === scopeOf(asked)),
      ),
    expect: (asked) => tokenMay('admin', asked),
  },
  'token without the scope': {
    prepare: async (asked) =>
      tokenOf(
        'admin',
        allScopes.filter((scope) => scope !== scopeOf(asked)),
      ),
    expect: ({ access }) => (access.who === 'open' ? 'allowed' : 'forbidden'),
  },
  'viewer’s token with all scopes': {
    prepare: () => tokenOf('viewer', allScopes),
    expect: (asked) => tokenMay('viewer', asked),
  },
  'disabled person’s session': {
    async prepare() {
      const voice = await signedIn('admin');
      await disable(voice.personId);
      return { headers: voice.headers };
    },
    expect: strangerMay,
  },
  'disabled person’s token': {
    async prepare() {
      const voice = await tokenOf('admin', allScopes);
      await disable(voice.personId);
      return { headers: voice.headers };
    },
    expect: strangerMay,
  },
  'signed-out session': {
    async prepare() {
      const { headers } = await signedIn('admin');
      await server.ask('/session', { method: 'DELETE', headers });
      return { headers };
    },
    expect: strangerMay,
  },
  'forged cookie': {
    prepare: async () => ({ headers: { cookie: `maille=mls_${'A'.repeat(43)}`, 'x-maille-csrf': 'x' } }),
    expect: strangerMay,
  },
  'session of TLS shown on plain HTTP': {
    async prepare() {
      const { headers } = await signedIn('admin');
      return { headers: { ...headers, cookie: `__Host-${headers.cookie}` } };
    },
    expect: strangerMay,
  },
  'garbage for a token': {
    prepare: async () => ({ headers: { authorization: 'Bearer mlt_nothing' } }),
    expect: strangerMay,
  },
  'missing CSRF header': {
    async prepare({ live }) {
      const { headers } = await signedIn('admin');
      return { headers: { cookie: headers.cookie as string, ...(live && fromOwnPage({})) } };
    },
    expect: (asked) =>
      asked.changes && asked.access.who !== 'open' ? 'forbidden' : personMay('admin', asked),
  },
  'wrong CSRF header': {
    async prepare({ live }) {
      const { headers } = await signedIn('admin');
      const other = await signedIn('admin');
      return {
        headers: {
          ...headers,
          'x-maille-csrf': other.headers['x-maille-csrf'] as string,
          ...(live && fromOwnPage({})),
        },
      };
    },
    expect: (asked) =>
      asked.changes && asked.access.who !== 'open' ? 'forbidden' : personMay('admin', asked),
  },
  'foreign origin, with a session': {
    async prepare() {
      const voice = await signedIn('admin');
      return { headers: { ...voice.headers, origin: 'https://evil.example' }, voice };
    },
    expect: (asked) => (asked.changes || asked.live ? 'forbidden' : personMay('admin', asked)),
  },
  'foreign origin, with a token': {
    async prepare() {
      const { headers } = await tokenOf('admin', allScopes);
      return { headers: { ...headers, origin: 'null' } };
    },
    expect: (asked) => (asked.changes || asked.live ? 'forbidden' : tokenMay('admin', asked)),
  },
  'foreign host': {
    async prepare() {
      const voice = await signedIn('admin');
      return { headers: { ...voice.headers, host: 'evil.example', origin: 'http://evil.example' }, voice };
    },
    expect: () => 'forbidden',
  },
};

async function disable(personId: number): Promise<void> {
  const answer = await server.ask(`/people/${personId}`, {
    method: 'PATCH',
    body: { disabled: true },
    headers: server.local.headers,
  });
  assert.equal(answer.status, 200);
}

const problemChecker = checker(ProblemBody);
const statusOf: Record<Exclude<Verdict, 'allowed'>, number> = { unauthenticated: 401, forbidden: 403 };

async function walk(route: Route, name: string, asker: Asker): Promise<void> {
  const asked = { access: route.access, changes: route.method !== 'GET' };
  const expected = asker.expect(asked);
  const { headers, voice } = await asker.prepare(asked);
  const example = await routeExamples[route.id as RouteId]({ server, folder, voice });
  const path = route.path.replace(/\{(\w+)\}/g, (_, key: string) =>
    encodeURIComponent(example.params?.[key] ?? ''),
  );
  const query = new URLSearchParams(
    Object.entries(example.query ?? {}).map(([key, value]) => [key, String(value)]),
  );
  const answer = await server.ask(query.size > 0 ? `${path}?${query}` : path, {
    method: route.method,
    headers,
    ...(example.body !== undefined && { body: example.body }),
    ...(example.raw && { raw: example.raw }),
  });
  const what = `${route.id} by ${name}: ${answer.status} ${answer.text.slice(0, 300)}`;
  assert.equal(answer.headers['x-content-type-options'], 'nosniff', what);
  assert.equal(answer.headers['cache-control'], 'no-store', what);
  if (expected !== 'allowed') {
    assert.equal(answer.status, statusOf[expected], what);
    assert.ok(answer.headers['content-type']?.startsWith(PROBLEM_CONTENT_TYPE), what);
    assert.equal(problemChecker.check(answer.body).code, expected, what);
    assert.equal(answer.headers['set-cookie'], undefined, what);
    return;
  }
  if (route.answers) {
    assert.equal(answer.status, 200, what);
    assert.ok(route.answers.includes(String(answer.headers['content-type'])), what);
    const sign = { createBackup: 'maille.sqlite', exportSeries: 'target_id', getMetrics: 'maille_info' };
    assert.ok(answer.text.includes(sign[route.id as keyof typeof sign]), what);
  } else if (route.id === 'restoreBackup') {
    // Past the gate: two empty blocks are no backup, and the server says so.
    assert.equal(answer.status, 400, what);
  } else if (route.id === 'startExperiment') {
    // Past the gate: none of these machines is connected, and the server says so.
    assert.equal(answer.status, 409, what);
  } else if (route.id === 'traceTargetNow') {
    // Past the gate: as before.
    assert.equal(answer.status, 503, what);
  } else if (route.response) {
    assert.equal(answer.status, 200, what);
    checker(route.response).check(answer.body, what);
  } else {
    assert.equal(answer.status, 204, what);
    assert.equal(answer.text, '');
  }
}

for (const [name, asker] of Object.entries(askers)) {
  test(`every route, asked by: ${name}`, async () => {
    for (const route of routes) await walk(route, name, asker);
  });

  test(`every live topic, asked by: ${name}`, async () => {
    for (const topic of topics) await walkTopic(topic, name, asker);
  });
}

async function walkTopic(topic: Topic, name: string, asker: Asker): Promise<void> {
  const asked = { access: topicAccess[topic], changes: false, live: true };
  const expected = asker.expect(asked);
  const { headers } = await asker.prepare(asked);
  const verdict = await subscribe(topic, headers);
  assert.equal(verdict, expected, `${topic} by ${name}`);
}

const messageChecker = checker(LiveMessage);

async function subscribe(topic: Topic, headers: Record<string, string>): Promise<Verdict> {
  const { httpUrl } = server.server;
  const url = `${httpUrl.replace('http', 'ws')}${LIVE_PATH}`;
  const socket = new WebSocket(url, LIVE_SUBPROTOCOL, { headers });
  try {
    return await new Promise<Verdict>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('unexpected-response', (_request, response) => {
        const verdict = Object.entries(statusOf).find(([, status]) => status === response.statusCode)?.[0];
        if (verdict) resolve(verdict as Verdict);
        else reject(new Error(`status ${response.statusCode}`));
      });
      socket.on('open', () =>
        socket.send(
          JSON.stringify({
            type: 'subscribe',
            subscription: 7,
            topic,
            ...(targetTopics.includes(topic) && { targetId: folder.targetIds[0] }),
          }),
        ),
      );
      socket.on('message', (data, isBinary) => {
        if (isBinary) return;
        const message = messageChecker.check(JSON.parse(String(data)));
        if (message.type === 'snapshot') {
          assert.equal(message.snapshot.topic, topic);
          resolve('allowed');
        } else if (message.type === 'problem') resolve(message.problem.code as Verdict);
      });
    });
  } finally {
    socket.terminate();
  }
}

test('what is not declared is not there, however it is asked for', async () => {
  const { headers } = await signedIn('admin');
  for (const path of [
    '/nothing',
    '/people/1/nothing',
    '/targets/1/../../people',
    '/%2e%2e/people',
    '//api/v2/people',
    '//api',
  ])
    for (const method of ['GET', 'POST', 'TRACE', 'OPTIONS']) {
      const answer = await server.ask(path, { method, headers });
      assert.ok([403, 404, 405].includes(answer.status), `${method} ${path}: ${answer.status}`);
    }
});
