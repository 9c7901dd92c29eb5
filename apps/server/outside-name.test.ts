import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseOutsideName } from './outside-name.ts';

const at = (address: string, internal = false) => ({
  address,
  internal,
  family: address.includes(':') ? ('IPv6' as const) : ('IPv4' as const),
});
const loopback = { lo: [at('127.0.0.1', true), at('::1', true)] };
const header = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n';

test('a whole name is one that others can look up', () => {
  assert.equal(
    chooseOutsideName('web.example.org', { ...loopback, eth0: [at('192.0.2.5')] }, header),
    'web.example.org',
  );
});

test('a bare name gives way to the address on the way out, whatever came first', () => {
  const interfaces = { ...loopback, docker0: [at('172.17.0.1')], eth0: [at('fe80::1'), at('192.0.2.5')] };
  const route = `${header}docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\neth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`;
  assert.equal(chooseOutsideName('web', interfaces, route), '192.0.2.5');
  assert.equal(chooseOutsideName('web', interfaces, header), '172.17.0.1');
});

test('IPv6 stands in brackets; with loopback alone the name is all there is', () => {
  assert.equal(
    chooseOutsideName('web', { ...loopback, eth0: [at('fe80::1'), at('2001:db8::5')] }, header),
    '[2001:db8::5]',
  );
  assert.equal(chooseOutsideName('web', { ...loopback, eth0: [at('fe80::1')] }, ''), 'web');
});
