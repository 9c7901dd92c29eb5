import assert from 'node:assert/strict';
import test from 'node:test';
import { createTargetTable, type TargetEntry } from './target-table.ts';

const entry = (id: number, address: number): TargetEntry => ({
  id,
  text: `target ${address}`,
  address: Uint32Array.of(address, 0, 0, 0),
  family: 4,
  zone: undefined,
  intervalMs: 1_000,
  timeoutMs: 1_000,
});

test('a slot is given again only when nothing of its target is in flight, with a new generation', () => {
  const table = createTargetTable();
  const slot = table.add(entry(1, 11));
  const generation = table.generationAt(slot);
  table.probeBegan(slot);
  table.probeBegan(slot);
  table.retire(1);
  assert.equal(table.slotOf(1), -1);
  assert.notEqual(table.add(entry(2, 22)), slot);
  table.probeDecided(slot);
  assert.equal(table.generationAt(slot), generation);
  assert.equal(table.idAt(slot), 1);
  table.probeDecided(slot);
  assert.equal(table.add(entry(3, 33)), slot);
  assert.notEqual(table.generationAt(slot), generation);
  assert.ok(table.hasAddress(slot, Uint32Array.of(9, 33, 0, 0, 0), 1));
  assert.ok(!table.hasAddress(slot, Uint32Array.of(33, 0, 0, 1), 0));
});

test('the first reply of each life of a slot is told once', () => {
  const table = createTargetTable();
  const slot = table.add(entry(1, 11));
  assert.deepEqual([table.takeFirstReply(slot), table.takeFirstReply(slot)], [true, false]);
  table.retire(1);
  assert.equal(table.add(entry(1, 12)), slot);
  assert.ok(table.takeFirstReply(slot));
});

test('thousands of targets', () => {
  const table = createTargetTable();
  for (let id = 1; id <= 5_000; id++) table.add(entry(id, id));
  assert.equal(table.count, 5_000);
  for (let id = 1; id <= 5_000; id += 2) table.retire(id);
  assert.equal(table.count, 2_500);
  for (let id = 2; id <= 5_000; id += 2) {
    assert.ok(table.hasAddress(table.slotOf(id), Uint32Array.of(id, 0, 0, 0), 0));
  }
});
