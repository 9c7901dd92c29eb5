/**
 * `maille install` on a Debian that boots with systemd: units come up, answer, come back after a kill,
 * are as closed as promised, and an uninstall leaves nothing but the data.
 *
 *   npm run soak -- install [--suite bookworm|trixie]
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process';
import { cpSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { baseRoot, openRoot, type Suite } from './debian-root.ts';
import { projectRoot } from './source-files.ts';

const PATIENCE_MS = 90_000;
const HIGHEST_EXPOSURE = 3.0;
const units = ['maille-server', 'maille-sensor', 'maille-agent'];

const { values } = parseArgs({ options: { suite: { type: 'string', default: 'bookworm' } } });
if (process.getuid?.() !== 0) {
  console.error('This boots a Debian: it needs root, debootstrap and systemd-container.');
  process.exit(2);
}

/** The container's own init, seen from here: the child of nspawn, once it has become systemd. */
function findInit(nspawn: ChildProcess): number | undefined {
  try {
    const children = readFileSync(`/proc/${nspawn.pid}/task/${nspawn.pid}/children`, 'utf8')
      .trim()
      .split(' ');
    return children.map(Number).find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'systemd');
  } catch {
    return undefined;
  }
}

async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = look();
    if (found) return found;
    if (performance.now() > endMs) throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`);
    await wait(250);
  }
}

const base = baseRoot(
  values.suite as Suite,
  'systemd',
  ['systemd', 'systemd-sysv', 'dbus', 'procps', 'iproute2'],
  console.log,
);
const root = openRoot(base);
const clone = join(root.folder, 'root', 'maille');
let nspawn: ChildProcess | undefined;
try {
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', projectRoot, clone]);
  // What npm would install: installing is another proof's business.
  for (const folder of globSync(['node_modules', '{apps,packages}/*/node_modules'], { cwd: projectRoot })) {
    cpSync(join(projectRoot, folder), join(clone, folder), { recursive: true, verbatimSymlinks: true });
  }

  nspawn = root.spawn([], { boot: true, privateNetwork: true });
  nspawn.stdout?.resume();
  nspawn.stderr?.resume();
  const init = await until('the init', () => findInit(nspawn as ChildProcess));
  const inside = (...argv: string[]) =>
    spawnSync('nsenter', ['--target', String(init), '--all', '--wdns=/root/maille', '--', ...argv], {
      encoding: 'utf8',
    });
  const shown = (...argv: string[]) => {
    const { status, stdout, stderr } = inside(...argv);
    assert.equal(status, 0, `${argv.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  await until('systemd', () => /running|degraded/.test(inside('systemctl', 'is-system-running').stdout));
  const filesOfMaille = () => {
    const elsewhere = ['/proc/*', '/sys/*', '/root/*'].flatMap((path) => ['-not', '-path', path]);
    return shown('find', '/', '-xdev', ...elsewhere, '-path', '*maille*');
  };
  const before = filesOfMaille();

  const startedMs = performance.now();
  shown('./maille', 'install', 'server', 'agent');
  console.log(`installed in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  for (const unit of units) {
    await until(`${unit} active`, () => inside('systemctl', 'is-active', unit).stdout.trim() === 'active');
  }
  const machines = () => {
    const { status, stdout } = inside('maille', 'machines', '--json');
    return status === 0
      ? (JSON.parse(stdout) as {
          state: string;
          connected: boolean;
          status?: { sensor: string; probing: string };
        }[])
      : [];
  };
  const healthy = () =>
    machines().find(
      ({ state, connected, status }) => state === 'approved' && connected && status?.sensor === 'running',
    );
  const machine = await until('the agent approved, connected, with its sensor', healthy);
  console.log(`server, agent and sensor run; the sensor probes by ${machine.status?.probing} sockets`);
  assert.equal(machine.status?.probing, 'raw');
  for (const [unit, user] of [
    ['maille-server', 'maille'],
    ['maille-agent', 'maille'],
    ['maille-sensor', 'maille'],
  ] as const) {
    const pid = shown('systemctl', 'show', '--property=MainPID', '--value', unit).trim();
    assert.equal(shown('ps', '-o', 'user=', '-p', pid).trim(), user, `${unit} runs as ${user}`);
  }
  assert.match(shown('maille', 'sign-in-link'), /\/sign-in#/);
  assert.ok(!/sign-in#/.test(shown('journalctl', '--no-pager', '-b')), 'no sign-in link in the journal');

  for (const unit of units) {
    const report = shown('systemd-analyze', 'security', '--no-pager', `${unit}.service`);
    const level = Number(/Overall exposure level for \S+: (\d+\.\d)/.exec(report)?.[1]);
    console.log(`${unit}: exposure ${level}`);
    assert.ok(level <= HIGHEST_EXPOSURE);
  }

  for (const unit of units) {
    const pid = () => shown('systemctl', 'show', '--property=MainPID', '--value', unit).trim();
    const killed = pid();
    shown('kill', '-9', killed);
    await until(
      `${unit} back`,
      () =>
        !['0', killed].includes(pid()) && inside('systemctl', 'is-active', unit).stdout.trim() === 'active',
    );
    await until(`all well after ${unit} was killed`, healthy);
    console.log(`${unit}: killed, and back`);
  }

  shown('maille', 'install', 'server', 'agent');
  await until('all well after a second install', healthy);
  console.log('installing again changes nothing that matters');

  shown('./maille', 'uninstall');
  const after = filesOfMaille();
  const left = after
    .split('\n')
    .filter((path) => !before.split('\n').includes(path) && !path.startsWith('/var/lib/maille'));
  assert.deepEqual(left, [], 'nothing is left but the data');
  assert.notEqual(inside('id', 'maille').status, 0);
  assert.equal(shown('stat', '-c', '%U %a', '/var/lib/maille').trim(), 'root 700');
  shown('./maille', 'uninstall', '--purge');
  assert.notEqual(inside('test', '-e', '/var/lib/maille').status, 0);
  console.log('uninstalled: nothing left but the data; purged: nothing left');
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  if (nspawn) {
    const ended = new Promise((resolve) => nspawn?.on('close', resolve));
    nspawn.kill('SIGTERM');
    await Promise.race([ended, wait(20_000, undefined, { ref: false })]);
    nspawn.kill('SIGKILL');
  }
  root.remove();
}
