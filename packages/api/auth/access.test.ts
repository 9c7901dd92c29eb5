import assert from 'node:assert/strict';
import { test } from 'node:test';
import { topicAccess } from '@maille/wire/live/messages';
import type { Role } from '@maille/wire/rest/route';
import { routes } from '@maille/wire/rest/routes';
import { decideAccess, requireAccess } from './access.ts';
import { type Caller, nobody } from './caller.ts';

const person = (role: Role): Caller => ({
  kind: 'person',
  personId: 1,
  login: 'x',
  role,
  teamIds: [],
  sessionId: 1,
  csrf: '',
});
const token = (role: Role, ...scopes: string[]): Caller => ({
  kind: 'token',
  personId: 1,
  login: 'x',
  role,
  teamIds: [],
  tokenId: 1,
  tokenName: 't',
  scopes,
});

test('roles include those before them', () => {
  const verdicts = (role: Role) =>
    (['viewer', 'operator', 'admin'] as const).map((who) => decideAccess({ who }, 'read', person(role)));
  assert.deepEqual(verdicts('viewer'), ['allowed', 'forbidden', 'forbidden']);
  assert.deepEqual(verdicts('operator'), ['allowed', 'allowed', 'forbidden']);
  assert.deepEqual(verdicts('admin'), ['allowed', 'allowed', 'allowed']);
});

test('a token needs role and scope, of the right mode, and never acts as self', () => {
  const access = { who: 'operator', scope: 'targets' } as const;
  assert.equal(decideAccess(access, 'write', token('operator', 'targets:write')), 'allowed');
  assert.equal(decideAccess(access, 'write', token('operator', 'targets:read')), 'forbidden');
  assert.equal(decideAccess(access, 'read', token('operator', 'targets:write')), 'forbidden');
  assert.equal(decideAccess(access, 'write', token('operator', 'machines:write')), 'forbidden');
  assert.equal(decideAccess(access, 'write', token('viewer', 'targets:write')), 'forbidden');
  assert.equal(decideAccess({ who: 'self' }, 'read', token('admin', 'people:read')), 'forbidden');
  assert.equal(
    decideAccess({ who: 'viewer' }, 'read', token('admin')),
    'forbidden',
    'no scope declared: closed',
  );
});

test('nobody gets what is open and nothing else; an unknown role gets nothing', () => {
  assert.equal(decideAccess({ who: 'open' }, 'read', nobody), 'allowed');
  for (const who of ['self', 'viewer', 'operator', 'admin'] as const)
    assert.equal(decideAccess({ who }, 'read', nobody), 'unauthenticated');
  assert.equal(decideAccess({ who: 'viewer' }, 'read', person('owner' as Role)), 'forbidden');
  assert.throws(() => requireAccess({ who: 'viewer' }, 'read', nobody), { code: 'unauthenticated' });
  assert.throws(() => requireAccess({ who: 'admin' }, 'read', person('viewer')), { code: 'forbidden' });
});

test('every route and topic says who may, and only these are open', () => {
  const open = routes.filter(({ access }) => access.who === 'open').map(({ id }) => id);
  assert.deepEqual(open.sort(), [
    'beginPasskeySignIn',
    'getHealth',
    'signIn',
    'signInByLink',
    'signInByPasskey',
  ]);
  for (const { id, access } of routes)
    if (access.who !== 'open' && access.who !== 'self') assert.ok(access.scope, `${id} has no scope`);
  for (const [topic, access] of Object.entries(topicAccess))
    assert.ok(access.scope && access.who !== 'open', topic);
});
