import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remedyOfUnsent } from './unsent-remedy.ts';

test('a remedy fits the reason, and its command holds no more than an address', () => {
  assert.deepEqual(remedyOfUnsent(101, '10.255.255.53'), {
    sentence: 'route',
    command: 'ip route get 10.255.255.53',
  });
  assert.equal(remedyOfUnsent(113, 'fd99::1')?.command, 'ip route get fd99::1');
  for (const host of ['example.org', 'fe80::1%eth0', '10.0.0.1; reboot', undefined])
    assert.equal(remedyOfUnsent(101, host)?.command, 'ip route', String(host));
  assert.equal(remedyOfUnsent(1, '10.0.0.1')?.sentence, 'firewall');
  assert.deepEqual(remedyOfUnsent(24, '10.0.0.1'), { sentence: 'room' });
  assert.equal(remedyOfUnsent(71, '10.0.0.1'), undefined, 'nothing is said where nothing is known');
});
