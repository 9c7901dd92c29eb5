import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { canMakeNamespaces, createNetwork } from './namespaces.ts';

test('hosts on a bridge hear each other until the cable is cut, and nothing stays behind', {
  skip: !canMakeNamespaces && 'needs root',
}, () => {
  const network = createNetwork();
  try {
    const a = network.addNamespace('a');
    const b = network.addNamespace('b');
    const lan = network.addBridge('lan');
    network.plug(a, lan, 'eth0', ['10.99.0.1/24']);
    network.plug(b, lan, 'eth0', ['10.99.0.2/24', 'fd99::2/64']);
    const ping = () => a.run('ping', '-c', '1', '-W', '1', '10.99.0.2');
    assert.match(ping(), / 0% packet loss/);
    network.setCable(b, 'eth0', false);
    assert.throws(ping, (error: { stdout?: string }) => / 100% packet loss/.test(error.stdout ?? ''));
  } finally {
    network.remove();
  }
  const names = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  assert.ok(!names.includes(network.id), names);
});
