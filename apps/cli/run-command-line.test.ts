/** The command line as a whole, against a server that answers what it is told to. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { allCommands, commandNames } from './find-command.ts';
import { runCommandLine } from './run-command-line.ts';
import { createPaint } from './terminal/paint.ts';

const id = '0123456789abcdef0123456789abcdef';
const machine = {
  id,
  label: 'evil\u001b[2Jname',
  tags: ['db'],
  state: 'pending',
  connected: true,
  connectedChangedAtMs: 0,
  firstSeenMs: 0,
  lastSeenMs: 0,
  facts: {
    hostname: 'db1',
    os: 'Debian',
    kernel: '6.1',
    architecture: 'x64',
    virtualization: '',
    cpus: 2,
    memoryBytes: 1e9,
    addresses: ['192.0.2.7'],
    version: '0.1.0',
    findings: [],
  },
};

async function maille(argv: string[], environment: Record<string, string> = {}, input = '') {
  const printed: string[] = [];
  const said: string[] = [];
  const code = await runCommandLine(
    {
      environment: { MAILLE_DATA_DIR: '/nonexistent', ...environment },
      projectRoot: join(import.meta.dirname, '..', '..'),
      clock: createFakeClock(),
      input: Readable.from([Buffer.from(input)]),
      inputIsTerminal: false,
      print: (line) => printed.push(line),
      say: (line) => said.push(line),
      width: 80,
      paint: createPaint(false),
      output: new PassThrough(),
    },
    argv,
  );
  return { code, printed: printed.join('\n'), said: said.join('\n') };
}

async function fakeServer(t: TestContext, answers: Record<string, unknown>, problem: object = {}) {
  const asked: { route: string; body: unknown; authorization: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const route = `${request.method} ${request.url}`;
    const text = Buffer.concat(chunks).toString();
    asked.push({
      route,
      body: text ? JSON.parse(text) : undefined,
      authorization: request.headers.authorization,
    });
    const answer = answers[route];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        answer ?? {
          type: 'urn:maille:problem:not-found',
          title: 'no such thing',
          status: 404,
          code: 'not-found',
          remedy: 'look',
          ...problem,
        },
      ),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { asked, environment: { MAILLE_URL: `http://127.0.0.1:${port}`, MAILLE_TOKEN: 'secret' } };
}

test('every command is named like its file, explains itself, and fits a terminal', async () => {
  const commands = await allCommands();
  assert.deepEqual(
    commands.map(({ name }) => name),
    commandNames(),
  );
  for (const { name, summary, usage } of commands) {
    assert.ok(!summary.endsWith('.'), `${name}: its summary is no sentence`);
    assert.ok(
      usage.every((line) => line.startsWith(name)),
      `${name}: its usage`,
    );
    const { code, printed } = await maille([name, '--help']);
    assert.equal(code, 0);
    // A usage line is for copying, so it is never broken.
    const lines = printed.split('\n').filter((line) => !line.startsWith('  maille '));
    assert.ok(
      lines.every((line) => line.length <= 80),
      `${name}: ${printed}`,
    );
  }
  const { printed } = await maille(['--help']);
  for (const name of commandNames()) assert.ok(printed.includes(name));
});

test('wrong calls end with 2, and say how it goes', async () => {
  for (const argv of [
    [],
    ['nonsense'],
    ['--nonsense'],
    ['up', '--http', 'x'],
    ['machines', 'dance'],
    ['approve'],
    ['restore'],
  ]) {
    const { code, said } = await maille(argv);
    assert.equal(code, 2, argv.join(' '));
    assert.ok(!said.includes('    at '), said);
  }
  assert.match((await maille(['machnies'])).said, /did you mean machines\?/);
});

test('without a server there is a sentence, a remedy and exit code 1, never a stack', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'maille-cli-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const nobody = await maille(['machines', '--data', folder]);
  assert.equal(nobody.code, 1);
  assert.match(nobody.said, /no server has run with the data in .*\n {2}Start it \(maille up\)/);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const url = `http://127.0.0.1:${port}`;
  const closed = await maille(['machines', '--json'], { MAILLE_URL: url, MAILLE_TOKEN: 'x' });
  assert.equal(closed.code, 1);
  assert.ok(closed.said.startsWith(`maille: no server answers at ${url} (ECONNREFUSED)`), closed.said);
  assert.equal(JSON.parse(closed.printed).problem.code, 'unavailable');
  for (const bad of ['http://maille.example.org:4480', 'http://127.0.0.1.example.org', 'ftp://localhost']) {
    const refused = await maille(['machines'], { MAILLE_URL: bad, MAILLE_TOKEN: 'x' });
    assert.ok(refused.said.startsWith(`maille: MAILLE_URL is not HTTPS: ${bad}`), refused.said);
  }
});

test('machines come as a table that hostile names cannot break, and as JSON that keeps them', async (t) => {
  const { environment, asked } = await fakeServer(t, { 'GET /api/v1/machines': { machines: [machine] } });
  const table = await maille(['machines'], environment);
  assert.equal(table.code, 0);
  assert.match(table.printed, /evil\\u001b\[2Jname\s+pending\s+now\s+192\.0\.2\.7/);
  assert.equal(asked[0]?.authorization, 'Bearer secret');
  const json = await maille(['machines', '--json'], environment);
  assert.equal(JSON.parse(json.printed)[0].label, machine.label);
});

test('a machine is approved by its name or the beginning of its id; an unknown one is said', async (t) => {
  const { environment, asked } = await fakeServer(t, {
    'GET /api/v1/machines': { machines: [machine] },
    [`POST /api/v1/machines/${id}/approve`]: machine,
  });
  for (const word of ['db1', '0123']) assert.equal((await maille(['approve', word], environment)).code, 0);
  assert.equal(asked.filter(({ route }) => route.endsWith('/approve')).length, 2);
  const unknown = await maille(['approve', 'db2'], environment);
  assert.equal(unknown.code, 1);
  assert.match(unknown.said, /there is no machine db2/);
});

test('targets come from standard input; refused ones are listed by line and make it a problem', async (t) => {
  const { environment, asked } = await fakeServer(t, {
    'POST /api/v1/targets': {
      created: 1,
      existing: 0,
      refused: [{ line: 2, entry: 'x\u0007', reason: 'bad-name', message: 'no name' }],
      ids: [1],
    },
  });
  const { code, said, printed } = await maille(
    ['targets', 'add', '--interval', '5s', '--tag', 'a'],
    environment,
    '192.0.2.1\nx\n',
  );
  assert.equal(code, 1);
  assert.deepEqual(asked[0]?.body, { entries: '192.0.2.1\nx\n', tags: ['a'], intervalMs: 5_000 });
  assert.match(said, /line 2: x\\u0007: no name/);
  assert.match(printed, /Added: 1\..*Refused: 1\./);
});

test('what the server says is wrong is passed on with its remedy', async (t) => {
  const { environment } = await fakeServer(t, {});
  const { code, said } = await maille(['audit'], environment);
  assert.equal(code, 1);
  assert.equal(said, 'maille: no such thing\n  look');
});

test('a field of the request is told by the option that it came from', async (t) => {
  const change = ['targets', 'add', '192.0.2.1', '--interval', '0s'];
  const saying = async (title: string, field: string) => {
    const { environment } = await fakeServer(t, {}, { title, field });
    return (await maille(change, environment)).said.split('\n')[0];
  };
  assert.equal(
    await saying('the body: /intervalMs must be at least 1000 (1 s)', '/intervalMs'),
    'maille: --interval must be at least 1000 (1 s)',
  );
  assert.equal(await saying('that is too often', '/intervalMs'), 'maille: --interval: that is too often');
  // What was not given by an option is told as it is.
  assert.equal(await saying('the body: /tags/0 is odd', '/tags/0'), 'maille: the body: /tags/0 is odd');
});
