/** Short forms of chaos.soak.ts and link-cut.soak.ts. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { canMakeNamespaces } from '@maille/testkit/namespaces';

const skip = canMakeNamespaces ? false : 'network namespaces need root';

function run(script: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, script), ...args],
    { encoding: 'utf8', timeout: 180_000 },
  );
  assert.equal(status, 0, `${stdout}\n${stderr}`);
}

test('server, agent and sensor killed at random: all comes back, nothing is lost or doubled', {
  skip,
}, () => {
  run('chaos.soak.ts', '--seconds', '12', '--kills', '3', '--targets', '20', '--seed', '4');
});

test('a link cut for a while: the gap fills in, in order, while what is new goes on', { skip }, () => {
  run('link-cut.soak.ts', '--cut-seconds', '3', '--even-seconds', '1', '--targets', '50');
});
