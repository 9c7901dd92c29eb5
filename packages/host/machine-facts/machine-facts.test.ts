import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MachineFacts } from '@maille/wire/link/messages';
import { checker } from '@maille/wire/schema';
import fc from 'fast-check';
import { gatherMachineFacts } from './machine-facts.ts';
import {
  parseBootTimeMs,
  parseIpv4Gateways,
  parseIpv6Gateways,
  parseOsName,
  parseResolvers,
} from './parse-network.ts';

test('the facts of this machine fit the wire', async () => {
  const finding = { id: 'raw-sockets', severity: 'missing', title: 'No raw sockets' } as const;
  const facts = await gatherMachineFacts({ version: '0.1.0', findings: async () => [finding] });
  checker(MachineFacts).check(facts, 'facts');
  assert.ok(facts.hostname.length > 0);
  assert.ok(facts.memoryBytes > 0 && facts.cpus > 0 && facts.bootedAtMs > 0);
  assert.deepEqual(facts.findings, [finding]);
});

test('gateways are read as the kernel writes them', () => {
  const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
  const v4 = [
    'eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    'eth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0',
    'eth1\t00000000\t010200C0\t0003\t0\t0\t200\t00000000\t0\t0\t0',
    'ppp0\t00000000\t00000000\t0001\t0\t0\t300\t00000000\t0\t0\t0',
  ];
  assert.deepEqual(parseIpv4Gateways(`${head}${v4.join('\n')}\n`), ['192.0.2.1']);
  const zeros = '0'.repeat(32);
  const v6 = [
    `${zeros} 00 ${zeros} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eth0`,
    `${zeros} 00 ${zeros} 00 20010db8000000000000000000000001 00000400 00000001 00000000 00000003 eth1`,
    `${zeros} 00 ${zeros} 00 ${zeros} ffffffff 00000001 00000000 00200200 lo`,
    `20010db8000000000000000000000000 40 ${zeros} 00 ${zeros} 00000100 00000001 00000000 00000001 eth1`,
  ];
  assert.deepEqual(parseIpv6Gateways(v6.join('\n')), ['fe80::1%eth0', '2001:db8::1']);
});

test('resolvers, name and boot time', () => {
  const resolv =
    '# made by hand\nsearch example.org\nnameserver 192.0.2.53\n nameserver 2001:DB8::53 # two\nnameserver x\n';
  assert.deepEqual(parseResolvers(resolv), ['192.0.2.53', '2001:db8::53']);
  assert.equal(
    parseOsName('ID=debian\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n'),
    'Debian GNU/Linux 13 (trixie)',
  );
  assert.equal(parseOsName('PRETTY_NAME=Alpine\n'), 'Alpine');
  assert.equal(parseOsName(''), '');
  assert.equal(parseBootTimeMs('cpu 1 2\nbtime 1700000000\n'), 1_700_000_000_000);
});

test('no text makes the parsers fail', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      for (const parse of [parseIpv4Gateways, parseIpv6Gateways, parseResolvers]) parse(text);
      parseOsName(text);
      assert.ok(parseBootTimeMs(text) >= 0);
    }),
  );
});
