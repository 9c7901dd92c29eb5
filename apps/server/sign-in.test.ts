/** The ways in and out of a real server: links, passwords, one-time codes, passkeys, sessions, tokens. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFakeClock, type FakeClock } from '@maille/testkit/fake-clock';
import type { AuditEntry } from '@maille/wire/rest/operations';
import type { ProblemBody } from '@maille/wire/rest/problem';
import { Secret, TOTP } from 'otpauth';
import { allScopes, PASSWORD } from './testing/route-examples.ts';
import { createSoftwareAuthenticator } from './testing/software-authenticator.ts';
import { type Answer, startTestServer, type TestServer, type Voice, voiceOf } from './testing/test-server.ts';

interface Started {
  server: TestServer;
  clock: FakeClock;
}

async function start(context: { after(fn: () => Promise<void>): void }): Promise<Started> {
  // Begins now: certificates and cookies are looked at by programs with clocks of their own.
  const clock = createFakeClock(Date.now());
  const server = await startTestServer({ clock });
  context.after(() => server.stop());
  return { server, clock };
}

const byLink = (server: TestServer, token: string, headers: Record<string, string> = {}) =>
  server.ask('/session/link', { method: 'POST', body: { token }, headers });
const byPassword = (server: TestServer, login: string, password: string, totp?: string) =>
  server.ask('/session', { method: 'POST', body: { login, password, ...(totp !== undefined && { totp }) } });
const whoIs = async (server: TestServer, { headers }: Pick<Voice, 'headers'>) =>
  (await server.ask('/session', { headers })).status;
const codeOf = (answer: Answer) => (answer.body as ProblemBody).code;
const tokenIn = (url: string) => new URL(url).hash.slice(1);

async function withPassword(server: TestServer): Promise<{ login: string; voice: Voice }> {
  const { id, login } = await server.addPerson('operator');
  const voice = await server.enter(id);
  const set = await server.ask('/me/password', {
    method: 'PUT',
    body: { next: PASSWORD },
    headers: voice.headers,
  });
  assert.equal(set.status, 204);
  return { login, voice };
}

async function readAudit(server: TestServer): Promise<AuditEntry[]> {
  const answer = await server.ask('/audit?limit=1000', { headers: server.local.headers });
  return (answer.body as { entries: AuditEntry[] }).entries;
}

test('the printed link signs the first admin in once', async (context) => {
  const { server } = await start(context);
  const { signInUrl, httpUrl } = server.server;
  assert.ok(signInUrl.startsWith(`${httpUrl}/sign-in#mll_`));
  const both = await Promise.all([byLink(server, tokenIn(signInUrl)), byLink(server, tokenIn(signInUrl))]);
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401], 'of two at once, one');
  const answer = both.find(({ status }) => status === 200) as Answer;
  assert.match(
    String(answer.headers['set-cookie']),
    /^maille=mls_[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  const voice = voiceOf(answer);
  const session = await server.ask('/session', { headers: voice.headers });
  const me = session.body as { person: { login: string; role: string }; needsCredential: boolean };
  assert.deepEqual([me.person.login, me.person.role, me.needsCredential], ['admin', 'admin', true]);
  assert.equal((await byLink(server, tokenIn(signInUrl))).status, 401);
  assert.equal((await byLink(server, 'mll_nothing')).status, 401);
  const failed = (await readAudit(server)).filter(({ action }) => action === 'sign-in.failed');
  assert.equal(failed.length, 3);
  assert.equal(failed[0]?.outcome, 'refused');
});

test('a link ends after its time', async (context) => {
  const { server, clock } = await start(context);
  await clock.advance(3_600_001);
  assert.equal((await byLink(server, tokenIn(server.server.signInUrl))).status, 401);
});

test('over HTTPS the cookie is bound to the host, and is no cookie of plain HTTP', async (context) => {
  const { server } = await start(context);
  const body = { token: tokenIn(server.server.signInUrl) };
  const answer = await server.askSecurely('/session/link', { method: 'POST', body });
  assert.match(
    String(answer.headers['set-cookie']),
    /^__Host-maille=.*; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
  );
  assert.match(String(answer.headers['strict-transport-security']), /max-age=/);
  const { headers } = voiceOf(answer);
  assert.equal((await server.askSecurely('/session', { headers })).status, 200);
  assert.equal(await whoIs(server, { headers }), 401);
  const bare = (headers.cookie as string).replace('__Host-', '');
  assert.equal((await server.askSecurely('/session', { headers: { cookie: bare } })).status, 401);
});

test('signing in makes a new session and ends the one that the browser came with', async (context) => {
  const { server } = await start(context);
  const person = await server.addPerson('viewer');
  const before = await server.enter(person.id);
  const link = await server.ask(`/people/${person.id}/sign-in-link`, { method: 'POST', ...server.local });
  const answer = await byLink(server, tokenIn((link.body as { url: string }).url), {
    cookie: before.headers.cookie as string,
  });
  assert.equal(answer.status, 200, 'a page that signs in knows no CSRF header yet');
  const after = voiceOf(answer);
  assert.notEqual(after.headers.cookie, before.headers.cookie);
  assert.notEqual(after.headers['x-maille-csrf'], before.headers['x-maille-csrf']);
  assert.equal(await whoIs(server, before), 401);
  assert.equal(await whoIs(server, after), 200);
  // A cookie that somebody else planted becomes nobody's session.
  const planted = { cookie: `maille=mls_${'B'.repeat(43)}` };
  const second = await server.ask(`/people/${person.id}/sign-in-link`, { method: 'POST', ...server.local });
  await byLink(server, tokenIn((second.body as { url: string }).url), planted);
  assert.equal(await whoIs(server, { headers: planted }), 401);
});

test('a session ends when it is idle for too long, and lives while it is used', async (context) => {
  const { server, clock } = await start(context);
  const person = await server.addPerson('viewer');
  const used = await server.enter(person.id);
  const idle = await server.enter(person.id);
  for (let day = 0; day < 13; day++) {
    clock.stepWall(86_400_000);
    assert.equal(await whoIs(server, used), 200);
  }
  clock.stepWall(86_400_001);
  assert.equal(await whoIs(server, used), 200);
  assert.equal(await whoIs(server, idle), 401);
});

test('wrong login, wrong password and disabled person get one and the same answer', async (context) => {
  const { server } = await start(context);
  const { login } = await withPassword(server);
  const gone = await withPassword(server);
  const disabled = { method: 'PATCH', body: { disabled: true }, headers: server.local.headers };
  await server.ask(`/people/${gone.voice.personId}`, disabled);
  const answers = [
    await byPassword(server, 'nobody-here', PASSWORD),
    await byPassword(server, login, 'not the password'),
    await byPassword(server, gone.login, PASSWORD),
    await byPassword(server, '_local', PASSWORD),
  ];
  for (const answer of answers.slice(0, 3)) {
    assert.equal(answer.status, 401);
    assert.equal(answer.text, (answers[0] as Answer).text);
    assert.equal(answer.headers['set-cookie'], undefined);
  }
  assert.equal((answers[3] as Answer).status, 400, 'no login begins with an underscore');
  assert.equal((await byPassword(server, login, PASSWORD)).status, 200);
});

test('a new password needs the old one, ends other sessions, and not this one', async (context) => {
  const { server, clock } = await start(context);
  const { login, voice } = await withPassword(server);
  const here = voiceOf(await byPassword(server, login, PASSWORD));
  const next = 'another long password';
  const change = (body: object, { headers }: Voice) =>
    server.ask('/me/password', { method: 'PUT', body, headers });
  assert.equal((await change({ next }, here)).status, 403);
  assert.equal((await change({ current: 'not the password', next }, here)).status, 403);
  assert.equal((await change({ current: PASSWORD, next: 'short' }, here)).status, 400);
  assert.equal(
    (await change({ current: PASSWORD, next: `${login}1234567`.slice(0, login.length + 7) }, here)).status,
    400,
  );
  assert.equal((await change({ current: PASSWORD, next }, here)).status, 204);
  assert.equal(await whoIs(server, here), 200);
  assert.equal(await whoIs(server, voice), 401);
  assert.equal((await byPassword(server, login, PASSWORD)).status, 401);

  // Who is let in by a link has forgotten it: for a while they may set one.
  const back = await server.enter(voice.personId);
  assert.equal((await change({ next: PASSWORD }, back)).status, 204);
  await clock.advance(31 * 60_000);
  assert.equal((await change({ next }, back)).status, 403);
});

test('links that were not used end with a new password, and when their person is disabled', async (context) => {
  const { server } = await start(context);
  const { login, voice } = await withPassword(server);
  const { headers } = server.local;
  const makeLink = async () => {
    const link = await server.ask(`/people/${voice.personId}/sign-in-link`, { method: 'POST', headers });
    return tokenIn((link.body as { url: string }).url);
  };
  const old = await makeLink();
  const here = voiceOf(await byPassword(server, login, PASSWORD));
  const body = { current: PASSWORD, next: 'another long password' };
  const set = await server.ask('/me/password', { method: 'PUT', body, headers: here.headers });
  assert.equal(set.status, 204);
  assert.equal((await byLink(server, old)).status, 401, 'whoever holds it could set a password again');

  const before = await makeLink();
  for (const disabled of [true, false])
    await server.ask(`/people/${voice.personId}`, { method: 'PATCH', body: { disabled }, headers });
  assert.equal((await byLink(server, before)).status, 401);
  assert.equal((await byLink(server, await makeLink())).status, 200);
});

test('a session left open gives, takes and replaces no way in', async (context) => {
  const { server, clock } = await start(context);
  const { id } = await server.addPerson('admin');
  const bare = await server.enter(id);
  await clock.advance(31 * 60_000);
  const setFirst = await server.ask('/me/password', {
    method: 'PUT',
    body: { next: PASSWORD },
    headers: bare.headers,
  });
  assert.equal(setFirst.status, 204, 'who has no way in yet may still make one');
  const actions: [string, string, object?][] = [
    ['POST', '/me/totp'],
    ['DELETE', '/me/totp'],
    ['POST', '/me/passkeys/options'],
    ['DELETE', '/me/passkeys/AAAA'],
    ['POST', '/me/tokens', { name: 'ci', scopes: ['targets:read'] }],
    ['POST', `/people/${id}/sign-in-link`],
  ];
  for (const [method, path, body] of actions) {
    const answer = await server.ask(path, { method, body, headers: bare.headers });
    assert.deepEqual([answer.status, codeOf(answer)], [403, 'forbidden'], `${method} ${path}`);
    assert.match((answer.body as ProblemBody).remedy ?? '', /sign in again/);
  }
  assert.equal((await server.ask('/people', { headers: bare.headers })).status, 200, 'all else goes on');

  const login = 'admin-1';
  const fresh = voiceOf(await byPassword(server, login, PASSWORD));
  for (const [method, path, body] of actions) {
    const answer = await server.ask(path, { method, body, headers: fresh.headers });
    assert.notEqual(answer.status, 403, `${method} ${path}`);
  }
});

test('one-time codes: asked for, good once, a step to either side', async (context) => {
  const { server, clock } = await start(context);
  const { login, voice } = await withPassword(server);
  const begun = await server.ask('/me/totp', { method: 'POST', headers: voice.headers });
  const { secret, uri } = begun.body as { secret: string; uri: string };
  assert.match(uri, /^otpauth:\/\/totp\/Maille:operator-1\?issuer=Maille&secret=[A-Z2-7]{32}/);
  const code = (offsetMs = 0) =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: clock.wallMs() + offsetMs });
  const confirm = (text: string) =>
    server.ask('/me/totp', { method: 'PUT', body: { code: text }, headers: voice.headers });
  const wrong = code() === '000000' ? '000001' : '000000';
  assert.equal((await confirm(wrong)).status, 400);
  const first = code();
  assert.equal((await confirm(first)).status, 204);
  assert.equal((await confirm(first)).status, 409, 'nothing is begun any more');

  const asked = await byPassword(server, login, PASSWORD);
  assert.deepEqual(asked.body, { needs: 'totp' });
  assert.equal(asked.headers['set-cookie'], undefined);
  assert.equal((await byPassword(server, login, PASSWORD, wrong)).status, 401);
  assert.equal(
    (await byPassword(server, login, PASSWORD, first)).status,
    401,
    'the code that turned it on is used up',
  );
  assert.equal((await byPassword(server, login, 'not the password', code(30_000))).status, 401);
  const next = code(30_000);
  const both = await Promise.all([
    byPassword(server, login, PASSWORD, next),
    byPassword(server, login, PASSWORD, next),
  ]);
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401], 'of two with one code, one');
  await clock.advance(60_000);
  assert.equal(
    (await byPassword(server, login, PASSWORD, code(-30_000))).status,
    401,
    'older than one that was used',
  );
  assert.equal((await byPassword(server, login, PASSWORD, code())).status, 200);
  await clock.advance(120_000);
  assert.equal((await byPassword(server, login, PASSWORD, code(-60_000))).status, 401, 'two steps late');

  const off = await server.ask('/me/totp', { method: 'DELETE', headers: voice.headers });
  assert.equal(off.status, 204);
  assert.equal((await byPassword(server, login, PASSWORD)).status, 200);
});

test('codes cannot be tried one after the other', async (context) => {
  const { server, clock } = await start(context);
  const { login, voice } = await withPassword(server);
  const begun = await server.ask('/me/totp', { method: 'POST', headers: voice.headers });
  const totp = new TOTP({ secret: Secret.fromBase32((begun.body as { secret: string }).secret) });
  const code = () => totp.generate({ timestamp: clock.wallMs() });
  await server.ask('/me/totp', { method: 'PUT', body: { code: code() }, headers: voice.headers });
  const wrong = code() === '111111' ? '222222' : '111111';
  for (let i = 0; i < 10; i++) {
    assert.equal((await byPassword(server, login, PASSWORD, wrong)).status, 401);
    await clock.advance(300_000);
  }
  const limited = await byPassword(server, login, PASSWORD, code());
  assert.equal(limited.status, 429, 'not even the right one');
  assert.ok(Number(limited.headers['retry-after']) > 0);
});

test('guessing is slowed by login and by address, and says until when', async (context) => {
  const { server, clock } = await start(context);
  const { login } = await withPassword(server);
  const statuses: number[] = [];
  for (let i = 0; i < 21; i++) statuses.push((await byPassword(server, login, 'not the password')).status);
  assert.deepEqual(statuses, [...new Array(20).fill(401), 429]);
  const limited = await byPassword(server, login, PASSWORD);
  assert.equal(codeOf(limited), 'too-many');
  assert.equal(limited.headers['retry-after'], String((limited.body as ProblemBody).retryAfterSeconds));
  const others: number[] = [];
  for (let i = 0; i < 10; i++)
    others.push((await byPassword(server, `guess-${i}`, 'not the password')).status);
  assert.equal(others.at(-1), 429, 'the address is over its bound');
  const failures = (await readAudit(server)).filter(({ action }) => action === 'sign-in.failed');
  assert.ok(failures.length <= 30, 'what is over the bound fills no log');
  assert.equal((await server.ask('/health')).status, 200);
  await clock.advance(300_000);
  assert.equal((await byPassword(server, login, PASSWORD)).status, 200);
});

test('a passkey signs in; anything that is not as it should be does not', async (context) => {
  const { server } = await start(context);
  const { httpUrl } = server.server;
  const person = await server.addPerson('admin');
  const voice = await server.enter(person.id);
  interface Begun {
    challengeId: string;
    options: unknown;
  }
  const beginAdding = async ({ headers }: Voice = voice) =>
    (await server.ask('/me/passkeys/options', { method: 'POST', headers })).body as Begun;
  const add = ({ challengeId }: Begun, response: unknown, { headers }: Voice = voice) =>
    server.ask('/me/passkeys', { method: 'POST', body: { challengeId, response, name: 'Key' }, headers });
  const begin = async () => (await server.ask('/session/passkey/options', { method: 'POST' })).body as Begun;
  const enter = (challengeId: string, response: unknown) =>
    server.ask('/session/passkey', { method: 'POST', body: { challengeId, response } });

  const key = createSoftwareAuthenticator({ origin: httpUrl });
  const first = await beginAdding();
  const registered = key.register(first.options);
  assert.equal(
    (await add(first, registered, await server.enter((await server.addPerson('viewer')).id))).status,
    409,
  );
  assert.equal((await add(first, registered)).status, 409, 'a challenge is used up by the first answer');
  const second = await beginAdding();
  assert.equal((await add(second, key.register(second.options))).status, 200);
  const third = await beginAdding();
  assert.equal((await add(third, key.register(third.options))).status, 409, 'it is here already');
  for (const bad of [
    createSoftwareAuthenticator({ origin: 'https://evil.example' }),
    createSoftwareAuthenticator({ origin: httpUrl, verifiesUser: false }),
  ]) {
    const begun = await beginAdding();
    const answer = await add(begun, bad.register(begun.options));
    assert.deepEqual([answer.status, (answer.body as ProblemBody).field], [400, '/response']);
  }
  const garbage = await beginAdding();
  assert.equal((await add(garbage, { id: 1 })).status, 400);

  const asked = await begin();
  const response = key.authenticate(asked.options);
  const entered = await enter(asked.challengeId, response);
  assert.equal(entered.status, 200);
  assert.equal(voiceOf(entered).personId, person.id);
  assert.equal((await enter(asked.challengeId, response)).status, 401, 'once');
  const other = await begin();
  assert.equal((await enter(other.challengeId, response)).status, 401, 'of another challenge');
  for (const tampered of [{}, null, 'x', { ...response, id: 'unknown' }, { ...response, response: {} }]) {
    const { challengeId } = await begin();
    assert.equal((await enter(challengeId, tampered)).status, 401, JSON.stringify(tampered));
  }
  key.rewind(0);
  const copied = await begin();
  assert.equal(
    (await enter(copied.challengeId, key.authenticate(copied.options))).status,
    401,
    'a copied authenticator',
  );
  key.rewind(100);
  const again = await begin();
  assert.equal((await enter(again.challengeId, key.authenticate(again.options))).status, 200);

  const removed = await server.ask(`/me/passkeys/${key.id}`, { method: 'DELETE', headers: voice.headers });
  assert.equal(removed.status, 204);
  const last = await begin();
  assert.equal((await enter(last.challengeId, key.authenticate(last.options))).status, 401);
});

test('a passkey needs a host name', async (context) => {
  const { server } = await start(context);
  const host = `127.0.0.1:${new URL(server.server.httpUrl).port}`;
  const answer = await server.ask('/session/passkey/options', { method: 'POST', headers: { host } });
  assert.deepEqual([answer.status, codeOf(answer)], [501, 'unsupported']);
});

test('a token never does more than its owner may, and ends with its time or its withdrawal', async (context) => {
  const { server, clock } = await start(context);
  const person = await server.addPerson('admin');
  const token = await server.addToken(person.id, allScopes);
  const list = async (path: string) => (await server.ask(path, { headers: token.headers })).status;
  assert.deepEqual([await list('/people'), await list('/targets')], [200, 200]);
  const change = (body: object) =>
    server.ask(`/people/${person.id}`, { method: 'PATCH', body, headers: server.local.headers });
  await change({ role: 'viewer' });
  assert.deepEqual([await list('/people'), await list('/targets')], [403, 200]);

  const owner = await server.enter(person.id);
  const body = { name: 'short', scopes: ['targets:read'], expiresInSeconds: 60 };
  const made = await server.ask('/me/tokens', { method: 'POST', body, headers: owner.headers });
  const { secret, token: short } = made.body as { secret: string; token: { id: number; prefix: string } };
  assert.ok(secret.startsWith(short.prefix) && short.prefix.length < 12);
  const headers = { authorization: `Bearer ${secret}` };
  assert.equal((await server.ask('/targets', { headers })).status, 200);
  await clock.advance(60_001);
  assert.equal((await server.ask('/targets', { headers })).status, 401);

  const mine = await server.ask('/me/tokens', { headers: owner.headers });
  for (const { id } of (mine.body as { tokens: { id: number }[] }).tokens)
    assert.equal(
      (await server.ask(`/me/tokens/${id}`, { method: 'DELETE', headers: owner.headers })).status,
      204,
    );
  assert.equal(await list('/targets'), 401);
});

test('tokens live on after a new password, and end with a reset: the account may have been another’s', async (context) => {
  const { server } = await start(context);
  const { login, voice } = await withPassword(server);
  const { headers } = await server.addToken(voice.personId, ['targets:read']);
  const works = async () => (await server.ask('/targets', { headers })).status;
  const set = async (body: object, by: Voice) =>
    (await server.ask('/me/password', { method: 'PUT', body, headers: by.headers })).status;
  const next = 'another long password';
  const here = voiceOf(await byPassword(server, login, PASSWORD));
  assert.equal(await set({ current: PASSWORD, next }, here), 204);
  assert.equal(await works(), 200, 'what runs by itself goes on');
  const mayReset = async ({ headers: as }: Voice) =>
    ((await server.ask('/session', { headers: as })).body as { mayResetPassword: boolean }).mayResetPassword;
  const back = await server.enter(voice.personId);
  assert.deepEqual([await mayReset(here), await mayReset(back)], [false, true]);
  assert.equal(await set({ next: PASSWORD }, back), 204);
  assert.equal(await works(), 401);
  const resets = (await readAudit(server)).filter(({ action }) => action === 'setMyPassword');
  assert.match(resets[0]?.detail ?? '', /"withdrawnTokens":1/);
});

test('the last admin stays one, whatever is tried, and at once', async (context) => {
  const { server } = await start(context);
  const { headers } = server.local;
  const people = await server.ask('/people', { headers });
  const admins = (people.body as { people: { id: number; login: string }[] }).people;
  assert.deepEqual(
    admins.map(({ login }) => login),
    ['admin'],
    'the CLI’s own person is not in the list',
  );
  const first = admins[0]?.id as number;
  const patch = (id: number, body: object) => server.ask(`/people/${id}`, { method: 'PATCH', body, headers });
  assert.equal((await patch(first, { role: 'viewer' })).status, 409);
  assert.equal((await patch(first, { disabled: true })).status, 409);
  assert.equal((await server.ask(`/people/${first}`, { method: 'DELETE', headers })).status, 409);
  const second = (await server.addPerson('admin')).id;
  const both = await Promise.all([patch(first, { role: 'viewer' }), patch(second, { role: 'viewer' })]);
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409]);
});

test('no secret is in the database or in the log, in the clear', async (context) => {
  const { server, clock } = await start(context);
  const { login, voice } = await withPassword(server);
  const secrets = [
    PASSWORD,
    tokenIn(server.server.signInUrl),
    server.local.headers.authorization?.slice(7) as string,
  ];
  const begun = await server.ask('/me/totp', { method: 'POST', headers: voice.headers });
  const { secret } = begun.body as { secret: string };
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: clock.wallMs() });
  await server.ask('/me/totp', { method: 'PUT', body: { code }, headers: voice.headers });
  secrets.push(secret, (voice.headers.cookie as string).split('=')[1] as string);
  const body = { name: 'ci', scopes: ['targets:read'] };
  const token = await server.ask('/me/tokens', { method: 'POST', body, headers: voice.headers });
  secrets.push((token.body as { secret: string }).secret);
  const join_ = await server.ask('/join-tokens', { method: 'POST', body: {}, headers: server.local.headers });
  secrets.push((join_.body as { secret: string }).secret);
  const link = await server.ask(`/people/${voice.personId}/sign-in-link`, {
    method: 'POST',
    ...server.local,
  });
  secrets.push(tokenIn((link.body as { url: string }).url));
  await byPassword(server, login, 'a wrong password here');
  secrets.push('a wrong password here');

  const files = readdirSync(server.dataDir).filter((name) => name.startsWith('maille.sqlite'));
  assert.ok(files.length >= 2, 'database and write-ahead log');
  const texts = [
    ...files.map((name) => readFileSync(join(server.dataDir, name), 'latin1')),
    server.logLines.join('\n'),
  ];
  assert.ok((texts[0] ?? '').length + (texts[1] ?? '').length > 10_000);
  assert.ok(
    texts.some((text) => text.includes(login)),
    'the search finds what is there',
  );
  for (const one of secrets) {
    assert.ok(one.length >= 12);
    for (const text of texts) assert.ok(!text.includes(one), `${one.slice(0, 4)}… is in the clear`);
  }
});

test('a start makes a new local token, for its user’s eyes, and a new link; sessions and the old link live on', async (context) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'maille-restart-'));
  const first = await startTestServer({ dataDir });
  context.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const tokenFile = join(dataDir, 'local-api-token');
  assert.equal(statSync(tokenFile).mode & 0o777, 0o600);
  const person = await first.addPerson('viewer');
  const voice = await first.enter(person.id);
  await first.stop();
  const second = await startTestServer({ dataDir });
  context.after(() => second.stop());
  assert.notEqual(second.local.headers.authorization, first.local.headers.authorization);
  assert.equal((await second.ask('/targets', { headers: first.local.headers })).status, 401);
  assert.equal((await second.ask('/targets', { headers: second.local.headers })).status, 200);
  assert.equal(await whoIs(second, voice), 200);
  assert.notEqual(second.server.signInUrl, first.server.signInUrl);
  assert.equal((await byLink(second, tokenIn(second.server.signInUrl))).status, 200);
  assert.equal(second.server.serverId, first.server.serverId);
});
