import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pingOnly, readProbeWays } from './probe-ways.ts';

test('what is ticked and what is written, each once', () => {
  assert.deepEqual(readProbeWays(pingOnly).probes, ['icmp']);
  const both = readProbeWays({ ticked: ['tcp:443', 'icmp'], ports: '22, 443 8080' });
  assert.deepEqual(both.probes, ['icmp', 'tcp:443', 'tcp:22', 'tcp:8080']);
  assert.equal(both.complete, true);
});

test('nothing chosen, text for a port, or too much: not complete, and why', () => {
  assert.equal(readProbeWays({ ticked: [], ports: ' ' }).complete, false);
  const text = readProbeWays({ ticked: ['icmp'], ports: '22, ssh, 99999, 80-90, ssh' });
  assert.deepEqual([text.wrong, text.complete], [['ssh', '99999', '80-90'], false]);
  const many = readProbeWays({ ticked: ['icmp'], ports: Array.from({ length: 16 }, (_, i) => i + 1).join() });
  assert.deepEqual([many.tooMany, many.complete, many.probes], [true, false, []]);
});
