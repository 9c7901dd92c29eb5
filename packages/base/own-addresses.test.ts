import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type IpAddress, parseIpAddress } from './ip-address.ts';
import { createOwnAddresses, parseOwnPrefix } from './own-addresses.ts';

const at = (text: string) => parseIpAddress(text) as IpAddress;

test('private networks are the operator’s own, the rest of the world is not', () => {
  const isOwn = createOwnAddresses([]);
  for (const text of ['127.0.0.1', '10.9.8.7', '172.31.255.255', '192.168.1.1', '100.127.0.1', '169.254.7.7'])
    assert.ok(isOwn(at(text)), text);
  for (const text of ['::1', 'fd00::1', 'fe80::1%eth0', '192.0.2.1', '2001:db8::1'])
    assert.ok(isOwn(at(text)), text);
  for (const text of [
    '172.32.0.1',
    '100.128.0.1',
    '9.9.9.9',
    '8.8.8.8',
    '2001:4860::8888',
    '::ffff:10.0.0.1',
  ])
    assert.ok(!isOwn(at(text)), text);
});

test('what the operator named is own too, as a prefix or as one address', () => {
  const isOwn = createOwnAddresses(['5.6.7.0/24', '2a00:db7::/32', '5.6.8.7', 'nonsense']);
  for (const text of ['5.6.7.200', '2a00:db7:1::1', '5.6.8.7']) assert.ok(isOwn(at(text)), text);
  for (const text of ['5.6.6.1', '5.6.8.8']) assert.ok(!isOwn(at(text)), text);
  assert.equal(parseOwnPrefix('10.0.0.0/33'), undefined);
  assert.equal(parseOwnPrefix('fe80::1%eth0'), undefined);
});
