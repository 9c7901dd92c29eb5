import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLifecycle } from './lifecycle.ts';

test('parts stop in the reverse order, once, and those that fail are named', async () => {
  const stopped: string[] = [];
  const lifecycle = createLifecycle(20);
  const part = (name: string) => ({ stop: () => void stopped.push(name) });
  lifecycle.add('first', part('first'));
  lifecycle.add('stuck', { stop: () => new Promise<void>(() => {}) });
  lifecycle.add('broken', {
    stop() {
      throw new Error('no');
    },
  });
  lifecycle.add('last', part('last'));
  const [a, b] = await Promise.all([lifecycle.stop(), lifecycle.stop()]);
  assert.deepEqual(stopped, ['last', 'first']);
  assert.equal(a, b);
  assert.deepEqual(a.failed, [
    { name: 'broken', reason: 'no' },
    { name: 'stuck', reason: 'did not stop within 20 ms' },
  ]);
});
