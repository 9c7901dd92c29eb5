import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as breathe } from 'node:timers/promises';
import { shareNext } from './share-next.ts';

function setUp() {
  const begun: { resolve(value: number): void; reject(error: Error): void }[] = [];
  const ask = shareNext(() => new Promise<number>((resolve, reject) => begun.push({ resolve, reject })));
  return { begun, ask };
}

test('a hundred who wait share one read, begun after the last of them came', async () => {
  const { begun, ask } = setUp();
  const first = ask();
  await breathe();
  const others = Array.from({ length: 100 }, () => ask());
  await breathe();
  assert.equal(begun.length, 1, 'one at a time');
  begun[0]?.resolve(1);
  assert.equal(await first, 1);
  await breathe();
  assert.equal(begun.length, 2);
  begun[1]?.resolve(2);
  assert.deepEqual([...new Set(await Promise.all(others))], [2], 'not what began before they came');
});

test('a read that fails is told to those who waited for it, and to nobody else', async () => {
  const { begun, ask } = setUp();
  const failing = ask();
  await breathe();
  const later = ask();
  begun[0]?.reject(new Error('the disk'));
  await assert.rejects(failing, /the disk/);
  await breathe();
  begun[1]?.resolve(2);
  assert.equal(await later, 2);
});
