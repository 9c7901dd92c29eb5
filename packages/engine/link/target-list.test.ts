import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeTarget } from '@maille/wire/link/messages';
import fc from 'fast-check';
import { createTargetList } from './target-list.ts';

const target = (id: number, intervalMs = 1_000): ProbeTarget => ({
  id,
  host: `192.0.2.${id}`,
  probe: 'icmp',
  intervalMs,
  timeoutMs: 1_000,
  tags: [],
});

test('a list in parts counts once it is whole, and only what differs is reported', () => {
  const list = createTargetList({ revision: 1, targets: [target(1), target(2), target(3)] });
  assert.equal(list.replace({ revision: 5, targets: [target(1)], more: true }), undefined);
  assert.equal(list.list().length, 3);
  assert.equal(
    list.change({ baseRevision: 1, revision: 6, put: [], remove: [1] }),
    undefined,
    'not in between',
  );
  assert.deepEqual(list.replace({ revision: 5, targets: [target(2, 2_000)] }), {
    put: [target(2, 2_000)],
    remove: [3],
  });
  assert.equal(list.revision, 5);
});

test('half a list from a link that broke is forgotten', () => {
  const list = createTargetList({ revision: 1, targets: [] });
  list.replace({ revision: 2, targets: [target(9)], more: true });
  list.abandonPartial();
  list.replace({ revision: 3, targets: [target(1)] });
  assert.deepEqual(list.list(), [target(1)]);
});

test('a change that does not meet the revision is not applied', () => {
  const list = createTargetList({ revision: 3, targets: [target(1)] });
  assert.equal(list.change({ baseRevision: 2, revision: 4, put: [target(2)], remove: [] }), undefined);
  assert.deepEqual(list.list(), [target(1)]);
  assert.ok(list.change({ baseRevision: 3, revision: 4, put: [target(2)], remove: [1] }));
  assert.deepEqual(list.list(), [target(2)]);
  assert.equal(list.revision, 4);
});

test('what is reported, applied in order, is the list', () => {
  const targets = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom(1_000, 2_000)), {
    selector: ([id]) => id,
    maxLength: 10,
  });
  fc.assert(
    fc.property(fc.array(targets, { maxLength: 8 }), (lists) => {
      const list = createTargetList({ revision: 0, targets: [] });
      const model = new Map<number, number>();
      lists.forEach((rows, i) => {
        const change = list.replace({ revision: i, targets: rows.map(([id, ms]) => target(id, ms)) });
        for (const id of change?.remove ?? []) model.delete(id);
        for (const { id, intervalMs } of change?.put ?? []) model.set(id, intervalMs);
        assert.deepEqual(new Map(rows), model);
      });
    }),
  );
});

test('a trace that begins or ends on a list sent anew is a difference', () => {
  const list = createTargetList({ revision: 1, targets: [target(1), target(2)] });
  const traced = { ...target(1), trace: { id: 'abcdef012345', untilMs: 1_000 } };
  assert.deepEqual(list.replace({ revision: 1, targets: [traced, target(2)] })?.put, [traced]);
  assert.deepEqual(list.replace({ revision: 1, targets: [traced, target(2)] })?.put, []);
  assert.deepEqual(list.replace({ revision: 1, targets: [target(1), target(2)] })?.put, [target(1)]);
});
