import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import { formatIpAddress, ipAddressFromBigInt } from '@maille/base/ip-address';
import fc from 'fast-check';
import { MAX_OWN_PREFIXES, readOwnPrefixes } from './own-prefixes.ts';

test('where nothing is set there is no such bound', () => {
  assert.equal(readOwnPrefixes(undefined), undefined);
  assert.equal(readOwnPrefixes(''), undefined);
});

test('prefixes and single addresses, host bits and mapped spellings understood', () => {
  const own = readOwnPrefixes(' 10.1.2.3/8, fd00::/8,192.0.2.7 ,2001:DB8::1,::ffff:172.16.0.0/108');
  assert.deepEqual(own?.texts, [
    '10.0.0.0/8',
    'fd00::/8',
    '192.0.2.7/32',
    '2001:db8::1/128',
    '172.16.0.0/12',
  ]);
  for (const text of ['10.255.0.1', 'fd12::1', '192.0.2.7', '2001:db8::1', '172.31.0.1', '::ffff:10.0.0.1'])
    assert.ok(own?.includes(text), text);
  for (const text of [
    '127.0.0.1',
    '::1',
    '192.0.2.8',
    '2001:db8::2',
    '::ffff:8.8.8.8',
    '::a00:1',
    'localhost',
    '',
  ])
    assert.ok(!own?.includes(text), text);
});

test('all of IPv6 is nothing of IPv4', () => {
  const own = readOwnPrefixes('::/0');
  assert.ok(own?.includes('2001:db8::1'));
  for (const text of ['8.8.8.8', '::ffff:8.8.8.8', '::ffff:808:808']) assert.ok(!own?.includes(text), text);
});

test('what cannot be read is refused, with the name of the variable and a remedy', () => {
  const many = Array.from({ length: MAX_OWN_PREFIXES + 1 }, (_, i) => `10.0.${i >> 8}.${i & 255}`).join(',');
  for (const text of [
    ' ',
    ',',
    '10.0.0.0/33',
    '10.0.0.0/8;fd00::/8',
    '10/8',
    'fe80::1%eth0',
    'any',
    '010.0.0.0/8',
    many,
  ])
    assert.throws(
      () => readOwnPrefixes(text),
      { code: 'invalid', message: /MAILLE_OWN_PREFIXES/, remedy: /10\.0\.0\.0\/8/ },
      text,
    );
});

const v4 = fc.integer({ min: 0, max: 0xffff_ffff }).map((n) => ipAddressFromBigInt(BigInt(n), 4));
const v6 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map((n) => ipAddressFromBigInt(n, 6));

test('property: agrees with the runtime’s own list of blocks, and a mapped spelling changes nothing', () => {
  const prefix = fc.oneof(
    fc.tuple(v4, fc.integer({ min: 0, max: 32 })),
    fc.tuple(v6, fc.integer({ min: 0, max: 128 })),
  );
  fc.assert(
    fc.property(
      fc.array(prefix, { minLength: 1, maxLength: 5 }),
      fc.array(v4),
      fc.array(v6),
      (prefixes, fours, sixes) => {
        // Where IPv6 prefixes reach into the mapped ones the two differ on purpose: see the test above.
        const blocks = { 4: new BlockList(), 6: new BlockList() };
        for (const [base, length] of prefixes)
          blocks[base.family].addSubnet(formatIpAddress(base), length, base.family === 4 ? 'ipv4' : 'ipv6');
        const own = readOwnPrefixes(
          prefixes.map(([base, length]) => `${formatIpAddress(base)}/${length}`).join(','),
        );
        const near = prefixes.map(([base]) => base);
        for (const address of [...fours, ...sixes, ...near]) {
          const text = formatIpAddress(address);
          if (address.family === 6 && text.startsWith('::ffff:')) continue;
          const expected = blocks[address.family].check(text, address.family === 4 ? 'ipv4' : 'ipv6');
          assert.equal(own?.includes(text), expected, text);
          if (address.family === 6) continue;
          const hex = [...address.bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
          for (const mapped of [
            `::ffff:${text}`,
            `::FFFF:${hex.slice(0, 4)}:${hex.slice(4)}`,
            `0:0:0:0:0:ffff:${text}`,
          ])
            assert.equal(own?.includes(mapped), expected, mapped);
        }
      },
    ),
  );
});
