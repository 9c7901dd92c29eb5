import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cidrContains, parseCidr } from '@maille/base/cidr';
import { canonicalIpAddress, parseIpAddress } from '@maille/base/ip-address';
import { refusalReasons } from '@maille/wire/rest/targets';
import fc from 'fast-check';
import { NAMES_PREFIX, parseEntries } from './parse-entries.ts';

const hostsOf = (text: string, max?: number) => parseEntries(text, max).hosts.map(({ host }) => host);
const reasonOf = (text: string, max?: number) => parseEntries(text, max).refused.map(({ reason }) => reason);

test('every separator and comment', () => {
  assert.deepEqual(
    hostsOf('10.0.0.1,10.0.0.2;10.0.0.3 10.0.0.4\t10.0.0.5\r\n10.0.0.6\r10.0.0.7 # 10.0.0.8\n#9\n'),
    ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6', '10.0.0.7'],
  );
});

test('ranges, whole and short, spaced and of IPv6', () => {
  assert.deepEqual(hostsOf('10.0.0.1-3'), ['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  assert.deepEqual(hostsOf('10.0.0.254 - 10.0.1.1'), ['10.0.0.254', '10.0.0.255', '10.0.1.0', '10.0.1.1']);
  assert.deepEqual(hostsOf('2001:db8::fffe-2001:db8::1:1'), [
    '2001:db8::fffe',
    '2001:db8::ffff',
    '2001:db8::1:0',
    '2001:db8::1:1',
  ]);
  assert.deepEqual(hostsOf('10.0.0.9-9'), ['10.0.0.9']);
});

test('prefixes hold their hosts only', () => {
  assert.deepEqual(hostsOf('192.0.2.4/30'), ['192.0.2.5', '192.0.2.6']);
  assert.deepEqual(hostsOf('192.0.2.4/31'), ['192.0.2.4', '192.0.2.5']);
  assert.deepEqual(hostsOf('192.0.2.4/32'), ['192.0.2.4']);
  assert.equal(hostsOf('2001:db8::/120').length, 256);
  assert.equal(hostsOf('192.0.2.77/24').length, 254);
});

test('each kind of refusal, with line and entry', () => {
  const cases: [string, (typeof refusalReasons)[number]][] = [
    ['10.0.0.256', 'not-an-address'],
    ['10.0.0', 'not-an-address'],
    ['010.0.0.1', 'not-an-address'],
    ['0x7f.1', 'not-an-address'],
    ['0x7f000001', 'not-an-address'],
    ['2001:db8:::1', 'not-an-address'],
    ['10.0.0.5-1', 'range-reversed'],
    ['10.0.0.1-2001:db8::1', 'not-an-address'],
    ['10.0.0.1-x', 'not-an-address'],
    ['10.0.0.0/33', 'bad-length'],
    ['10.0.0.0/', 'bad-length'],
    ['name/24', 'not-an-address'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['::', 'unspecified'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['fe80::1', 'no-zone'],
    ['255.255.255.255', 'broadcast'],
    ['-host', 'bad-name'],
    ['a..b', 'bad-name'],
    ['exa$mple', 'bad-name'],
    [`${'a'.repeat(64)}.example`, 'bad-name'],
    ['10.0.0.0/8', 'too-many'],
    ['::/0', 'too-many'],
    ['2001:db8::-2001:db9::', 'too-many'],
  ];
  for (const [entry, reason] of cases) {
    const { hosts, refused } = parseEntries(`# first\n${entry}\n10.1.1.1`);
    assert.deepEqual(
      hosts.map(({ host }) => host),
      ['10.1.1.1'],
      entry,
    );
    assert.deepEqual(
      refused.map((one) => [one.line, one.entry, one.reason]),
      [[2, entry, reason]],
      entry,
    );
  }
});

test('a refused span adds nothing, and one over the bound neither', () => {
  assert.deepEqual(hostsOf('223.255.255.254-224.0.0.1'), []);
  assert.deepEqual(hostsOf('10.0.0.1 10.0.0.10-20', 5), ['10.0.0.1']);
  assert.deepEqual(reasonOf('10.0.0.1 10.0.0.10-20', 5), ['too-many']);
  assert.deepEqual(reasonOf('10.0.0.1-3 10.0.0.1-4 10.0.0.5', 3), ['too-many', 'too-many']);
  assert.deepEqual(hostsOf('10.0.0.1-3 10.0.0.1-3 10.0.0.2', 3).length, 3);
});

test('names', () => {
  assert.deepEqual(parseEntries('Router.LAN. my_printer a-b.example xn--bcher-kva.example').hosts, [
    { host: 'router.lan', prefix: NAMES_PREFIX },
    { host: 'my_printer', prefix: NAMES_PREFIX },
    { host: 'a-b.example', prefix: NAMES_PREFIX },
    { host: 'xn--bcher-kva.example', prefix: NAMES_PREFIX },
  ]);
});

test('addresses become canonical and are kept once', () => {
  assert.deepEqual(parseEntries('2001:DB8:0:0::1 2001:db8::1 fe80::1%eth0').hosts, [
    { host: '2001:db8::1', prefix: '2001:db8::/64' },
    { host: 'fe80::1%eth0', prefix: 'fe80::/64' },
  ]);
});

test('a hundred thousand lines are taken, refusals stay bounded', () => {
  const lines = Array.from(
    { length: 100_000 },
    (_, i) => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`,
  );
  assert.equal(parseEntries(lines.join('\n')).hosts.length, 100_000);
  const bad = parseEntries('!\n'.repeat(5_000));
  assert.equal(bad.refused.length, 1_001);
  assert.match(bad.refused.at(-1)?.message ?? '', /^4000 more/);
});

const ipv4 = fc
  .tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255), fc.nat(255), fc.nat(255))
  .map((parts) => parts.join('.'));
const ipv6 = fc.ipV6().filter((text) => {
  const address = parseIpAddress(text);
  return address !== undefined && address.bytes[0] !== 0xff && address.bytes.some((byte) => byte !== 0);
});

test('property: good addresses all come back, in order, once, each inside of its prefix', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(ipv4, ipv6), { maxLength: 60 }),
      fc.constantFrom(',', ' ', '\n', '; ', '\r\n'),
      (entries, separator) => {
        const { hosts, refused } = parseEntries(entries.join(separator));
        assert.deepEqual(refused, []);
        assert.deepEqual(
          hosts.map(({ host }) => host),
          [...new Set(entries.map((entry) => canonicalIpAddress(entry)))],
        );
        for (const { host, prefix } of hosts) {
          const cidr = parseCidr(prefix);
          const address = parseIpAddress(host);
          assert.ok(cidr && address && cidrContains(cidr, address));
          assert.equal(cidr.prefixLength, address.family === 4 ? 24 : 64);
        }
      },
    ),
  );
});

test('property: a range has as many hosts as its ends are apart', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0x01000000, max: 0xdffff000 }), fc.nat(3_000), (start, length) => {
      const text = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
      const { hosts, refused } = parseEntries(`${text(start)}-${text(start + length)}`);
      assert.deepEqual(refused, []);
      assert.equal(hosts.length, length + 1);
      assert.equal(hosts.at(-1)?.host, text(start + length));
    }),
  );
});

test('fuzz: whatever is pasted, what comes out is canonical, bounded and accounted for', () => {
  const scrap = fc.oneof(
    ipv4,
    ipv6,
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(
      '-',
      '/',
      ',',
      '\n',
      '#',
      '%',
      ':',
      '..',
      '::',
      '/0',
      '-0',
      '\u0000',
      'ff',
      '10.0.0.',
      '1e3',
      '٣',
    ),
    fc.nat(70_000).map(String),
  );
  fc.assert(
    fc.property(fc.array(scrap, { maxLength: 40 }), (scraps) => {
      const { hosts, refused } = parseEntries(scraps.join(''), 500);
      assert.ok(hosts.length <= 500);
      assert.equal(new Set(hosts.map(({ host }) => host)).size, hosts.length);
      for (const { host, prefix } of hosts) {
        if (prefix === NAMES_PREFIX) assert.match(host, /^[a-z0-9_.-]{1,253}$/);
        else assert.equal(canonicalIpAddress(host), host);
      }
      for (const { entry, reason, message } of refused) {
        assert.ok(entry.length <= 300 && message.length > 0);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none may come through
        assert.doesNotMatch(entry, /[\u0000-\u001f\u007f]/);
        assert.ok(refusalReasons.includes(reason));
      }
    }),
    { numRuns: 5_000 },
  );
});
