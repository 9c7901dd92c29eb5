import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type IpAddress, parseIpAddress } from './ip-address.ts';
import { createOwnAddresses, parseOwnPrefix } from './own-addresses.ts';

const at = (text: string) => parseIpAddress(text) as IpAddress;

test('private networks are the operator’s own, the rest of the world is not', () => {
  const isOwn = createOwnAddresses([]);
  for (const text of ['127.0.0.1', '10.9.8.7', '172.31.255.255', '192.168.1.1', '100.127.0.1', '169.254.7.7'])
    assert.ok(isOwn(at(text)), text);
  for (const text of ['::1', 'fd00::1', 'fe80::1%eth0']) assert.ok(isOwn(at(text)), text);
  for (const text of ['172.32.0.1', '100.128.0.1', '192.0.2.1', '8.8.8.8', '2001:db8::1', '::ffff:10.0.0.1'])
    assert.ok(!isOwn(at(text)), text);
});

test('what the operator named is own too, as a prefix or as one address', () => {
  const isOwn = createOwnAddresses(['192.0.2.0/24', '2001:db8::/32', '198.51.100.7', 'nonsense']);
  for (const text of ['192.0.2.200', '2001:db8:1::1', '198.51.100.7']) assert.ok(isOwn(at(text)), text);
  for (const text of ['192.0.3.1', '198.51.100.8']) assert.ok(!isOwn(at(text)), text);
  assert.equal(parseOwnPrefix('10.0.0.0/33'), undefined);
  assert.equal(parseOwnPrefix('fe80::1%eth0'), undefined);
});
