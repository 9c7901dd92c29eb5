import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHostCheck } from './host-check.ts';

const hosts = createHostCheck(() => ['Server1', 'server1.lan', '192.0.2.7', 'fe80::7%eth0', '2001:db8::7']);

test('own names and addresses, with and without a port', () => {
  for (const host of [
    'localhost',
    'localhost:4480',
    'LOCALHOST:4480',
    'localhost.:4480',
    '127.0.0.1',
    '[::1]:4443',
    'server1:4443',
    'server1.lan',
    '192.0.2.7:4443',
    '[fe80::7]:4443',
    '[2001:db8::7]',
  ])
    assert.equal(hosts.requireHost(host), host.toLowerCase());
});

test('all else is refused', () => {
  for (const host of [
    undefined,
    '',
    'evil.example',
    'localhost.evil.example',
    'server1.evil.example',
    '192.0.2.8',
    'localhost:4480:1',
    'localhost/x',
    'user@localhost',
    'localhost:4480 ',
    '127.0.0.2',
    '127.1',
    '0x7f000001',
    '2001:db8::7',
  ])
    assert.throws(() => hosts.requireHost(host), { code: 'forbidden' }, String(host));
});

test('an origin is the host that was asked, with its scheme and port', () => {
  hosts.requireOwnOrigin(undefined, 'localhost:4480', false);
  hosts.requireOwnOrigin('http://localhost:4480', 'localhost:4480', false);
  hosts.requireOwnOrigin('https://server1', 'server1', true);
  for (const [origin, host, secure] of [
    ['https://localhost:4480', 'localhost:4480', false],
    ['http://localhost:4481', 'localhost:4480', false],
    ['http://localhost', 'localhost:4480', false],
    ['http://evil.example', 'localhost:4480', false],
    ['null', 'localhost:4480', false],
    ['', 'localhost:4480', false],
  ] as const)
    assert.throws(() => hosts.requireOwnOrigin(origin, host, secure), { code: 'forbidden' }, origin);
});
