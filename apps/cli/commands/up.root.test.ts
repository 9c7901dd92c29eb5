import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '@maille/testkit/eventually';
import { canMakeNamespaces, createNetwork } from '@maille/testkit/namespaces';

/** The programs that a process supervises. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((candidate) => {
      try {
        // Field 4 of stat, after the name in brackets.
        const stat = readFileSync(`/proc/${candidate}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
      } catch {
        return false; // gone meanwhile
      }
    });
}

test('all three programs killed in one moment come back; Ctrl-C leaves no process', {
  skip: !canMakeNamespaces && 'needs root',
  timeout: 90_000,
}, async (context) => {
  const network = createNetwork();
  const folder = mkdtempSync(join(tmpdir(), 'maille-up-'));
  const maille = network
    .addNamespace('up')
    .spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '..', 'main.ts'), 'up'],
      { env: { ...process.env, MAILLE_DATA_DIR: join(folder, 'data') }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
  context.after(() => {
    maille.kill('SIGKILL');
    network.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  let said = '';
  for (const stream of [maille.stdout, maille.stderr])
    stream?.on('data', (chunk) => {
      said += chunk;
    });
  const pid = maille.pid as number;
  await eventually('Maille is ready', () => said.includes('Maille is ready'), 60_000);
  await eventually('all three run', () => childrenOf(pid).length === 3);
  for (const child of childrenOf(pid)) process.kill(child, 'SIGKILL');
  for (const name of ['server', 'agent', 'sensor'])
    await eventually(`${name} runs again`, () => said.includes(`The ${name} runs again.`), 20_000);
  const children = childrenOf(pid);
  assert.equal(children.length, 3);

  const ended = new Promise((resolve) => maille.on('exit', resolve));
  maille.kill('SIGINT');
  assert.equal(await ended, 0);
  for (const child of children) assert.throws(() => process.kill(child, 0), { code: 'ESRCH' });
});
