/** `maille incidents`, against a server that answers what it is told to. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { createFakeClock } from '@maille/testkit/fake-clock';
import type { Incident } from '@maille/wire/rest/incidents';
import { runCommandLine } from '../run-command-line.ts';
import { createPaint } from '../terminal/paint.ts';

const clock = createFakeClock();
const incident: Incident = {
  id: 7,
  kind: 'silent',
  scope: 'prefix',
  subject: '192.0.2.0/24',
  severity: 'severe',
  state: 'open',
  sinceMs: clock.wallMs() - 90_000,
  detectedAtMs: clock.wallMs() - 83_000,
  endedAtMs: null,
  ending: null,
  mergedInto: null,
  confidence: 1,
  flapping: false,
  lossRatio: 1,
  rttNs: null,
  baselineRttNs: null,
  affected: 250,
  affectedMost: 254,
  ofTargets: 254,
  agentNumbers: [1],
  acknowledgedBy: null,
  acknowledgedAtMs: null,
  note: '',
};

async function setUp(t: TestContext, answers: Record<string, unknown>) {
  const bodies: unknown[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (chunks.length > 0) bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answers[`${request.method} ${request.url}`]));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return {
    bodies,
    async maille(...argv: string[]) {
      const lines: string[] = [];
      const code = await runCommandLine(
        {
          environment: { MAILLE_URL: `http://127.0.0.1:${port}`, MAILLE_TOKEN: 'secret' },
          projectRoot: join(import.meta.dirname, '..', '..', '..'),
          clock,
          input: Readable.from([]),
          inputIsTerminal: false,
          print: (line) => lines.push(line),
          say: (line) => lines.push(line),
          width: 120,
          paint: createPaint(false),
          output: new PassThrough(),
        },
        ['incidents', ...argv],
      );
      return { code, text: lines.join('\n') };
    },
  };
}

test('lists, shows and acknowledges', async (t) => {
  const evidence = {
    targetId: 3,
    host: '192.0.2.3',
    agentNumber: 1,
    kind: 'silent',
    sinceMs: incident.sinceMs,
    raisedAtMs: incident.detectedAtMs,
    clearedAtMs: null,
    score: 20.7,
    threshold: 20,
    lossRatio: 1,
    rttNs: null,
    baselineRttNs: 1e6,
  };
  const { maille, bodies } = await setUp(t, {
    'GET /api/v1/incidents?limit=20&state=open': { incidents: [incident] },
    'GET /api/v1/incidents?limit=5': { incidents: [] },
    'GET /api/v1/incidents/7': { incident, evidence: [evidence], evidenceLeftOut: 2 },
    'GET /api/v1/machines': { machines: [{ agentNumber: 1, label: '', facts: { hostname: 'gate' } }] },
    'POST /api/v1/incidents/7/acknowledge': { ...incident, acknowledgedBy: 'ada' },
  });
  const listed = await maille('--open');
  assert.equal(listed.code, 0);
  assert.match(listed.text, /7 +silent +prefix 192\.0\.2\.0\/24 +1 min ago +open +250 of 254 +100\.0 %/);
  assert.deepEqual(JSON.parse((await maille('--open', '--json')).text), [incident]);
  assert.match((await maille('--limit', '5')).text, /no incident/);

  const shown = await maille('show', '7');
  assert.match(shown.text, /192\.0\.2\.3 +gate \(agent 1\) +silent/);
  assert.match(shown.text, /20\.7 over 20\.0/);
  assert.match(shown.text, /How sure: > 99\.9999 %\nSeen by: gate \(agent 1\)/);
  assert.match(shown.text, /2 more: maille incidents show 7 --json/);

  const noted = await maille('acknowledge', '7', '--note', 'a fibre');
  assert.equal(noted.text, 'Incident 7, 192.0.2.0/24: ada is on it.');
  assert.deepEqual(bodies, [{ acknowledged: true, note: 'a fibre' }]);
});

test('what is no number is refused before anything is asked', async (t) => {
  const { maille, bodies } = await setUp(t, {});
  for (const argv of [['show', 'x'], ['acknowledge'], ['--limit', 'many'], ['dance']])
    assert.equal((await maille(...argv)).code, 2, argv.join(' '));
  assert.deepEqual(bodies, []);
});
