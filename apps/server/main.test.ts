/** The program itself: environment in, one line out, a clean end; and a restore across two starts. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

interface Program {
  child: ChildProcess;
  ready: { ready: true; serverId: string; httpUrl: string; httpsUrl: string; signInUrl: string };
  ended: Promise<number>;
}

function launch(dataDir: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      MAILLE_DATA_DIR: dataDir,
      MAILLE_HTTP_LISTEN: '127.0.0.1:0',
      MAILLE_HTTPS_LISTEN: '127.0.0.1:0',
      MAILLE_PRESENCE: 'off',
      ...env,
    },
  });
  let output = '';
  let log = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  const ended = once(child, 'close').then(([code]) => code as number);
  return { child, ended, outputOf: () => output, logOf: () => log };
}

async function start(context: TestContext, dataDir: string): Promise<Program> {
  const { child, ended, outputOf, logOf } = launch(dataDir);
  context.after(() => {
    child.kill('SIGKILL');
    return ended;
  });
  while (!outputOf().includes('\n'))
    await Promise.race([
      once(child.stdout as NodeJS.ReadableStream, 'data'),
      ended.then((code) => {
        throw new Error(`ended with ${code}: ${logOf()}`);
      }),
    ]);
  const lines = outputOf().trimEnd().split('\n');
  assert.equal(lines.length, 1, 'one line');
  return { child, ended, ready: JSON.parse(lines[0] as string) };
}

function place(context: TestContext): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'maille-main-'));
  context.after(() => rmSync(dataDir, { recursive: true, force: true }));
  return dataDir;
}

async function ask(
  program: Program,
  dataDir: string,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const token = readFileSync(join(dataDir, 'local-api-token'), 'utf8').trim();
  const headers = { authorization: `Bearer ${token}`, ...init.headers };
  return fetch(`${program.ready.httpUrl.replace('localhost', '127.0.0.1')}/api/v1${path}`, {
    ...init,
    headers,
  });
}

const json = { 'content-type': 'application/json' };
const addTarget = (program: Program, dataDir: string, entries: string) =>
  ask(program, dataDir, '/targets', { method: 'POST', headers: json, body: JSON.stringify({ entries }) });
const hostsOf = async (program: Program, dataDir: string) => {
  const { targets } = (await (await ask(program, dataDir, '/targets')).json()) as {
    targets: { host: string }[];
  };
  return targets.map(({ host }) => host);
};

test('ready line, clean end by signal, and all is there again', async (context) => {
  const dataDir = place(context);
  const first = await start(context, dataDir);
  assert.equal(first.ready.ready, true);
  assert.match(first.ready.serverId, /^[0-9a-f]{32}$/);
  assert.match(first.ready.signInUrl, /^http:\/\/localhost:\d+\/sign-in#mll_/);
  assert.equal((await addTarget(first, dataDir, '192.0.2.1')).status, 200);
  first.child.kill('SIGTERM');
  assert.equal(await first.ended, 0);
  const second = await start(context, dataDir);
  assert.equal(second.ready.serverId, first.ready.serverId);
  assert.deepEqual(await hostsOf(second, dataDir), ['192.0.2.1']);
  second.child.kill('SIGINT');
  assert.equal(await second.ended, 0);
});

test('killed in the middle, it starts again', async (context) => {
  const dataDir = place(context);
  const first = await start(context, dataDir);
  await addTarget(first, dataDir, '192.0.2.1');
  first.child.kill('SIGKILL');
  await first.ended;
  const second = await start(context, dataDir);
  assert.deepEqual(await hostsOf(second, dataDir), ['192.0.2.1']);
});

test('a backup comes back: checked, taken at the next start, what was there is kept', async (context) => {
  const dataDir = place(context);
  const first = await start(context, dataDir);
  await addTarget(first, dataDir, '192.0.2.1');
  const backup = await ask(first, dataDir, '/backup', { method: 'POST' });
  assert.equal(backup.status, 200);
  assert.match(String(backup.headers.get('content-disposition')), /filename="maille-\d{8}T\d{4}\.tar"/);
  const tar = Buffer.from(await backup.arrayBuffer());
  await addTarget(first, dataDir, '192.0.2.2');
  const put = (body: Buffer) =>
    ask(first, dataDir, '/backup', { method: 'PUT', headers: { 'content-type': 'application/x-tar' }, body });
  assert.equal((await put(tar.subarray(0, tar.length / 2))).status, 400, 'half of one');
  assert.deepEqual(await hostsOf(first, dataDir), ['192.0.2.1', '192.0.2.2']);
  const restored = await put(tar);
  assert.equal(restored.status, 200);
  const { restarting, keptAt } = (await restored.json()) as { restarting: boolean; keptAt: string };
  assert.equal(restarting, true);
  assert.equal(await first.ended, 75, 'asks to be started again');

  const second = await start(context, dataDir);
  assert.deepEqual(await hostsOf(second, dataDir), ['192.0.2.1']);
  assert.equal(second.ready.serverId, first.ready.serverId);
  assert.ok(readdirSync(keptAt).includes('maille.sqlite'));
});

test('what keeps it from starting is said in one sentence', async (context) => {
  const holder = createServer();
  holder.listen(0, '127.0.0.1');
  await once(holder, 'listening');
  context.after(() => holder.close());
  const { port } = holder.address() as AddressInfo;
  const cases: [Record<string, string>, RegExp][] = [
    [
      { MAILLE_HTTP_LISTEN: `127.0.0.1:${port}` },
      new RegExp(`HTTP cannot listen on 127.0.0.1:${port}: .*process ${process.pid}`),
    ],
    [{ MAILLE_HTTP_LISTEN: '0.0.0.0:0' }, /plain HTTP is served on loopback only/],
    [{ MAILLE_HTTPS_LISTEN: 'nonsense' }, /MAILLE_HTTPS_LISTEN is nonsense/],
    [{ MAILLE_HTTPS_LISTEN: '192.0.2.1:0' }, /this machine has no such address/],
    [{ MAILLE_DATA_DIR: '/proc/nowhere' }, /the data folder \/proc\/nowhere cannot be written to/],
  ];
  await Promise.all(
    cases.map(async ([env, sentence]) => {
      const { ended, outputOf, logOf } = launch(place(context), env);
      assert.equal(await ended, 1);
      assert.match(logOf(), sentence);
      assert.match(logOf(), /"remedy":"/);
      assert.equal(outputOf(), '');
    }),
  );
});
