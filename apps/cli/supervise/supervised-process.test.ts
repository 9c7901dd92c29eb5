/** Real child processes with little programs; every wait is for an event, never for time. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Clock, systemClock } from '@maille/base/clock';
import { type SupervisedProcess, superviseProcess } from './supervised-process.ts';

const READY = `process.stdout.write(JSON.stringify({ ready: true, pid: process.pid }) + '\\n');`;
const STAY = `setInterval(() => {}, 60_000);`;

/** Pauses before a restart take no time here; the patience of `stop` is as ever. */
const impatientClock: Clock = {
  ...systemClock,
  after(delayMs, fn) {
    const timer = setTimeout(fn, delayMs < 10_000 ? 0 : delayMs);
    return () => clearTimeout(timer);
  },
};

function supervise(t: TestContext, source: string) {
  const folder = mkdtempSync(join(tmpdir(), 'maille-supervise-'));
  const program = join(folder, 'program.ts');
  writeFileSync(program, source);
  const logs: string[] = [];
  const events: { ready?: Record<string, unknown>; died?: string; restartMs?: number }[] = [];
  let wake = () => {};
  const note = (event: (typeof events)[number]) => {
    events.push(event);
    wake();
  };
  const supervised: SupervisedProcess = superviseProcess({
    program,
    environment: { ...process.env, NODE_TEST_CONTEXT: '' },
    clock: impatientClock,
    onReady: (ready) => note({ ready }),
    onLog: (line) => logs.push(line),
    onDied: ({ how, restartMs }) => note({ died: how, restartMs }),
  });
  t.after(async () => {
    supervised.kill();
    await supervised.stop();
    rmSync(folder, { recursive: true });
  });
  const next = async () => {
    while (events.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return events.shift() as (typeof events)[number];
  };
  return { supervised, next, logs };
}

test('what is killed starts again, and is another process', async (t) => {
  const { next, supervised } = supervise(t, READY + STAY);
  const first = (await next()).ready?.pid as number;
  assert.equal(first, supervised.pid);
  process.kill(first, 'SIGKILL');
  const death = await next();
  assert.equal(death.died, 'killed by SIGKILL');
  assert.equal(death.restartMs, 500);
  const second = (await next()).ready?.pid as number;
  assert.notEqual(second, first);
});

test('the pause grows while it keeps dying, and exit code 75 means at once', async (t) => {
  const dying = supervise(t, 'console.error("no"); process.exit(3);');
  assert.deepEqual(await dying.next(), { died: 'exit code 3', restartMs: 500 });
  assert.deepEqual(await dying.next(), { died: 'exit code 3', restartMs: 1_000 });
  assert.deepEqual(dying.logs, ['no', 'no']);
  const restoring = supervise(t, 'process.exit(75);');
  assert.equal((await restoring.next()).restartMs, 0);
  assert.equal((await restoring.next()).restartMs, 0);
});

test('stop asks with SIGTERM, waits for the end, and nothing starts again', async (t) => {
  const { next, supervised, logs } = supervise(
    t,
    `process.on('SIGTERM', () => { console.error('goodbye'); process.exit(0); }); ${READY}${STAY}`,
  );
  await next();
  await supervised.stop();
  assert.equal(supervised.pid, undefined);
  assert.deepEqual(logs, ['goodbye']);
});

test('a supervisor that is killed takes its programs with it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'maille-supervise-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = join(folder, 'program.ts');
  writeFileSync(program, READY + STAY);
  const here = JSON.stringify(join(import.meta.dirname, 'supervised-process.ts'));
  const supervisor = join(folder, 'supervisor.ts');
  writeFileSync(
    supervisor,
    `import { superviseProcess } from ${here};
    const clock = { wallMs: Date.now, monoMs: () => performance.now(), after: () => () => {}, every: () => () => {} };
    superviseProcess({ program: ${JSON.stringify(program)}, environment: process.env, clock,
      onReady: (line) => console.log(line.pid), onLog: () => {}, onDied: () => {} });`,
  );
  const child = spawn(process.execPath, [supervisor], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  const watched = spawn('tail', [`--pid=${pid}`, '-f', '/dev/null']);
  child.kill('SIGKILL');
  // tail ends when the process that it watches does.
  const [code] = (await once(watched, 'close')) as [number];
  assert.equal(code, 0);
  assert.throws(() => readFileSync(`/proc/${pid}/cmdline`), /ENOENT/);
});
