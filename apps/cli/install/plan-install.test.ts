import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { linkUrl } from '../commands/join.ts';
import { type InstallFacts, planInstall, planUninstall } from './plan-install.ts';
import { type LockPackages, runtimeFolders } from './runtime-files.ts';
import { describeStep } from './step.ts';
import { type UnitName, unitText } from './unit-text.ts';

const bare: InstallFacts = {
  architecture: 'x64',
  hasUserMaille: false,
  projectRoot: '/root/maille',
  installed: [],
};
const words = (steps: ReturnType<typeof planInstall>) =>
  steps.map((step) => describeStep(step).split('\n')[0]);

test('a bare machine gets its user, the program, folders, settings and units, in this order', () => {
  assert.deepEqual(words(planInstall(['agent'], bare)), [
    'useradd --system --user-group --no-create-home --home-dir /var/lib/maille --shell /usr/sbin/nologin maille',
    'copy the program from /root/maille to /opt/maille',
    'ln -sfn /opt/maille/maille /usr/local/bin/maille',
    'mkdir -p -m 700 /var/lib/maille',
    'chown --recursive maille:maille /var/lib/maille',
    'write /etc/maille/agent.env unless it is there:',
    'write /etc/maille/sensor.env unless it is there:',
    'write /etc/systemd/system/maille-sensor.service:',
    'write /etc/systemd/system/maille-agent.service:',
    'write /etc/tmpfiles.d/maille.conf:',
    'systemd-tmpfiles --create /etc/tmpfiles.d/maille.conf',
    'systemctl daemon-reload',
    'systemctl enable --quiet maille-sensor maille-agent',
    'systemctl restart maille-sensor maille-agent',
  ]);
});

test('what is installed is brought up to date with what is added, and nothing is done twice', () => {
  const steps = planInstall(['server'], {
    ...bare,
    hasUserMaille: true,
    projectRoot: '/opt/maille',
    installed: ['agent'],
    localAgentId: 'a'.repeat(32),
    localServerId: 'b'.repeat(32),
  });
  const lines = words(steps);
  assert.ok(!lines.some((line) => line?.startsWith('useradd') || line?.startsWith('copy')));
  assert.equal(lines.at(-1), 'systemctl restart maille-server maille-sensor maille-agent');
  const text = steps.map(describeStep).join('\n');
  assert.match(text, new RegExp(`MAILLE_LOCAL_AGENT_ID=${'a'.repeat(32)}`));
  assert.match(text, new RegExp(`MAILLE_SERVER_ID=${'b'.repeat(32)}`));
});

test('an uninstall leaves the data, to root; a purge leaves nothing; one part leaves the other alone', () => {
  const facts = { staying: [], hasUserMaille: true, hasData: true };
  const all = words(planUninstall(['server', 'agent'], facts, false));
  assert.ok(all.includes('chown --recursive root:root /var/lib/maille'));
  assert.ok(all.includes('userdel maille'));
  assert.ok(all.includes('rm -rf /opt/maille'));
  assert.ok(!all.includes('rm -rf /var/lib/maille'));
  assert.ok(words(planUninstall(['server', 'agent'], facts, true)).includes('rm -rf /var/lib/maille'));
  const one = words(planUninstall(['agent'], { ...facts, staying: ['server'] }, true)).join('\n');
  assert.ok(!/server|opt\/maille|userdel|var\/lib/.test(one), one);
});

test('the runtime of an installed Maille: what the programs reach, nested versions too, and no more', () => {
  const packages: LockPackages = {
    'apps/agent': { dependencies: { '@maille/base': '*', ws: '8' } },
    'apps/cli': {},
    'apps/server': { dependencies: { fastify: '5' } },
    'apps/web': { dependencies: { react: '19' } },
    'packages/base': {},
    'node_modules/@maille/base': { link: true, resolved: 'packages/base' },
    'node_modules/ws': {},
    'node_modules/react': {},
    'node_modules/fastify': { dependencies: { semver: '7' }, optionalDependencies: { absent: '1' } },
    'node_modules/semver': {},
    'node_modules/fastify/node_modules/semver': {},
  };
  assert.deepEqual(runtimeFolders(packages), {
    ours: ['apps/agent', 'apps/cli', 'apps/server', 'packages/base'],
    theirs: ['node_modules/fastify', 'node_modules/fastify/node_modules/semver', 'node_modules/ws'],
  });
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package-lock.json'), 'utf8')) as {
    packages: LockPackages;
  };
  const { ours, theirs } = runtimeFolders(lock.packages);
  assert.ok(ours.includes('packages/host') && theirs.includes('node_modules/koffi'));
  assert.ok(!theirs.some((folder) => /typescript|biome|playwright|react$/.test(folder)));
});

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
const limits: Record<UnitName, number> = { 'maille-server': 3.0, 'maille-agent': 3.0, 'maille-sensor': 3.0 };
for (const [name, limit] of Object.entries(limits) as [UnitName, number][]) {
  test(`${name} is exposed by ${limit.toFixed(1)} at most`, {
    skip: hasAnalyze ? false : 'needs systemd-analyze',
  }, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'maille-unit-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, `${name}.service`);
    writeFileSync(file, unitText(name, { architecture: 'x64' }));
    const { stdout, stderr } = spawnSync(
      'systemd-analyze',
      ['security', '--offline=true', '--no-pager', file],
      {
        encoding: 'utf8',
      },
    );
    const level = /Overall exposure level for \S+: (\d+\.\d)/.exec(stdout)?.[1];
    assert.ok(level !== undefined, stderr);
    assert.ok(Number(level) <= limit, `${name}: ${level}`);
  });
}

test('the address that people copy becomes the one that an agent calls', () => {
  assert.equal(linkUrl('https://maille.example.org:4443'), 'wss://maille.example.org:4443/link');
  assert.equal(linkUrl('maille.example.org'), 'wss://maille.example.org:4443/link');
  assert.equal(linkUrl('https://[2001:db8::1]:4443/'), 'wss://[2001:db8::1]:4443/link');
  assert.equal(linkUrl('https://example.org:443'), 'wss://example.org/link');
  assert.throws(() => linkUrl('http://example.org'), /always encrypted/);
});
