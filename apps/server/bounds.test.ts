/** What a server takes on, seen from outside: refused with field, figure and remedy, on record, and shown. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Finding } from '@maille/wire/link/messages';
import type { AuditEntry } from '@maille/wire/rest/operations';
import type { ProblemBody } from '@maille/wire/rest/problem';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer({});
});
after(() => server?.stop());

const asked = (path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') =>
  server.ask(path, { method, ...(body !== undefined && { body }), headers: server.local.headers });
const finding = async () => {
  const { body } = await asked('/doctor');
  return (body as { server: Finding[] }).server.find(({ id }) => id === 'series-bound');
};

test('targets over the bound on series are refused whole and on record; near it the doctor says so', async () => {
  assert.equal((await asked('/settings', { maxSeries: 100 }, 'PATCH')).status, 200);
  const refused = await asked('/targets', { entries: '10.0.0.0/24', label: 'too many' });
  assert.equal(refused.status, 413);
  const { code, field, title, remedy } = refused.body as ProblemBody;
  assert.deepEqual([code, field], ['too-large', '/entries']);
  assert.match(title, /254 series/);
  assert.match(`${remedy}`, /Settings, Server/);
  assert.equal((await asked('/targets', { entries: '10.0.0.0/24', dryRun: true })).status, 413);

  const { entries } = (await asked('/audit?search=createTargets')).body as { entries: AuditEntry[] };
  assert.deepEqual(
    entries.map(({ subject, outcome }) => [subject, outcome]),
    [['10.0.0.0/24', 'refused']],
    'what was only tried out is not recorded',
  );
  assert.match(entries[0]?.detail ?? '', /too many.*over the bound/);
  assert.equal((await finding())?.severity, 'fine');

  assert.equal((await asked('/targets', { entries: '10.0.0.1-90' })).status, 200);
  assert.equal((await finding())?.severity, 'missing');
  assert.match((await finding())?.title ?? '', /^90 of 100 series/);
});
