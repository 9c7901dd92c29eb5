import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Finding } from '@maille/wire/link/messages';
import { checker } from '@maille/wire/schema';
import type { HostEvidence } from './host-evidence.ts';
import { inspectHost } from './inspect-host.ts';
import { judgeHost } from './judge-host.ts';

const rootOnDebian: HostEvidence = {
  kernel: '6.1.0-38-amd64',
  nodeVersion: '24.21.0',
  isRoot: true,
  canOpenRawSockets: true,
  canOpenPingSockets: true,
  hasPacketSockets: true,
  hasIpv6: true,
  hasSystemd: true,
  hasUserMaille: true,
  hasSudo: true,
  clockSynchronized: true,
  maxOpenFiles: 1_048_576,
  dataDir: '/var/lib/maille',
  diskFreeBytes: 50e9,
  diskTotalBytes: 100e9,
  command: 'maille',
};
const person: HostEvidence = {
  ...rootOnDebian,
  isRoot: false,
  canOpenRawSockets: false,
  canOpenPingSockets: false,
  hasUserMaille: false,
};
const find = (evidence: HostEvidence, id: string, ...rest: [('raw' | 'datagram')?]) =>
  judgeHost(evidence, ...rest).find((finding) => finding.id === id);

test('an installed machine with root lacks nothing', () => {
  assert.deepEqual(
    judgeHost(rootOnDebian).filter((finding) => finding.severity !== 'fine'),
    [],
  );
});

test('a person without root is told each thing that is missing, with one command, the worst first', () => {
  const findings = judgeHost(person).filter((finding) => finding.severity !== 'fine');
  assert.deepEqual(
    findings.map((finding) => [finding.id, finding.severity]),
    [
      ['raw-sockets', 'broken'],
      ['capture', 'missing'],
      ['services', 'missing'],
      ['user-maille', 'missing'],
    ],
  );
  for (const finding of findings) assert.match(finding.remedy ?? '', /^sudo \S/);
  assert.equal(
    find(person, 'raw-sockets')?.remedy,
    'sudo sysctl -w net.ipv4.ping_group_range="0 2147483647"',
    'what the tests of the sensor show to bring it',
  );
  assert.equal(
    find({ ...person, hasSudo: false }, 'capture')?.remedy,
    'su -c "maille install agent"',
    'Debian without sudo has su',
  );
});

test('unprivileged sockets are enough to ping, raw ones are better', () => {
  assert.equal(find({ ...person, canOpenPingSockets: true }, 'raw-sockets')?.severity, 'missing');
});

test('an agent without rights believes its sensor, which has them', () => {
  assert.equal(find(person, 'raw-sockets', 'raw')?.severity, 'fine');
  assert.equal(find(person, 'capture', 'raw')?.severity, 'fine');
  assert.equal(find(rootOnDebian, 'raw-sockets', 'datagram')?.severity, 'missing');
});

test('a server misses nothing that only an agent needs', () => {
  assert.deepEqual(
    judgeHost(person, undefined, true).filter((finding) => finding.severity !== 'fine'),
    [],
  );
});

test('a disk is judged by what is left', () => {
  assert.equal(find({ ...rootOnDebian, diskFreeBytes: 500e6 }, 'disk')?.severity, 'missing');
  assert.equal(find({ ...rootOnDebian, diskFreeBytes: 50e6 }, 'disk')?.severity, 'broken');
});

test('old kernels, old Nodes, unset clocks and few files are said', () => {
  assert.equal(find({ ...rootOnDebian, kernel: '4.19.0-27' }, 'kernel')?.severity, 'broken');
  assert.equal(find({ ...rootOnDebian, kernel: '5.10.0-35' }, 'kernel')?.severity, 'fine');
  assert.equal(find({ ...rootOnDebian, nodeVersion: '20.1.0' }, 'node')?.severity, 'broken');
  assert.equal(find({ ...rootOnDebian, clockSynchronized: false }, 'clock')?.severity, 'missing');
  assert.equal(find({ ...rootOnDebian, clockSynchronized: undefined }, 'clock')?.severity, 'fine');
  assert.equal(find({ ...rootOnDebian, maxOpenFiles: 1024 }, 'open-files')?.severity, 'missing');
});

test('what it says of this machine fits the wire', async () => {
  const { fits } = checker(Finding);
  for (const finding of await inspectHost({ dataDir: '/nowhere/yet' })) {
    assert.ok(fits(finding), JSON.stringify(finding));
  }
});
