import assert from 'node:assert/strict';
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { cidrContains, cidrHosts, cidrSize, enclosingCidr, formatCidr, parseCidr } from './cidr.ts';
import {
  canonicalIpAddress,
  formatIpAddress,
  ipAddressFromBigInt,
  ipAddressToBigInt,
  parseIpAddress,
} from './ip-address.ts';

const anyAddress = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => ({ family: 4 as const, bytes })),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => ({ family: 6 as const, bytes })),
  // Runs of zeros are where RFC 5952 is decided.
  fc
    .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
    .map((b) => ({ family: 6 as const, bytes: Uint8Array.from(b) })),
);

test('an address survives text and integer', () => {
  fc.assert(
    fc.property(anyAddress, (address) => {
      assert.deepEqual(parseIpAddress(formatIpAddress(address)), address);
      assert.deepEqual(ipAddressFromBigInt(ipAddressToBigInt(address), address.family), address);
    }),
  );
});

test('the canonical text of an IPv6 address is the one that URL parsing gives', () => {
  fc.assert(
    fc.property(anyAddress, (address) => {
      fc.pre(address.family === 6);
      const text = formatIpAddress(address);
      assert.equal(new URL(`http://[${text}]/`).hostname, `[${text}]`);
    }),
  );
});

test('what is an address is what Node takes for one', () => {
  const piece = fc.constantFrom('0', '1', '10', '255', '256', '01', 'f', 'ffff', '10000', ':', '::', '.', '');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6(),
        fc.array(piece, { maxLength: 17 }).map((p) => p.join('')),
      ),
      (text) => {
        assert.equal(parseIpAddress(text) !== undefined, isIPv4(text) || isIPv6(text), text);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a zone is kept, and only where it can be an interface', () => {
  assert.equal(canonicalIpAddress('FE80:0::1%eth0'), 'fe80::1%eth0');
  assert.equal(canonicalIpAddress('fe80::1%'), undefined);
  assert.equal(canonicalIpAddress('fe80::1%eth0;reboot'), undefined);
  assert.equal(canonicalIpAddress('10.0.0.1%eth0'), undefined);
});

test('a prefix holds what BlockList says that it holds', () => {
  fc.assert(
    fc.property(anyAddress, anyAddress, fc.nat(128), (a, b, length) => {
      fc.pre(a.family === b.family && length <= a.bytes.length * 8 && length > 0);
      const cidr = enclosingCidr(a, length);
      const family = a.family === 4 ? 'ipv4' : 'ipv6';
      const list = new BlockList();
      list.addSubnet(formatIpAddress(cidr.base), length, family);
      assert.ok(cidrContains(cidr, a));
      assert.equal(cidrContains(cidr, b), list.check(formatIpAddress(b), family));
      assert.deepEqual(parseCidr(formatCidr(cidr)), cidr);
    }),
  );
});

test('hosts of a prefix: without network and broadcast, but both of a /31', () => {
  const hosts = (text: string) => [...cidrHosts(parseCidr(text)!)].map(formatIpAddress);
  assert.deepEqual(hosts('192.0.2.9/30'), ['192.0.2.9', '192.0.2.10']);
  assert.deepEqual(hosts('192.0.2.8/31'), ['192.0.2.8', '192.0.2.9']);
  assert.deepEqual(hosts('192.0.2.8/32'), ['192.0.2.8']);
  assert.deepEqual(hosts('2001:db8::/127'), ['2001:db8::', '2001:db8::1']);
  assert.equal(hosts('10.1.0.0/24').length, 254);
  assert.equal(cidrSize(parseCidr('::/0')!), 1n << 128n);
  assert.equal(parseCidr('10.0.0.0/33'), undefined);
  assert.equal(parseCidr('10.0.0.0'), undefined);
});
